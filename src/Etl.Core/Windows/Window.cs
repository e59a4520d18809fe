namespace Etl.Core.Windows;

/// <summary>The lengths that a window can have.</summary>
public enum WindowUnit
{
    /// <summary>One minute of UTC, for live jobs.</summary>
    Minute,
    /// <summary>One hour of wall-clock time.</summary>
    Hour,
    /// <summary>One local day: 23, 24 or 25 hours.</summary>
    Day,
    /// <summary>One local month.</summary>
    Month,
}

/// <summary>A half-open interval of time, [<paramref name="From"/>, <paramref name="To"/>), with the label it has in its job's time zone.</summary>
/// <param name="From">First instant (UTC).</param>
/// <param name="To">First instant after it (UTC).</param>
/// <param name="Label"><c>2026-11-19</c>, <c>2026-11</c>, <c>2026-11-01T01-0400</c> or <c>2026-11-19T14-05m</c>; never holds a colon. Days and months sort by time. Of a repeated hour east of Greenwich the second sorts first (+0100 before +0200): order hours by <paramref name="From"/>.</param>
/// <param name="Unit">Its length.</param>
public sealed record Window(DateTimeOffset From, DateTimeOffset To, string Label, WindowUnit Unit)
{
    /// <summary>Length; a local day has 23, 24 or 25 hours.</summary>
    public TimeSpan Length => To - From;
}

/// <summary>What identifies a window in the ledger and at every target.</summary>
/// <param name="Job">Job name.</param>
/// <param name="Source">Name of the source in the job; <c>main</c> when the job has one.</param>
/// <param name="Account">Account (partner) id.</param>
/// <param name="Label">Window label.</param>
public readonly record struct WindowKey(string Job, string Source, string Account, string Label)
{
    /// <summary>One line for messages and for target-side records: <c>job/source/account/label</c>.</summary>
    public override string ToString() => $"{Job}/{Source}/{Account}/{Label}";
}
