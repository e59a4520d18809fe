using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Custom;

/// <summary>Reads a further dimension from a session.</summary>
internal delegate int SlotOf(in PlaybackEvent session);

/// <summary>The definition of a custom report; the real ones stand in a configuration that is not public.</summary>
internal sealed record CustomReport(int Id, IReadOnlyList<(string Name, Func<CustomRow, Cell> Value)> Columns)
{
    /// <summary>Parameters without which the query fails.</summary>
    public required string[] Required { get; init; }

    /// <summary>The range is <c>from_date_id</c> to <c>to_date_id</c> with <c>timezone_offset</c>, not unix seconds.</summary>
    public bool ByDayIds { get; init; }

    public required GroupBy By { get; init; }

    public SlotOf? Slot { get; init; }

    /// <summary>Rows know how many viewers they have; costs memory per row.</summary>
    public bool CountsViewers { get; init; }

    /// <summary>Which sessions the report is about.</summary>
    public EventTest Counts { get; init; } = (in PlaybackEvent _) => true;

    /// <summary>The sessions that the parameters leave.</summary>
    public Func<CustomQuery, EventStore, EventTest>? Scope { get; init; }

    /// <summary>Columns that the engine itself quotes; all others stand as they are.</summary>
    public IReadOnlyList<string> Quoted { get; init; } = [];

    /// <summary>The session must carry <c>virtualeventid:</c> with this parameter's value.</summary>
    public string? EventParameter { get; init; }
}
