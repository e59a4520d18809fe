using System.Text;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Tests.Audit;

/// <summary>A log of nine entries with everything that entries can be, and both verifiers.</summary>
internal sealed class TamperBench : IDisposable
{
    /// <summary>The snapshot whose every byte is changed.</summary>
    public const int Victim = 4;

    public AuditBench Bench { get; } = new();

    public SecondVerifier Second { get; } = new();

    /// <summary>The checkpoint as it was with five entries, kept outside.</summary>
    public string Kept5 => Bench.Data["kept/5"];

    /// <summary>The newest checkpoint, kept outside.</summary>
    public string Kept9 => Bench.Data["kept/9"];

    /// <summary>The whole log as it was with eight entries.</summary>
    public string At8 => Bench.Data["copies/at8/compliance"];

    public string Folder => Bench.Folder;

    public string NextKeyFile => Bench.Data["keys/next.pem"];

    public static async Task<TamperBench> CreateAsync()
    {
        var made = new TamperBench();
        var bench = made.Bench;
        AuditKeys.Create(made.NextKeyFile);
        Directory.CreateDirectory(bench.Data["kept"]);
        using (var log = bench.Log())
        {
            for (var day = 1; day <= 5; day++) await bench.AppendAsync(day, log: log, bytes: day - 1 == Victim ? 20_000 : 40);
            File.Copy(bench.Folder + "/log/checkpoint", made.Kept5);
            using var next = PemSigner.Open(made.NextKeyFile, "x");
            await log.RotateAsync(next, AuditBench.None);
        }
        using (var log = bench.Log(made.NextKeyFile))
        {
            await bench.AppendAsync(6, log: log);
            await log.AppendAsync("erased", new CanonicalObject { ["reason"] = "asked", [Erasures.Member] = Erasures.Of(new Erasure(0, ["raw/0001.json"])) }, [], AuditBench.None);
            File.Delete(Path.Combine(made.FolderOf(0), "files/raw/0001.json"));
            bench.Copy("at8");
            await bench.AppendAsync(7, log: log);
        }
        File.Copy(bench.Folder + "/log/checkpoint", made.Kept9);
        made.Agree("erased");
        return made;
    }

    /// <summary>Folder of an entry.</summary>
    public string FolderOf(int sequence) => Directory.GetDirectories(Path.Combine(Folder, "snapshot"), $"{sequence:D20}-*").Single();

    public string Entry(int sequence) => Path.Combine(Folder, $"log/entries/{sequence:D20}.json");

    /// <summary>Both verifiers say so.</summary>
    public void Agree(string word, string? what = null, string? folder = null, string? old = null, string? key = null)
    {
        var verdict = Bench.Verify(folder ?? Folder, key, old);
        Assert.True(verdict.Word == word, $"{what}: ours says {verdict.Word}. {string.Join(' ', verdict.Findings.Select(f => f.Message))}");
        var second = Second.Ask(folder ?? Folder, key ?? Bench.Fingerprint, old);
        Assert.True(second == word, $"{what}: the second verifier says {second}.");
        if (word == "tampered") Assert.All(verdict.Findings, f => Assert.EndsWith(".", f.Message, StringComparison.Ordinal));
    }

    /// <summary>Writes a log of one entry with these very bytes, rightly signed: what only a holder of the key could do.</summary>
    public async Task<string> CraftAsync(string name, byte[] manifest, string folder, params (string Path, string Content)[] files)
    {
        var to = Bench.Data["crafted/" + name];
        using var signer = PemSigner.Open(Bench.KeyFile, "x");
        var key = await signer.KeyAsync(default);
        void Write(string path, byte[] bytes)
        {
            var full = Path.Combine(to, path);
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            File.WriteAllBytes(full, bytes);
        }
        Write(folder + "/manifest.json", manifest);
        Write(folder + "/manifest.sig", await signer.SignAsync(manifest, default));
        foreach (var (path, content) in files) Write(folder + "/files/" + path, Encoding.UTF8.GetBytes(content));
        Write(AuditNames.Entry(0), manifest);
        Write(AuditNames.Key(key.Id), Encoding.ASCII.GetBytes(key.ToPem()));
        var checkpoint = new Checkpoint("etl-audit/compliance/0123456789abcdef", 1, MerkleTree.Leaf(manifest)).ToBytes();
        Write(AuditNames.Checkpoint, checkpoint);
        Write(AuditNames.CheckpointSignature(1), await signer.SignAsync(checkpoint, default));
        return to;
    }

    public void Dispose()
    {
        Second.Dispose();
        Bench.Dispose();
    }
}
