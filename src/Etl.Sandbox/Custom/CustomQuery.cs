using Etl.Sandbox.Events;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Custom;

/// <summary>What a custom report is asked: its parameters, its range and the sessions that count.</summary>
internal sealed class CustomQuery
{
    private readonly EventStore _store;
    private readonly long _west;
    private readonly DateRange _range;

    public CustomQuery(CustomReport report, CustomParameters parameters, EventStore store)
    {
        _store = store;
        Parameters = parameters;
        foreach (var name in report.Required)
            parameters.Require(name);
        if (report.ByDayIds)
        {
            _west = TimeBuckets.NormaliseOffset((int)Math.Clamp(PhpCast.ToInt(parameters["timezone_offset"]), -100_000, 100_000)) * 60L;
            _range = DateRange.OfDays(parameters["from_date_id"], parameters["to_date_id"], _west) ?? default;
        }
        else
        {
            _range = DateRange.OfTimes(PhpCast.ToInt(parameters["from_date"]), PhpCast.ToInt(parameters["to_date"]));
        }
    }

    public CustomParameters Parameters { get; }

    /// <summary>All rows, in the order of their keys.</summary>
    public IEnumerable<CustomRow> Rows(CustomReport report)
    {
        var groups = new SortedDictionary<(long Day, int User, int Entry, int Slot), CustomRow>();
        var counts = report.Scope?.Invoke(this, _store) ?? ((in PlaybackEvent _) => true);
        foreach (var day in _store.DaysIn(_range.From, _range.To))
        {
            foreach (ref readonly var session in day.AsSpan())
            {
                if (session.Time < _range.From || session.Time >= _range.To || !report.Counts(session) || !counts(session))
                    continue;
                var key = (
                    report.By.HasFlag(GroupBy.Day) ? (session.Time - _west) / 86_400 : 0,
                    report.By.HasFlag(GroupBy.User) ? session.User : 0,
                    report.By.HasFlag(GroupBy.Entry) ? session.Entry : 0,
                    report.Slot?.Invoke(session) ?? 0);
                if (!groups.TryGetValue(key, out var row))
                    groups[key] = row = new CustomRow(_store, key.Item1, key.Item2, key.Item3, key.Item4, report.CountsViewers);
                row.Add(session);
            }
        }
        return groups.Values;
    }
}

/// <summary>What makes a row.</summary>
[Flags]
internal enum GroupBy
{
    None = 0,
    Day = 1,
    User = 2,
    Entry = 4,
}
