using System.Text.Json;
using Etl.Testing;
using Etl.Testing.Files;

namespace Etl.Cli.Tests;

/// <summary><c>etl audit verify</c> on a log that an earlier build wrote: its form is kept, and so is what the command says.</summary>
public sealed class AuditVerifyTests : IDisposable
{
    private static readonly string s_sample = Repository.PathOf("tests", "audit", "sample"), s_key = Repository.PathOf("tests", "audit", "sample.pem");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Good_log_is_ok_and_the_key_can_be_named_in_both_ways()
    {
        var (exit, output, error) = await Shell.RunAsync("audit", "verify", s_sample, "--key", s_key);
        Assert.Equal((0, ""), (exit, error));
        Assert.Contains("ok: 4 entries, 3 snapshots, 6 files read", output, StringComparison.Ordinal);
        var fingerprint = "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Convert.FromBase64String(string.Concat(File.ReadAllLines(s_key)[1..^1]))));
        Assert.Equal(0, (await Shell.RunAsync("audit", "verify", s_sample, "--key", fingerprint, "--full", "--checkpoint", s_sample + "/log/checkpoint")).Exit);
    }

    [Fact]
    public async Task Without_a_key_it_says_that_an_auditor_brings_one()
    {
        var (exit, output, _) = await Shell.RunAsync("audit", "verify", s_sample);
        Assert.Equal(0, exit);
        Assert.Contains("none is pinned", output, StringComparison.Ordinal);
        Copy();
        File.WriteAllText(_folder["log.key"], "sha256:" + new string('0', 64) + "\n");
        (exit, output, _) = await Shell.RunAsync("audit", "verify", _folder["log"]);
        Assert.Equal(1, exit);
        Assert.Contains("foreign key", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quick_is_not_fully_checked()
    {
        var (exit, output, _) = await Shell.RunAsync("audit", "verify", s_sample, "--key", s_key, "--quick");
        Assert.Equal(3, exit);
        Assert.Contains("no file was read", output, StringComparison.Ordinal);
        Assert.Equal(2, (await Shell.RunAsync("audit", "verify", s_sample, "--quick", "--full")).Exit);
    }

    [Fact]
    public async Task Tampered_log_is_told_with_its_cause()
    {
        Copy();
        var file = Directory.GetFiles(_folder["log/snapshot"], "data.parquet", SearchOption.AllDirectories).Order(StringComparer.Ordinal).First();
        File.WriteAllText(file, "p9");
        var (exit, output, _) = await Shell.RunAsync("audit", "verify", _folder["log"], "--key", s_key, "--json");
        Assert.Equal(1, exit);
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(["finding", "verdict"], lines.Select(l => l.GetProperty("type").GetString()));
        Assert.Equal("The file 'data.parquet' of snapshot 0 was changed: its SHA-256 is not the one in its manifest.", lines[0].GetProperty("message").GetString());
        Assert.Equal(("tampered", 1, "given"), (lines[1].GetProperty("verdict").GetString(), lines[1].GetProperty("exit").GetInt32(), lines[1].GetProperty("keyFrom").GetString()));
    }

    [Fact]
    public async Task What_cannot_be_used_is_usage()
    {
        foreach (var arguments in (string[][])
            [[_folder.Path], [s_sample, "--key", "sha256:12"], [s_sample, "--key", _folder["none"]], [s_sample, "--key", s_sample + "/log/checkpoint"], [s_sample, "--checkpoint", s_key], [s_sample, "--checkpoint", _folder["none"]]])
        {
            var (exit, _, error) = await Shell.RunAsync(["audit", "verify", .. arguments]);
            Assert.Equal(2, exit);
            Assert.EndsWith(".", error.TrimEnd(), StringComparison.Ordinal);
        }
    }

    private void Copy()
    {
        foreach (var file in Directory.EnumerateFiles(s_sample, "*", SearchOption.AllDirectories))
        {
            var to = Path.Combine(_folder["log"], Path.GetRelativePath(s_sample, file));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(file, to);
        }
    }
}
