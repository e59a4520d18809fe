using Etl.Core.Windows;
using Etl.Landing.Audit.Keys;

namespace Etl.Landing.Audit.Log;

/// <summary>What a writer knows of a log whose checkpoint it has checked.</summary>
internal sealed class LogState
{
    /// <summary>Null while there is no checkpoint.</summary>
    public Checkpoint? Checkpoint { get; set; }

    /// <summary>Version of the checkpoint's object.</summary>
    public string? Version { get; set; }

    public MerkleTree Tree { get; private init; } = new();

    /// <summary>SHA-256 of the newest entry.</summary>
    public string Last { get; set; } = AuditManifest.NoPrevious;

    /// <summary>Null before the first entry.</summary>
    public string? Origin { get; set; }

    /// <summary>The key that began the log.</summary>
    public string? FirstKey { get; set; }

    /// <summary>The key in force: it signs the checkpoint and the next entry.</summary>
    public AuditPublicKey? Key { get; set; }

    /// <summary>Newest snapshot of each window.</summary>
    public Dictionary<WindowKey, long> Windows { get; private init; } = [];

    public long Size => Tree.Count;

    /// <summary>A state to be changed apart, so that a failure leaves this one as it is.</summary>
    public LogState Copy() => new()
    {
        Checkpoint = Checkpoint, Version = Version, Tree = Tree.Copy(), Last = Last, Origin = Origin, FirstKey = FirstKey, Key = Key, Windows = new Dictionary<WindowKey, long>(Windows),
    };
}
