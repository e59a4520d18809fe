using Etl.Core.Ledger;
using Etl.Server.Reading;

namespace Etl.Server.Pages.Views;

/// <summary>All that the page of one window label shows.</summary>
internal sealed record WindowPageView
{
    public required DateTimeOffset Now { get; init; }

    public required JobView Job { get; init; }

    public required WindowView Window { get; init; }

    /// <summary>Each source and account by itself, in the order of the job file.</summary>
    public required IReadOnlyList<RecordView> Records { get; init; }

    /// <summary>Labels before and after it; null at the ends.</summary>
    public string? Before { get; init; }

    /// <summary>The label after it.</summary>
    public string? After { get; init; }

    /// <summary>True when somebody asked for it and it is not done.</summary>
    public bool IsAsked { get; init; }

    /// <summary>True when the visitor just asked for it: it may wait where no backlog is kept.</summary>
    public bool MayWait { get; init; }
}

/// <summary>A window of one source and account, with all that the ledger recorded of it, newest first.</summary>
/// <param name="part">The same, oldest first.</param>
internal sealed class RecordView(WindowPart part)
{
    public WindowRecord Record => part.Record;

    public IReadOnlyList<PullRecord> Pulls { get; } = [.. part.Pulls.Reverse()];

    public IReadOnlyList<LandingRecord> Landings { get; } = [.. part.Landings.Reverse()];

    public IReadOnlyList<StepRecord> Steps { get; } = [.. part.Steps.Reverse()];

    /// <summary>What became of a pull.</summary>
    public string Fate(PullRecord pull) =>
        pull.Pull == Record.LandedPull ? "published" : pull.Pull == Record.HeldPull ? "held" : Landings.Any(l => l.Pull == pull.Pull) ? "replaced" : "not published";
}
