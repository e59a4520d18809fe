using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Sources;
using Etl.Core.Targets;

namespace Etl.Landing.Audit.Report;

/// <summary>All that a report is made of. Nothing of it changes when the same pull is reported again.</summary>
internal sealed record ReportFacts
{
    public required LandingOrder Order { get; init; }
    public required JobDefinition Job { get; init; }
    public required PullRecord Record { get; init; }
    public required PullProof Proof { get; init; }
    public required ReportRows Rows { get; init; }

    /// <summary>Sums of the landed rows.</summary>
    public required IReadOnlyList<(string Column, string Sum)> Sums { get; init; }

    /// <summary>What was asked, and how often.</summary>
    public required IReadOnlyList<(string What, int Times)> Requests { get; init; }

    /// <summary>The other files of the snapshot with length and SHA-256.</summary>
    public required IReadOnlyList<(string Path, long Bytes, string Sha256)> Files { get; init; }

    /// <summary>What the pull changed of the one that was published before, in a sentence; null when nothing is known.</summary>
    public string? Changes { get; init; }

    /// <summary>Number of the configured account.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Host of the service.</summary>
    public string Service { get; init; } = "";

    /// <summary>Version of etl with its revision.</summary>
    public string Version { get; init; } = "";
}
