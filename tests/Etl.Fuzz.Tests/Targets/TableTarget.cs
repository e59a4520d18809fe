using System.Globalization;
using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;
using Etl.Parsing.Tests;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>getTable replies. The first line of an input is the delimiter; one that no request may have stands for <c>|</c>. The reply is what follows: without a second line, none.</summary>
internal sealed class TableTarget : FuzzTarget
{
    private readonly Dictionary<string, ReportTableReader> _readers = [];

    public override string Name => "table";

    public override IReadOnlyList<string> Words { get; } =
    [
        "{\"header\":\"", "\",\"data\":\"", "\",\"totalCount\":", ",\"objectType\":\"KalturaReportTable\"}", "null", "\"data\":null", "\"header\":null", "KalturaAPIException", "\"code\":\"", "\"args\":{",
        "\"message\":", "\"header\":", "\"data\":", ";", "|", ",", "|~|", "\\u007c", "\\u003b", "\\u0022", "\\n", "\\/", "\\ud83d\\ude00", "\\ud83d", "\"}", "\\\"", "[]", "{}", "true", "\n", "\t", "<html>",
    ];

    public override IEnumerable<byte[]> Shapes() => Seeds.TableShapes.All();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        yield return ("rows", n => Body("a|b|c", Times("12345|some text|0.5;", n), "|"));
        yield return ("empty cells", n => Body("a|b", Times("|;", n), "|"));
        yield return ("escapes", n => Body("a", Times("\\u00e9\\/;", n), "|"));
        yield return ("one long cell", n => Body("a", new string('x', Math.Min(n, 900_000)) + ";", "|"));
        yield return ("parts of delimiters", n => Body("a", Times("aaaaaab;", n), "aab"));
        yield return ("row without an end", n => Body("a", new string('x', n), "|"));
        yield return ("rows before the header", n => Utf8($"|\n{{\"data\":\"{Times("1|2;", n)}\",\"header\":\"a|b\"}}"));
        yield return ("long member", n => Utf8($"|\n{{\"x\":\"{Times("\\\"y", n)}\",\"header\":\"a\",\"data\":\"1;\"}}"));
        yield return ("many members", n => Utf8($"|\n{{{Times("\"x\":[1,{}],", n)}\"header\":\"a\",\"data\":\"1;\"}}"));
        yield return ("wide", n => Body(string.Join('|', Enumerable.Range(0, Math.Min(n / 5, 2000))), "", "|"));
        yield return ("blanks", n => Utf8("|\n" + new string(' ', n) + "{}"));
        yield return ("arguments", n => Utf8($"|\n{{\"objectType\":\"KalturaAPIException\",\"code\":\"X\",\"args\":{{{string.Join(',', Enumerable.Range(0, n / 12).Select(i => $"\"k{i}\":\"v\""))}}}}}"));
    }

    public override Verdict Read(byte[] input) => Read(input, int.MaxValue, fresh: false).Verdict;

    public override void Check(byte[] input, Verdict verdict, FuzzRandom random)
    {
        base.Check(input, verdict, random);
        var (other, reply, rows) = Read(input, 1 + random.Below(40), random.OneIn(64));
        if (other.Print != verdict.Print) throw new ViolationException($"Read in pieces it is {other.Code ?? "another table"}, at once {verdict.Code ?? "a table"}.");
        if (reply is { HasData: true, Header: { } header }) CheckPlain(input, header, rows);
    }

    public override int WholeLength(byte[] input) => TrimmedLength(input);

    /// <summary>The cells of an accepted table, for checks of columns.</summary>
    public static (string Delimiter, int Start) Cut(byte[] input)
    {
        var end = input.AsSpan().IndexOf((byte)'\n');
        if (end < 0) return ("|", input.Length);
        var delimiter = Encoding.UTF8.GetString(input.AsSpan(0, end));
        return delimiter.Length is 0 or > 20 || delimiter.Contains(';', StringComparison.Ordinal) ? ("|", end + 1) : (delimiter, end + 1);
    }

    private (Verdict Verdict, TableReply? Reply, List<string[]> Rows) Read(byte[] input, int chunk, bool fresh)
    {
        var (delimiter, start) = Cut(input);
        var print = new RowPrint();
        try
        {
            // The reader is used again after whatever came before, as between pages.
            var reply = ReaderOf(delimiter, fresh).ReadAsync(new ChunkedStream(input, start, chunk), print.Bind, print.Take, CancellationToken.None).GetAwaiter().GetResult();
            if (reply.Rows != print.Rows.Count) throw new ViolationException($"The reply tells {reply.Rows} rows and handed out {print.Rows.Count}.");
            return (Verdict.Accepted(print.Print(reply.Header, $"{reply.HasData}{reply.DataIsNull}", reply.TotalCount?.ToString(CultureInfo.InvariantCulture), reply.Error?.ToString())), reply, print.Rows);
        }
        catch (ReportFormatException refused)
        {
            return (Refusals.Of(refused), null, print.Rows);
        }
    }

    private ReportTableReader ReaderOf(string delimiter, bool fresh)
    {
        if (fresh || !_readers.TryGetValue(delimiter, out var reader))
        {
            reader = new ReportTableReader(new ReportTableOptions { Delimiter = delimiter, BatchRows = 7 });
            if (_readers.Count < 64) _readers[delimiter] = reader;
        }
        return reader;
    }

    private static void CheckPlain(byte[] input, IReadOnlyList<string> header, List<string[]> rows)
    {
        var (delimiter, start) = Cut(input);
        var body = input[start..];
        if (body.AsSpan().StartsWith("\uFEFF"u8)) body = body[3..];
        var plain = PlainTable.Read(body, delimiter);
        if (!plain.Header.SequenceEqual(header, StringComparer.Ordinal)) throw new ViolationException("The plain reader finds other names.");
        if (plain.Rows.Count != rows.Count || !plain.Rows.Zip(rows).All(p => p.First.SequenceEqual(p.Second, StringComparer.Ordinal)))
            throw new ViolationException("The plain reader finds other rows.");
    }

    private static byte[] Body(string header, string data, string delimiter) => Utf8($"{delimiter}\n{{\"header\":\"{header}\",\"data\":\"{data}\",\"totalCount\":1}}");

    private static string Times(string text, int bytes) => string.Concat(Enumerable.Repeat(text, Math.Max(1, bytes / text.Length)));
}
