using System.Globalization;
using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>What the readers of files have in common: pieces of any size give the same, and a part that ends at a line end has fewer rows.</summary>
internal abstract class CsvTarget : FuzzTarget
{
    public override IReadOnlyList<string> Words { get; } =
    [
        "\"", "\"\"", "\",\"", ",", "\n", "\r\n", "\r", "\"\n\"", "\"# Table\",\"\",\"Total Count\",\"", "\"# ------------------------------------\"\n", "\"# Graph\"\n", "\"# Total\"\n", "\"\"\n", "'=", "'-", "'+", "'@", "',",
        "=1+1", "@x", "-5", "\uFEFF", "a,b\n", "\"a\",\"b\"\n", ",,", "{\"objectType\":\"KalturaAPIException\",\"code\":\"X\"}", "<html>", ";", "\t",
    ];

    public override Verdict Read(byte[] input) => Read(input, int.MaxValue).Verdict;

    // White space behind an error object says nothing.
    public override int WholeLength(byte[] input) => input is [(byte)'{' or (byte)'<', ..] ? TrimmedLength(input) : input.Length;

    public override void Check(byte[] input, Verdict verdict, FuzzRandom random)
    {
        base.Check(input, verdict, random);
        var other = Read(input, 1 + random.Below(40)).Verdict;
        if (other.Print != verdict.Print) throw new ViolationException($"Read in pieces it is {other.Code ?? "another file"}, at once {verdict.Code ?? "a file"}.");
    }

    /// <summary>That a file was cut between two lines cannot be told by its bytes; what stands beside it tells: its count, its totals, the length of the answer.</summary>
    public override bool IsKnownPart(byte[] prefix, Verdict part, Verdict whole) => prefix[^1] == '\n' && !IsInQuotes(prefix);

    protected virtual bool IsInQuotes(byte[] prefix) => prefix.AsSpan().Count((byte)'"') % 2 == 1;

    public abstract (Verdict Verdict, IReadOnlyList<string>? Header, List<string[]> Rows) Read(byte[] input, int chunk);

    // A small buffer is cheap to make, and has to grow.
    protected static CsvReadOptions Options => new() { BatchRows = 5, BufferBytes = 1024 };

    protected static (Verdict Verdict, IReadOnlyList<string>? Header, List<string[]> Rows) Reading(Func<RowPrint, (Verdict, IReadOnlyList<string>?)> read)
    {
        var print = new RowPrint();
        try
        {
            var (verdict, header) = read(print);
            return (verdict, header, print.Rows);
        }
        catch (ReportFormatException refused)
        {
            return (Refusals.Of(refused), null, print.Rows);
        }
    }

    protected static string Times(string text, int bytes) => string.Concat(Enumerable.Repeat(text, Math.Max(1, bytes / text.Length)));
}

/// <summary>Files of getUrlForReportAsCsv.</summary>
internal sealed class CsvReportTarget : CsvTarget
{
    private const string Dashes = "\"# ------------------------------------\"\n";
    private const string Head = "\"Title\"\n\"Tuesday, July 1, 2025\",\"Wednesday, July 2, 2025\"\n\"Text\"\n" + Dashes + "\"\"\n";
    private const string Table = Head + "\"\"\n" + Dashes + "\"# Table\",\"\",\"Total Count\",\"3\"\n" + Dashes;

    public override string Name => "csv-report";

    public override IEnumerable<byte[]> Shapes() => Seeds.CsvShapes.Reports();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        yield return ("rows", n => Utf8(Table + "\"a\",\"b\"\n" + Times("\"12345\",\"some text\"\n", n)));
        yield return ("quotes", n => Utf8(Table + "\"a\"\n\"" + Times("\"\"", Math.Min(n, 900_000)) + "\"\n"));
        yield return ("short rows", n => Utf8(Table + "\"a\"\n" + Times("\"\"\n", n)));
        yield return ("wide", n => Utf8(Table + string.Join(',', Enumerable.Repeat("\"a\"", Math.Min(n / 4, 2000))) + "\n"));
        yield return ("points", n => Utf8(Head + Dashes + "\"# Graph\"\n" + Dashes + "\"\"\n" + Times("\"20250101\",\"5\"\n", n)));
        yield return ("blank lines", n => Utf8(Head + Times("\"\"\n", n)));
        yield return ("line breaks in a cell", n => Utf8(Table + "\"a\"\n\"" + Times("\n", Math.Min(n, 900_000)) + "\"\n"));
        yield return ("quote that stays open", n => Utf8(Table + "\"a\"\n\"" + Times("a,\n", n)));
    }

    public override (Verdict Verdict, IReadOnlyList<string>? Header, List<string[]> Rows) Read(byte[] input, int chunk) => Reading(print =>
    {
        var file = CsvReportReader.ReadAsync(new ChunkedStream(input, 0, chunk), Options, print.Bind, print.Take, CancellationToken.None).GetAwaiter().GetResult();
        if (file.Error is null && file.Bytes != input.Length) throw new ViolationException($"The file tells {file.Bytes} of {input.Length} bytes.");
        string?[] facts =
        [
            file.Title, file.From, file.To, file.Text, string.Join(";", file.Graph ?? []), string.Join('\u001F', file.Totals?.Header ?? []), string.Join('\u001F', file.Totals?.Row ?? []),
            file.AnnouncedRows?.ToString(CultureInfo.InvariantCulture), file.Rows.ToString(CultureInfo.InvariantCulture), file.Error?.ToString(),
        ];
        return (Verdict.Accepted(print.Print(file.Header, facts)), file.Header);
    });

    public override void Check(byte[] input, Verdict verdict, FuzzRandom random)
    {
        base.Check(input, verdict, random);
        var (_, header, rows) = Read(input, int.MaxValue);
        if (!verdict.IsAccepted || header is null) return;
        // The plain way: all records of the file, of which the labels and rows are the last.
        var records = PlainCsv.Records(Encoding.UTF8.GetString(input));
        var last = records[(records.Count - rows.Count)..].Select(r => r.Select(CsvReportReader.Unguard).ToArray()).ToList();
        if (!records[records.Count - rows.Count - 1].SequenceEqual(header, StringComparer.Ordinal)) throw new ViolationException("The plain reader finds other labels.");
        if (!last.Zip(rows).All(p => p.First.SequenceEqual(p.Second, StringComparer.Ordinal))) throw new ViolationException("The plain reader finds other rows.");
    }
}

/// <summary>Files of getCsvFromStringParams, where quotes do not protect.</summary>
internal sealed class CustomCsvTarget : CsvTarget
{
    public override string Name => "csv-custom";

    public override IEnumerable<byte[]> Shapes() => Seeds.CsvShapes.Customs();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        yield return ("rows", n => Utf8("\uFEFFa,b\n" + Times("12345,some text\n", n)));
        yield return ("quotes", n => Utf8("a\n\"" + Times("\"\"", Math.Min(n, 900_000)) + "\"\n"));
        yield return ("short rows", n => Utf8("a\n" + Times("1\n", n)));
        yield return ("commas", n => Utf8("a\n" + Times(",", n)));
        yield return ("one long cell", n => Utf8("a\n" + new string('x', Math.Min(n, 900_000)) + "\n"));
    }

    protected override bool IsInQuotes(byte[] prefix) => false;

    public override (Verdict Verdict, IReadOnlyList<string>? Header, List<string[]> Rows) Read(byte[] input, int chunk) => Reading(print =>
    {
        var file = CustomCsvReader.ReadAsync(new ChunkedStream(input, 0, chunk), Options, print.Bind, print.Take, CancellationToken.None).GetAwaiter().GetResult();
        return (Verdict.Accepted(print.Print(file.Header, file.Rows.ToString(CultureInfo.InvariantCulture), file.Error?.ToString())), file.Header);
    });
}

/// <summary>Files of the reports microservice, which are read as any CSV file is. Their last line may lack its end, and the reader says so.</summary>
internal sealed class CsvFileTarget : CsvTarget
{
    public override string Name => "csv-file";

    public override IEnumerable<byte[]> Shapes() => Seeds.CsvShapes.Files();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        yield return ("rows", n => Utf8("a,b\n" + Times("12345,some text\n", n)));
        yield return ("quotes", n => Utf8("a\n\"" + Times("\"\"", Math.Min(n, 900_000)) + "\"\n"));
        yield return ("empty lines", n => Utf8("a,b\n" + Times("\r", n)));
        yield return ("short rows", n => Utf8("a\n" + Times("1\r\n", n)));
        yield return ("quote that stays open", n => Utf8("a\n\"" + Times("a,\n", n)));
        yield return ("row without an end", n => Utf8("a\n" + new string('x', n)));
    }

    public override (Verdict Verdict, IReadOnlyList<string>? Header, List<string[]> Rows) Read(byte[] input, int chunk) => Reading(print =>
    {
        var file = BackgroundCsvReader.ReadAsync(new ChunkedStream(input, 0, chunk), Options, print.Bind, print.Take, CancellationToken.None).GetAwaiter().GetResult();
        if (file.Error is null && file.HasOpenEnd != (input[^1] != '\n')) throw new ViolationException("Whether the last line has its end is told wrongly.");
        return (Verdict.Accepted(print.Print(file.Header, file.Rows.ToString(CultureInfo.InvariantCulture), file.HasOpenEnd.ToString(), file.Error?.ToString())), file.Header);
    });

    /// <summary>Any part of such a file may be a file.</summary>
    public override int WholeLength(byte[] input) => 0;
}
