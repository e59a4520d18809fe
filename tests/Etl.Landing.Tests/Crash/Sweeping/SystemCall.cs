using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>A call of a traced process, as strace writes it down.</summary>
/// <param name="Thread">Which thread called.</param>
/// <param name="Name">Name of the call.</param>
/// <param name="Number">Which of its thread's calls of this name, from one: what <c>when=</c> counts.</param>
/// <param name="Paths">The files it names: by name, or by the path behind a handle.</param>
/// <param name="Arguments">All arguments as written.</param>
/// <param name="Result">What it returned; negative when it failed, null when it never did.</param>
/// <param name="IsInjected">True when strace made it fail.</param>
internal sealed partial record SystemCall(int Thread, string Name, int Number, IReadOnlyList<string> Paths, string Arguments, long? Result, bool IsInjected)
{
    /// <summary>True for calls that make something durable, or give or take a name.</summary>
    public bool IsKey => Name is "fsync" or "fdatasync" || Name.StartsWith("rename", StringComparison.Ordinal) || Name.StartsWith("link", StringComparison.Ordinal)
        || Name.StartsWith("unlink", StringComparison.Ordinal) || Name.StartsWith("mkdir", StringComparison.Ordinal) || Name == "rmdir";

    /// <summary>True for the calls that a full disk refuses.</summary>
    public bool NeedsSpace => Name is "write" or "pwrite64" or "fsync" or "fdatasync" or "ftruncate" || Name.StartsWith("rename", StringComparison.Ordinal)
        || Name.StartsWith("link", StringComparison.Ordinal) || Name.StartsWith("mkdir", StringComparison.Ordinal) || (Name is "open" or "openat" && Arguments.Contains("O_CREAT", StringComparison.Ordinal));

    /// <summary>The handle that it is made on; 0 for calls by name.</summary>
    public int Handle => Digits().Match(Arguments) is { Success: true } handle ? int.Parse(handle.Value, CultureInfo.InvariantCulture) : 0;

    /// <summary>True when it touches a file under a folder.</summary>
    public bool IsUnder(string folder) => Paths.Any(p => p.StartsWith(folder + "/", StringComparison.Ordinal) || p == folder);

    /// <summary>Bytes that a write wrote; the recording must have been made with all of them.</summary>
    public byte[] Bytes()
    {
        var text = Text().Match(Arguments).Groups[1].Value;
        return Decode(text)[..(int)Result!.Value];
    }

    /// <summary>The calls of a log, in order.</summary>
    public static IReadOnlyList<SystemCall> Read(string log)
    {
        var calls = new List<SystemCall>();
        var counts = new Dictionary<(int, string), int>();
        var open = new Dictionary<int, int>();
        foreach (var line in File.ReadLines(log, Encoding.Latin1))
        {
            if (Resumed().Match(line) is { Success: true } resumed)
            {
                // It went on after another thread's line.
                if (!open.Remove(int.Parse(resumed.Groups[1].Value, CultureInfo.InvariantCulture), out var index)) continue;
                var began = calls[index];
                calls[index] = Make(began.Thread, began.Name, began.Number, began.Arguments + resumed.Groups[3].Value, resumed.Groups[4].Value, line);
                continue;
            }
            if (Whole().Match(line) is not { Success: true } call) continue;
            var (thread, name) = (int.Parse(call.Groups[1].Value, CultureInfo.InvariantCulture), call.Groups[2].Value);
            var number = counts[(thread, name)] = counts.GetValueOrDefault((thread, name)) + 1;
            if (call.Groups[4].Success) open[thread] = calls.Count;
            calls.Add(Make(thread, name, number, call.Groups[3].Value, call.Groups[5].Value, line));
        }
        return calls;
    }

    private static SystemCall Make(int thread, string name, int number, string arguments, string result, string line)
    {
        IReadOnlyList<string> paths = OnHandle().Match(arguments) is { Success: true } handle
            ? [Name(handle.Groups[1].Value)]
            : [.. Text().Matches(arguments).Select(m => Name(m.Groups[1].Value))];
        long? returned = long.TryParse(Digits().Match(result).Value, CultureInfo.InvariantCulture, out var value) ? value : null;
        return new SystemCall(thread, name, number, paths, arguments, returned, line.EndsWith("(INJECTED)", StringComparison.Ordinal));

        static string Name(string text) => Encoding.UTF8.GetString(Decode(text));
    }

    private static byte[] Decode(string text)
    {
        if (!text.StartsWith("\\x", StringComparison.Ordinal)) return Encoding.Latin1.GetBytes(text);
        var bytes = new byte[text.Length / 4];
        for (var i = 0; i < bytes.Length; i++) bytes[i] = byte.Parse(text.AsSpan(i * 4 + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return bytes;
    }

    [GeneratedRegex("""^(\d+) +(\w+)\((.*?)(?:( <unfinished \.\.\.>)|\) += (.*))$""")]
    private static partial Regex Whole();

    [GeneratedRegex("""^(\d+) +<\.\.\. (\w+) resumed>(.*?)\) += (.*)$""")]
    private static partial Regex Resumed();

    [GeneratedRegex("""^\d+<([^>]*)>""")]
    private static partial Regex OnHandle();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Text();

    [GeneratedRegex("""^-?\d+""")]
    private static partial Regex Digits();
}
