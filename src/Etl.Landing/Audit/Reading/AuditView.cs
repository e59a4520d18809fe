using System.Globalization;
using System.Text;
using System.Text.Json;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Report;
using Etl.Landing.Audit.Snapshots;

namespace Etl.Landing.Audit.Reading;

/// <summary>An entry of a log for people.</summary>
public sealed record AuditEntryView
{
    /// <summary>From 0.</summary>
    public required long Sequence { get; init; }

    /// <summary><c>snapshot</c>, <c>erased</c>, <c>retention</c> or <c>key</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>When the writer says that it was written.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Where it lies, relative to the log.</summary>
    public required string Folder { get; init; }

    /// <summary>The window of a snapshot.</summary>
    public WindowKey? Window { get; init; }

    /// <summary>Rows of a snapshot.</summary>
    public long? Rows { get; init; }

    /// <summary>Pull of a snapshot.</summary>
    public string? Pull { get; init; }

    /// <summary>Its files.</summary>
    public IReadOnlyList<AuditFileView> Files { get; init; } = [];

    /// <summary>What it says, in sentences.</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The manifest as it is: canonical JSON.</summary>
    public required string Manifest { get; init; }
}

/// <summary>A file of a snapshot.</summary>
/// <param name="Path">In the snapshot's <c>files</c>.</param>
/// <param name="Bytes">Length.</param>
/// <param name="Sha256">Hash.</param>
/// <param name="ErasedBy">The entry that erased it; null while it is kept.</param>
public sealed record AuditFileView(string Path, long Bytes, string Sha256, long? ErasedBy);

/// <summary>Reads logs for people.</summary>
public static class AuditReading
{
    /// <summary>All entries of the log in a folder, in order. Nothing is verified.</summary>
    /// <exception cref="Core.Errors.EtlException">There is no log, or it cannot be read.</exception>
    public static async Task<IReadOnlyList<AuditEntryView>> ReadAsync(AuditLogs logs, string folder, CancellationToken cancellation)
    {
        var log = await logs.FindAsync(folder, cancellation);
        var entries = new List<AuditManifest>();
        await foreach (var entry in LogEntries.ReadAsync(log.Place, cancellation)) entries.Add(entry);
        var erased = new Dictionary<(long, string), long>();
        foreach (var entry in entries)
            foreach (var erasure in entry.Erases)
                foreach (var path in erasure.Paths) erased.TryAdd((erasure.Sequence, path), entry.Sequence);
        return [.. entries.Select(e => View(e, erased))];
    }

    private static AuditEntryView View(AuditManifest entry, Dictionary<(long, string), long> erased)
    {
        var pull = SnapshotNames.Object(entry.Content, "pull");
        return new AuditEntryView
        {
            Sequence = entry.Sequence, Kind = entry.Kind, Created = entry.Created, Folder = entry.Folder, Window = entry.Window?.Key,
            Rows = pull is null ? null : SnapshotNames.Whole(pull, "rows"), Pull = pull is null ? null : SnapshotNames.Text(pull, "id"),
            Files = [.. entry.Files.Select(f => new AuditFileView(f.Path, f.Bytes, f.Sha256, erased.TryGetValue((entry.Sequence, f.Path), out var by) ? by : null))],
            Words = [.. Words(entry)],
            Manifest = Encoding.UTF8.GetString(CanonicalJson.Write(entry.Content)),
        };
    }

    private static IEnumerable<string> Words(AuditManifest entry) => entry.Kind switch
    {
        AuditManifest.SnapshotKind => Snapshot(entry),
        AuditManifest.KeyKind => [$"From here on the log is signed by the key sha256:{entry.NewKey}, which the key before has signed too."],
        _ => Erasure(entry),
    };

    private static IEnumerable<string> Erasure(AuditManifest entry)
    {
        foreach (var erasure in entry.Erases) yield return $"Of snapshot {erasure.Sequence} these files were erased: {string.Join(", ", erasure.Paths)}.";
        yield return entry.Kind == AuditManifest.RetentionKind ? "The time for which they had to be kept was over." : $"Reason: {SnapshotNames.Text(entry.Content, "reason")}";
    }

    private static IEnumerable<string> Snapshot(AuditManifest entry)
    {
        CanonicalObject Part(string name) => SnapshotNames.Object(entry.Content, name) ?? [];
        var (window, pull, service, job) = (entry.Window!, Part("pull"), Part("service"), Part("job"));
        var report = SnapshotNames.Text(Part("request"), "report");
        yield return $"Window {window.Key.Label} of job {window.Key.Job}, source {window.Key.Source}, account {window.Key.Account}: from {CanonicalFacts.Text(window.From)} to {CanonicalFacts.Text(window.To)}, cut by the {window.Every} in {window.TimeZone}.";
        yield return string.Create(
            CultureInfo.InvariantCulture,
            $"Pull {SnapshotNames.Text(pull, "id")} with {SnapshotNames.Whole(pull, "rows"):#,0} rows, made from {SnapshotNames.Text(pull, "began")} to {SnapshotNames.Text(pull, "ended")} at {SnapshotNames.Text(service, "host")}"
            + $"{(report.Length > 0 ? $", report {report}" : "")}, fence {SnapshotNames.Whole(pull, "fence")}.");
        if (SnapshotNames.Object(entry.Content, "earlier") is { } earlier)
            yield return $"The window was pulled before: snapshot {SnapshotNames.Whole(earlier, "sequence")} holds pull {SnapshotNames.Text(earlier, "pull")}, {(earlier.GetValueOrDefault("sameRows") is true ? "with the same rows" : "with other rows")}.";
        if (SnapshotNames.Object(entry.Content, "proof") is { } proof && JsonSerializer.Deserialize<PullProof>(CanonicalJson.Write(proof), s_proof) is { } read)
            foreach (var sentence in ProofWords.Of(read)) yield return sentence;
        foreach (var check in (entry.Content.GetValueOrDefault("checks") as List<object> ?? []).OfType<CanonicalObject>())
            yield return $"Check {SnapshotNames.Text(check, "name")}: {SnapshotNames.Text(check, "verdict")}. {SnapshotNames.Text(check, "detail")}";
        if (SnapshotNames.Object(entry.Content, "retention") is { } retention) yield return $"To be kept for {SnapshotNames.Text(retention, "keep")}, until {SnapshotNames.Text(retention, "until")}.";
        yield return $"Made by {SnapshotNames.Text(entry.Content, "tool")} from a job file with SHA-256 {SnapshotNames.Text(job, "textSha256")}.";
    }

    // Numbers with parts of one stand as texts in manifests.
    private static readonly JsonSerializerOptions s_proof = new(JsonSerializerDefaults.Web) { NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.AllowReadingFromString };
}
