using System.Security.Cryptography;
using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Parquet;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Parquet files: footer, rows, pages, indexes.</summary>
internal sealed class ParquetTarget : FuzzTarget
{
    // A file of some bytes may lawfully hold a billion equal rows.
    private const int MaxRows = 20_000;

    public override string Name => "parquet";

    public override IReadOnlyList<string> Words { get; } = ["PAR1", "PARE", "schema", "\u0015\u0000", "\u0015\u0002", "\u0015\u0004", "\u0015\u000c", "\u0000\u0000\u0000\u0000", "\u007f", "\u0001", "\u0019\u001c", "\u0016", "\u0018", "\u00ff\u00ff\u00ff\u00ff"];

    public override IEnumerable<byte[]> Shapes() => Seeds.ParquetShapes.All();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        yield return ("rows", n => Seeds.ParquetShapes.Rows(n / 12, ParquetCodec.Snappy));
        yield return ("rows in gzip", n => Seeds.ParquetShapes.Rows(n / 12, ParquetCodec.Gzip));
        yield return ("row groups", n => Seeds.ParquetShapes.Groups(n / 300));
        yield return ("columns", n => Seeds.ParquetShapes.Columns(n / 300));
    }

    public override Verdict Read(byte[] input)
    {
        try
        {
            using var reader = ParquetReader.Open(new MemoryStream(input, writable: false));
            var print = new StringBuilder();
            foreach (var (key, value) in reader.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) print.Append(key).Append('=').Append(value).Append('\n');
            var rows = Rows(reader, sharesText: false, out var texts);
            using (var sharing = ParquetReader.Open(new MemoryStream(input, writable: false)))
            {
                var same = Rows(sharing, sharesText: true, out var sharedTexts) == rows && sharedTexts == texts;
                if (!same) throw new ViolationException("Texts that are read as places in the dictionary are others.");
            }
            for (var g = 0; g < Math.Min(reader.RowGroups.Count, 20); g++)
            {
                for (var c = 0; c < Math.Min(reader.Schema.Columns.Count, 20); c++)
                {
                    reader.ReadPages(g, c);
                    reader.ReadPageIndex(g, c);
                }
            }
            return Verdict.Accepted(print.Append(rows).ToString());
        }
        catch (ParquetFormatException refused)
        {
            if (refused.Message.Length < 10) throw new ViolationException($"The refusal says '{refused.Message}'.", refused);
            return Verdict.Refused("parquet");
        }
    }

    // How many, and a hash of all their texts.
    private static long Rows(ParquetReader reader, bool sharesText, out string texts)
    {
        var batch = new ParquetBatch(reader.Schema, sharesText);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var rows = 0L;
        while (rows < MaxRows && reader.Read(batch, 500) is > 0 and var got)
        {
            rows += got;
            foreach (var data in Enumerable.Range(0, batch.ColumnCount).Select(c => batch[c]).Where(d => d.Type == ParquetType.Text))
            {
                for (var row = 0; row < got; row++)
                {
                    var text = data.SharedText is { } shared ? shared.Bytes.AsSpan(data.TextStarts[row], data.TextLengths[row]) : data.TextBytes[data.TextOffsets[row]..data.TextOffsets[row + 1]];
                    hash.AppendData(BitConverter.GetBytes(text.Length));
                    hash.AppendData(text);
                }
            }
        }
        texts = Convert.ToHexString(hash.GetHashAndReset());
        return rows;
    }

    public override int WholeLength(byte[] input) => input.Length;

    /// <summary>A file ends with its footer and magic, so a damaged copy that has a whole file at its beginning is lawfully cut there, and nowhere else.</summary>
    public override bool IsKnownPart(byte[] prefix, Verdict part, Verdict whole) => prefix.AsSpan().EndsWith("PAR1"u8);
}
