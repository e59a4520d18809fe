using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>Names in snapshots: kinds of entries, files, and members of manifests that are read again.</summary>
internal static class SnapshotNames
{
    public const string Snapshot = "snapshot", Erased = "erased", Retention = "retention";

    public const string Rows = "rows.parquet", Report = "report.html", Replies = "raw/replies.jsonl";

    /// <summary>Where a reply is, by the hash of its bytes.</summary>
    public static string BodyOf(string sha256) => $"raw/{sha256}";

    /// <summary>The window that a manifest speaks of; null when it is none of a snapshot.</summary>
    public static WindowKey? WindowOf(CanonicalObject manifest) =>
        Object(manifest, "window") is { } window ? new WindowKey(Text(window, "job"), Text(window, "source"), Text(window, "account"), Text(window, "label")) : null;

    /// <summary>The pull that a snapshot holds.</summary>
    public static PublishedPull PullOf(CanonicalObject manifest)
    {
        var pull = Object(manifest, "pull")!;
        return new PublishedPull(Text(pull, "id"), Whole(pull, "fence"), Whole(pull, "rows"), Text(pull, "contentHash"));
    }

    public static CanonicalObject? Object(CanonicalObject facts, string name) => facts.GetValueOrDefault(name) as CanonicalObject;

    public static string Text(CanonicalObject facts, string name) => facts.GetValueOrDefault(name) as string ?? "";

    public static long Whole(CanonicalObject facts, string name) => facts.GetValueOrDefault(name) is long number ? number : 0;
}
