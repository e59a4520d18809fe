using System.Diagnostics;

namespace Etl.Integration.Tests.Support;

/// <summary>A page of docs whose commands are run by the tests.</summary>
internal sealed class Handbook(string name)
{
    public string Text { get; } = File.ReadAllText(Path.Combine(Tools.Root, "docs", name));

    /// <summary>The blocks of a language; there is one at least.</summary>
    public List<HandbookBlock> Blocks(string language)
    {
        var blocks = new List<HandbookBlock>();
        var lines = Text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] != "```" + language) continue;
            var block = new List<(int, string)>();
            for (i++; lines[i] != "```"; i++) block.Add((i + 1, lines[i]));
            blocks.Add(new HandbookBlock(block));
        }
        Assert.NotEmpty(blocks);
        return blocks;
    }

    /// <summary>The commands of a language's blocks, each behind a prompt, with their lines.</summary>
    public List<(int Line, string Text)> Commands(string language) =>
    [
        .. Blocks(language).SelectMany(b =>
        {
            Assert.All(b.Lines, l => Assert.StartsWith("$ ", l.Text, StringComparison.Ordinal));
            return b.Lines.Select(l => (l.Number, l.Text[2..]));
        }),
    ];

    /// <summary>A script that stops at the first command that fails; its output says before each which it is.</summary>
    public static string Script(string before, IEnumerable<(int Line, string Text)> commands)
    {
        var script = new List<string> { "set -euo pipefail", $"etl() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "etl.dll")}' \"$@\"; }}", before };
        foreach (var (line, text) in commands) script.Add($"echo \"@@ line {line}: \"{Quoted(text)}\n{text}");
        return string.Join('\n', script);
    }

    /// <summary>Runs a script in a workshop's folder.</summary>
    public static async Task<EtlResult> BashAsync(Workshop shop, string script)
    {
        var start = new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = shop.Folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in shop.Environment) start.Environment[name] = value;
        using var bash = Process.Start(start)!;
        return await EtlProcess.FinishAsync(bash);
    }

    private static string Quoted(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

/// <summary>A block of a page, with the numbers of its lines.</summary>
internal sealed record HandbookBlock(IReadOnlyList<(int Number, string Text)> Lines);
