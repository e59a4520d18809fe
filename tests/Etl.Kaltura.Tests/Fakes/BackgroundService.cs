using System.Text.Json;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>A reports microservice whose answers a test writes down: one queue per kind of call, the last answer of each stays.</summary>
internal sealed class BackgroundService
{
    public const string Completed = """{"status":"completed"}""";

    private int _made;

    public Queue<Answer> Generates { get; } = new();
    public Queue<Answer> Statuses { get; } = new();
    public Queue<Answer> Files { get; } = new();

    /// <summary>Calls in order: <c>generate</c>, <c>status ID</c>, <c>file ID</c>.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Bodies of generate.</summary>
    public List<JsonElement> Asked { get; } = [];

    public int Count(string kind) => Calls.Count(c => c.Split(' ')[0] == kind);

    public static Answer Error(int status, object message) =>
        new Answer(JsonSerializer.SerializeToUtf8Bytes(new { statusCode = status, error = "Error", message })) { Status = status };

    public static Answer File(string text) => ((Answer)text).With("Content-Type", "text/csv");

    public Answer Answer(RecordedCall call)
    {
        if (call.Action == "start") return $"\"{Rig.UserKs}\"";
        var body = JsonDocument.Parse(call.Body).RootElement;
        if (call.Action == "generate")
        {
            Calls.Add("generate");
            Asked.Add(body);
            return Generates.Count > 0 ? Generates.Dequeue() : $$"""{"sessionId":"h{{++_made}}"}""";
        }
        var id = body.GetProperty("sessionId").GetString();
        var statusOnly = body.TryGetProperty("statusOnly", out var only) && only.GetBoolean();
        Calls.Add($"{(statusOnly ? "status" : "file")} {id}");
        return Next(statusOnly ? Statuses : Files, statusOnly ? Completed : File("user_id,answer\nu1,yes\n"));
    }

    private static Answer Next(Queue<Answer> answers, Answer otherwise) => answers.Count switch { 0 => otherwise, 1 => answers.Peek(), _ => answers.Dequeue() };
}
