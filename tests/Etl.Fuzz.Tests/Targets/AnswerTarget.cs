using System.Globalization;
using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>All other JSON answers and the error object, each shown to every reader: totals, graphs, base totals, lists, addresses, multirequests.</summary>
internal sealed class AnswerTarget : FuzzTarget
{
    private static readonly (string Name, Func<byte[], string> Read)[] s_readers =
    [
        ("total", body => Total(ReportTotalReader.Read(body, ","))),
        ("graph", body => Graphs(ReportGraphReader.Read(body, ","))),
        ("base", body => Base(ReportBaseTotalReader.Read(body))),
        ("list", body => List(ListReplyReader.Read(body))),
        ("objects", body => List(ObjectListReader.Read(body))),
        ("address", body => Address(AddressReplyReader.Read(body))),
        ("multi", Parts),
    ];

    public override string Name => "answer";

    public override IReadOnlyList<string> Words { get; } =
    [
        "{\"header\":\"a,b\",\"data\":\"1,2\"}", "\"header\":", "\"data\":", "\"id\":", "\"objectType\":\"KalturaAPIException\"", "\"code\":", "\"message\":", "\"args\":{", "\"args\":[]", "null", "true", "[]", "{}", "\"\"",
        "\"totalCount\":", "\"objects\":[", "20250101,5;", "a:1,b:2;", ",", ";", ":", "\\ud83d", "\\u0022", "[", "]", "{", "}", "\"https://www.kaltura.com/ks/x/r.csv\"", "1", "\\",
    ];

    public override IEnumerable<byte[]> Shapes() => Seeds.AnswerShapes.All();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        yield return ("cells", n => Utf8($"{{\"header\":\"{string.Join(',', Enumerable.Range(0, Math.Min(n / 6, 2000)))}\",\"data\":\"{string.Join(',', Enumerable.Range(0, Math.Min(n / 6, 2000)))}\"}}"));
        yield return ("points", n => Utf8($"[{{\"id\":\"a\",\"data\":\"{Times("20250101,5;", n)}\"}}]"));
        yield return ("graphs", n => Utf8($"[{Times("{\"id\":\"a\",\"data\":\"1,2;\"},", n)[..^1]}]"));
        yield return ("delimiters in a point", n => Utf8($"[{{\"id\":\"a\",\"data\":\"2025{Times(",", n)}5;\"}}]"));
        yield return ("objects", n => Utf8($"{{\"totalCount\":1,\"objects\":[{Times("{\"a\":1},", n)[..^1]}]}}"));
        yield return ("members", n => Utf8($"{{{string.Join(',', Enumerable.Range(0, n / 10).Select(i => $"\"k{i}\":1"))}}}"));
        yield return ("escapes", n => Utf8($"{{\"header\":\"a\",\"data\":\"{Times("\\u00e9", n)}\"}}"));
        yield return ("parts", n => Utf8($"[{Times("{},", n)[..^1]}]"));
        yield return ("brackets", n => Utf8(new string('[', n)));
        yield return ("text", n => Utf8($"\"{new string('x', n)}\""));
        yield return ("arguments", n => Utf8($"{{\"objectType\":\"KalturaAPIException\",\"code\":\"X\",\"args\":{{{string.Join(',', Enumerable.Range(0, n / 12).Select(i => $"\"k{i}\":\"v\""))}}}}}"));
    }

    public override Verdict Read(byte[] input)
    {
        var print = new StringBuilder();
        var code = "";
        var accepted = false;
        if (ServiceErrorReader.TryRead(input) is { } error) print.Append(error).Append('\n');
        foreach (var (name, read) in s_readers)
        {
            try
            {
                print.Append(name).Append(' ').Append(read(input)).Append('\n');
                accepted = true;
            }
            catch (ReportFormatException refused)
            {
                code = Refusals.Of(refused).Code!;
            }
        }
        return accepted ? Verdict.Accepted(print.ToString()) : Verdict.Refused(code);
    }

    public override int WholeLength(byte[] input) => TrimmedLength(input);

    private static string Total(TotalReply reply) =>
        $"{string.Join('\u001F', reply.Header ?? [])} {string.Join('\u001F', reply.Cells ?? [])} {reply.Error} {reply.IsEmptyOrZero} {string.Join(';', reply.Numbers.Select(n => n.Key + n.Value.ToString("R", CultureInfo.InvariantCulture)))}";

    private static string Graphs(GraphReply reply) => $"{string.Join(';', reply.Points)} {string.Join(';', reply.Graphs)} {reply.Error}";

    private static string Address(AddressReply reply) => $"{reply.Address} {reply.Error}";

    private static string Base(BaseTotalReply reply) => $"{string.Join(';', reply.Values)} {reply.Error}";

    private static string List(ListReply reply) => $"{reply.TotalCount} {string.Join(';', reply.Objects)} {reply.Error}";

    private static string List(ObjectListReply reply) => $"{reply.TotalCount} {string.Join(';', reply.Objects)} {reply.Error}";

    private static string Parts(byte[] body)
    {
        var parts = new MultirequestBody(new ChunkedStream(body, 0, 7));
        var print = new StringBuilder();
        for (var number = 0; parts.NextAsync(CancellationToken.None).AsTask().GetAwaiter().GetResult() is { } part; number++)
        {
            using var bytes = new MemoryStream();
            part.CopyToAsync(bytes).GetAwaiter().GetResult();
            // Each position has a reader of its own, to which an empty one is damage.
            print.Append(Total(ReportTotalReader.Read(bytes.ToArray(), ","))).Append('\u001E');
        }
        return print.ToString();
    }

    private static string Times(string text, int bytes) => string.Concat(Enumerable.Repeat(text, Math.Max(1, bytes / text.Length)));
}
