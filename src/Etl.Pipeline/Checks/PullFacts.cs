using Etl.Core.Columns;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Pipeline.Pulling;
using Etl.Pipeline.Schemas;

namespace Etl.Pipeline.Checks;

/// <summary>All that the checks may look at.</summary>
internal sealed record PullFacts
{
    /// <summary>What was sent.</summary>
    public required TableSchema Schema { get; init; }

    /// <summary>What landed before.</summary>
    public SchemaBefore Before { get; init; } = SchemaBefore.Nothing;

    /// <summary>Whole numbers that lost digits as doubles, by column.</summary>
    public IReadOnlyDictionary<string, long> Inexact { get; init; } = new Dictionary<string, long>();

    /// <summary>Rows that would land.</summary>
    public required long Rows { get; init; }

    /// <summary>Rows that cannot be typed; neither <see cref="Rows"/> nor <see cref="Sums"/> has them.</summary>
    public long Quarantined { get; init; }

    public required IReadOnlyDictionary<string, ColumnSum> Sums { get; init; }

    /// <summary>The service's totals, or null where it has none.</summary>
    public IReadOnlyDictionary<string, double>? Totals { get; init; }

    /// <summary>What the totals were with the pull before, of the same run; null when this is the first.</summary>
    public IReadOnlyDictionary<string, double>? EarlierTotals { get; init; }

    /// <summary>Pulls of this run so far, this one included.</summary>
    public int Pulls { get; init; } = 1;

    /// <summary>True when the window is pulled again in any case, on another day, and no audit log takes it.</summary>
    public bool IsOpen { get; init; }

    public required PullProof Proof { get; init; }
    public bool HasKey { get; init; }
    public long DuplicateKeys { get; init; }
    public long ExemptKeys { get; init; }
    public string? DuplicateExample { get; init; }

    /// <summary>Rows of the window as its targets publish it now; null when none publishes it.</summary>
    public long? PublishedRows { get; init; }

    /// <summary>The target that publishes so many.</summary>
    public string? PublishedAt { get; init; }
}
