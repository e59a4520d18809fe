using Etl.Core.Checks;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Testing.Rows;

/// <summary>Windows, keys and stamps with sensible defaults.</summary>
public static class Keys
{
    public static readonly WindowCalendar Days = new("America/New_York", WindowUnit.Day);
    public static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    public static Window Day(string label = "2026-11-19") => Days.Parse(label);

    public static WindowKey Key(string label = "2026-11-19", string job = "nightly", string source = "main", string account = "101") =>
        new(job, source, account, label);

    public static PullStamp Stamp(string pull, long fence, long rows = 0, string hash = "hash", string definition = "def") =>
        new(pull, fence, rows, hash, Noon, definition);

    /// <summary>The ledger's record of a pull.</summary>
    public static PullRecord Record(PullStamp stamp, WindowKey key) => new()
    {
        Pull = stamp.Pull,
        Key = key,
        Fence = stamp.Fence,
        StartedAt = Noon,
        EndedAt = Noon.AddMinutes(1),
        Rows = stamp.Rows,
        ContentHash = stamp.ContentHash,
        DefinitionHash = stamp.DefinitionHash,
        SchemaJson = """[{"name":"count_plays","type":"Int64"}]""",
        ProofJson = """{"version":1}""",
        Quarantined = 3,
        Checks = [new CheckResult("totals", Verdict.Pass, "12 = 12")],
    };
}
