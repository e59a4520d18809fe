using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Core.Windows;

namespace Etl.Landing.Raw;

/// <summary>The lines of a recording: one that says what was pulled, then one for each reply, in order.</summary>
internal static class RawIndex
{
    /// <summary>Form of the lines; grows when it changes.</summary>
    public const int Version = 1;

    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public static byte[] Line(RawHead head) => Bytes(new HeadLine(
        Version, head.Key.Job, head.Key.Source, head.Key.Account, head.Key.Label, head.Window.Unit, head.Window.From, head.Window.To,
        head.Pull, head.PulledAt, head.DefinitionHash, head.Complete, head.Rows, head.ContentHash, head.Together));

    public static byte[] Line(RawEntry entry) => Bytes(new EntryLine(
        entry.Request.Service, entry.Request.Action, [.. entry.Request.Fields.Select(f => new[] { f.Key, f.Value })], entry.Sha256, entry.Bytes, entry.Fault));

    /// <summary>Reads the first line of a file.</summary>
    /// <exception cref="EtlException">It is none of ours, or of a later version.</exception>
    public static RawHead Head(string path)
    {
        using var lines = new StreamReader(path);
        var head = Parse<HeadLine>(path, 1, lines.ReadLine());
        if (head.Version != Version)
            throw Damaged(path, 1, string.Create(CultureInfo.InvariantCulture, $"it has version {head.Version}; this build reads version {Version}"));
        return new RawHead(
            new WindowKey(head.Job, head.Source, head.Account, head.Window), new Window(head.From, head.To, head.Window, head.Every),
            head.Pull, head.PulledAt, head.Definition, head.Complete, head.Rows, head.Content)
        {
            Together = head.Together,
        };
    }

    /// <summary>Reads the replies one by one.</summary>
    /// <exception cref="EtlException">A line is damaged.</exception>
    public static IEnumerable<RawEntry> Entries(string path)
    {
        using var lines = new StreamReader(path);
        lines.ReadLine();
        for (var number = 2; lines.ReadLine() is { } line; number++)
        {
            var entry = Parse<EntryLine>(path, number, line);
            if (entry.Fields.Any(f => f.Length != 2) || entry.Sha256 is { } sha && !IsHash(sha)) throw Damaged(path, number, "a field or a hash is malformed");
            yield return new RawEntry(
                new RawRequest(entry.Service, entry.Action, [.. entry.Fields.Select(f => KeyValuePair.Create(f[0], f[1]))]), entry.Sha256, entry.Bytes, entry.Fault);
        }
    }

    /// <summary>True for a SHA-256 in lower-case hex, which is safe as the name of a file.</summary>
    public static bool IsHash(string text) => text.Length == 64 && text.All(char.IsAsciiHexDigitLower);

    private static byte[] Bytes<T>(T line) => [.. JsonSerializer.SerializeToUtf8Bytes(line, s_json), (byte)'\n'];

    private static T Parse<T>(string path, int number, string? line)
    {
        try
        {
            if (line is not null && JsonSerializer.Deserialize<T>(line, s_json) is { } parsed) return parsed;
        }
        catch (JsonException)
        {
            // Said below, without repeating the line.
        }
        throw Damaged(path, number, "it is not what was written there");
    }

    private static EtlException Damaged(string path, int number, string found) => new(
        FaultKind.Window,
        string.Create(CultureInfo.InvariantCulture, $"The recording '{path}' is damaged in line {number}: {found}. Remove the file, and pull the window again."))
    { Code = "raw-damaged" };

    // Names that a line lacks are an error, not a default.
    private sealed record HeadLine(
        [property: JsonRequired] int Version, [property: JsonRequired] string Job, [property: JsonRequired] string Source, [property: JsonRequired] string Account,
        [property: JsonRequired] string Window, [property: JsonRequired] WindowUnit Every, [property: JsonRequired] DateTimeOffset From, [property: JsonRequired] DateTimeOffset To,
        [property: JsonRequired] string Pull, [property: JsonRequired] DateTimeOffset PulledAt, [property: JsonRequired] string Definition,
        [property: JsonRequired] bool Complete, [property: JsonRequired] long Rows, [property: JsonRequired] string Content,
        [property: JsonRequired] IReadOnlyList<string> Together);

    private sealed record EntryLine(
        [property: JsonRequired] string Service, [property: JsonRequired] string Action, [property: JsonRequired] string[][] Fields,
        string? Sha256, [property: JsonRequired] long Bytes, RawFault? Fault);
}
