using System.Text;

namespace Etl.Fuzz.Tests.Seeds;

/// <summary>Files: reports in sections, custom reports without quoting, and files with a header.</summary>
internal static class CsvShapes
{
    private const string Dashes = "\"# ------------------------------------\"\n";

    public static IEnumerable<byte[]> Reports()
    {
        foreach (var file in VectorFile.Files("csv")) yield return file;
        for (var parts = 0; parts < 8; parts++)
        {
            for (var end = 0; end < 2; end++)
            {
                var text = "\uFEFF\"A \"\"title\"\"\"\n\"Sunday, March 1, 2026\",\"Sunday, March 8, 2026\"\n\"all; entries\"\n" + Dashes + "\"\"\n";
                if ((parts & 1) != 0) text += Dashes + "\"# Graph\"\n" + Dashes + "\"\"\n\"20260301\",\"5\"\n\"20260302\",\"'-6\"\n";
                if ((parts & 2) != 0) text += "\"\"\n" + Dashes + "\"# Total\"\n" + Dashes + "\"Plays\",\"Minutes\"\n\"11\",\"'-0.5\"\n";
                if ((parts & 4) != 0) text += "\"\"\n" + Dashes + "\"# Table\",\"\",\"Total Count\",\"3\"\n" + Dashes + "\"Id\",\"Name\",\"Plays\"\n\"1_abc\",\"a, b\",\"5\"\n\"00123\",\"'=cmd\",\"6\"\n\"x\",\"two\nlines\",\"\"\n";
                yield return Encoding.UTF8.GetBytes(end == 0 ? text : text[..^(1 + parts)]);
            }
        }
        foreach (var text in NastyLists.Csv.Where((_, i) => i % 2 == 0)) yield return Encoding.UTF8.GetBytes("\"t\"\n\"a\",\"b\"\n\"x\"\n" + Dashes + text);
    }

    public static IEnumerable<byte[]> Customs()
    {
        foreach (var file in VectorFile.Files("csvParams")) yield return file;
        foreach (var text in NastyLists.Csv.Where((_, i) => i % 2 == 1)) yield return Encoding.UTF8.GetBytes(text);
        yield return Encoding.UTF8.GetBytes("\uFEFFuser_id,\"entry name\",plays\n00123,\"He said \"\"hi\"\"\",5\n=cmd,one\ttwo,\n,,\n");
    }

    public static IEnumerable<byte[]> Files() => NastyLists.Csv.Select(Encoding.UTF8.GetBytes);
}
