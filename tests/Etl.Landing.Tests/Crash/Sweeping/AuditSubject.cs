using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Verify;
using Etl.Landing.Tests.Audit;
using Etl.Testing.Crash;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>The append of a pull's snapshot to an audit log.</summary>
/// <param name="before">How many are in it already.</param>
internal sealed class AuditSubject(int before) : SweepSubject, IDisposable
{
    private readonly SecondVerifier _second = new();
    private readonly Lock _gate = new();
    private string _fingerprint = "";

    public override string Name => $"audit, {(before == 0 ? "first snapshot" : "next snapshot")}";

    public void Dispose() => _second.Dispose();

    public override async Task PrepareAsync(string data)
    {
        Directory.CreateDirectory(data);
        _fingerprint = AuditKeys.Create(Key(data));
        for (var i = 0; i < before; i++) await Auditing.RunAsync(data, $"p{i}", Key(data), rotate: false);
    }

    public override string Command(string data) => $"audit\t{data}\tnew\t{Key(data)}";

    public override bool IsAcknowledged(string answer) => answer == "done appended";

    public override Task RunAsync(string data)
    {
        // The model of a loss of power makes files anew, without their rights, and a key that others may read is refused.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Key(data), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return Auditing.RunAsync(data, "new", Key(data), rotate: false);
    }

    public override Task<Generation> LookAsync(string data)
    {
        var log = Path.Combine(data, "audit", "compliance");
        if (!File.Exists(Path.Combine(log, "log", "checkpoint")))
        {
            if (before > 0) throw new ViolationException("the log has no checkpoint any more");
            return Task.FromResult(Generation.Old);
        }
        var verdict = Agreed(log);
        return Task.FromResult(
            verdict.Word is not ("ok" or "empty") ? throw new ViolationException($"'{verdict.Word}': {string.Concat(verdict.Findings)}")
            : verdict.Entries == before ? Generation.Old
            : verdict.Entries == before + 1 ? Generation.New
            : throw new ViolationException($"the log has {verdict.Entries} entries"));
    }

    public override Task CheckEndAsync(string data)
    {
        if (Folders.Files(data).FirstOrDefault(f => f.EndsWith(".tmp", StringComparison.Ordinal)) is { } left) throw new ViolationException($"'{left}' was left");
        var verdict = Agreed(Path.Combine(data, "audit", "compliance"));
        if (verdict.Word != "ok" || verdict.Notes.Count > 0 || verdict.Snapshots != before + 1) throw new ViolationException($"{verdict.Word}, {verdict.Snapshots} snapshots: {string.Concat(verdict.Notes)}");
        return Task.CompletedTask;
    }

    private static string Key(string data) => Path.Combine(data, "keys", "audit.pem");

    /// <summary>The verdict of the program, which the verifier of other hands must share.</summary>
    private AuditVerdict Agreed(string log)
    {
        var verdict = AuditVerifier.Verify(new AuditVerification(log) { Key = _fingerprint });
        string second;
        lock (_gate) second = _second.Ask(log, _fingerprint);
        if (second != verdict.Word) throw new ViolationException($"one verifier says '{verdict.Word}' and the other '{second}'");
        return verdict;
    }
}
