using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Server.Pages.Look;

namespace Etl.Server.Pages.Views;

/// <summary>One label of a job: the windows of all its sources and accounts together.</summary>
/// <param name="Window">The label and its bounds.</param>
/// <param name="Records">What the ledger has of it; empty when it was never worked on.</param>
internal sealed record WindowView(Window Window, IReadOnlyList<WindowRecord> Records)
{
    public string Label => Window.Label;

    /// <summary>The state that matters most.</summary>
    public WindowState State { get; } = Records.Count == 0 ? WindowState.Planned : Records.Select(StateOf).MinBy(StateLook.Rank);

    /// <summary>Rows that are published, over all records; null when nothing is.</summary>
    public long? Rows { get; } = Records.Any(r => r.LandedRows is not null) ? Records.Sum(r => r.LandedRows ?? 0) : null;

    /// <summary>When it was last published, or null.</summary>
    public DateTimeOffset? LandedAt { get; } = Records.Max(r => r.LandedAt);

    /// <summary>Why it is held or failed, of the record that matters most.</summary>
    public string? Reason { get; } = Records.Where(r => r.Reason is not null && StateLook.NeedsPerson(StateOf(r))).MinBy(r => StateLook.Rank(StateOf(r)))?.Reason;

    /// <summary>How long its newest pull took, or null.</summary>
    public TimeSpan? Duration { get; init; }

    /// <summary>Rows that its landings restated, all together.</summary>
    public long Restated { get; init; }

    public bool IsHeld => Records.Any(r => r.HeldPull is not null);

    /// <summary>True when all of it is published.</summary>
    public bool IsLanded => Records.Count > 0 && Records.All(r => StateOf(r) is WindowState.Landed or WindowState.Frozen);

    /// <summary>State and rows in words.</summary>
    public string Said => Records.Count == 0
        ? "not pulled yet"
        : StateLook.Word(State) + (Rows is { } rows ? $", {Show.Number(rows, "row")}" : "") + (Reason is null ? "" : $". {Reason}");

    /// <summary>A window that a run looked at and left alone is planned for the ledger; what it published before is still there.</summary>
    public static WindowState StateOf(WindowRecord record) => record is { State: WindowState.Planned, LandedPull: not null } ? WindowState.Landed : record.State;
}
