using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Small answers of the reports microservice: the id of a report, its state, why it failed.</summary>
internal sealed class StatusTarget : FuzzTarget
{
    public override string Name => "status";

    public override IReadOnlyList<string> Words { get; } =
        ["{\"status\":\"", "pending", "in_progress", "completed", "failed", "\"sessionId\":", "\"error\":", "\"errorMessage\":", "null", "false", "{}", "[]", "\"\"", "12", "\\ud83d", "\\u0000", "{", "}", "[", ":", ","];

    public override IEnumerable<byte[]> Shapes() => Seeds.AnswerShapes.States();

    public override IEnumerable<(string Shape, Func<int, byte[]> Make)> Growing()
    {
        yield return ("text", n => Utf8($"{{\"error\":\"{new string('x', n)}\"}}"));
        yield return ("members", n => Utf8($"{{{string.Join(',', Enumerable.Range(0, n / 10).Select(i => $"\"k{i}\":1"))}}}"));
        yield return ("same member", n => Utf8($"{{{string.Join(',', Enumerable.Repeat("\"status\":\"pending\"", n / 19))}}}"));
        yield return ("brackets", n => Utf8("{\"error\":" + new string('[', n)));
        yield return ("list", n => Utf8($"{{\"error\":[{string.Join(',', Enumerable.Repeat("1", n / 2))}]}}"));
    }

    public override Verdict Read(byte[] input)
    {
        try
        {
            var reply = MicroserviceReplyReader.Read(input);
            if (reply is { SessionId: "" } or { Status: "" } or { Error: "" }) throw new ViolationException("An empty text is told as something.");
            return Verdict.Accepted(reply.ToString());
        }
        catch (ReportFormatException refused)
        {
            return Refusals.Of(refused);
        }
    }

    public override int WholeLength(byte[] input) => TrimmedLength(input);
}
