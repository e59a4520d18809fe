using Etl.Core.Ledger;

namespace Etl.Server.Pages.Views;

/// <summary>All that the page of one job shows.</summary>
internal sealed record JobPageView
{
    public required DateTimeOffset Now { get; init; }

    public required JobView Job { get; init; }

    /// <summary>The state that the list shows only; null for all.</summary>
    public WindowState? State { get; init; }

    /// <summary>This part of the list, newest first.</summary>
    public required IReadOnlyList<WindowView> Windows { get; init; }

    /// <summary>Which part, from one.</summary>
    public required int Page { get; init; }

    /// <summary>How many parts there are, at least one.</summary>
    public required int Pages { get; init; }
}
