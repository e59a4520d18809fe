using Etl.Sandbox.Events;

namespace Etl.Sandbox.Engine;

/// <summary>
/// What was uploaded and deleted in a range and what is held at its end (usage reports). Entries that came or went before the range count
/// for what is held only. Which owners are rows of report 17 is not published; here they are those with something added or deleted in the range.
/// </summary>
internal static class UsageCounter
{
    /// <summary>One group for everyone, or one per owner of what was added or deleted in the range.</summary>
    public static void AddGroups(Aggregator aggregator, EventStore store, Grouping grouping, Scope scope, bool onlyActive)
    {
        if (scope.Nothing)
            return;
        HashSet<long> active = [];
        foreach (var (entry, created, deleted) in Entries(store, scope))
        {
            if (!onlyActive || In(created, scope) || deleted is { } gone && In(gone, scope))
                active.Add(grouping.KeyOfEntry(entry));
        }
        foreach (var (entry, created, deleted) in Entries(store, scope))
        {
            var key = grouping.KeyOfEntry(entry);
            if (!active.Contains(key))
                continue;
            ref var tally = ref aggregator.Tally(aggregator.Touch(key));
            if (created < scope.To)
                Hold(ref tally, store.Entries, entry, 1);
            if (deleted < scope.To)
                Hold(ref tally, store.Entries, entry, -1);
            if (In(created, scope))
                Add(ref tally, store.Entries, entry);
            if (deleted is { } gone && In(gone, scope))
                Delete(ref tally, store.Entries, entry);
        }
    }

    /// <summary>One group per date of <paramref name="dates"/>, which ascend and cover the range: what is held runs on from date to date.</summary>
    public static void AddDates(Aggregator aggregator, EventStore store, Scope scope, IEnumerable<long> dates, Func<long, long> dateOf)
    {
        if (scope.Nothing)
            return;
        long[] all = [.. dates];
        foreach (var date in all)
            aggregator.Touch(date);
        var before = BaseOf(store, scope);
        foreach (var (entry, created, deleted) in Entries(store, scope))
        {
            if (In(created, scope))
                Add(ref aggregator.Tally(aggregator.Touch(dateOf(created))), store.Entries, entry);
            if (deleted is { } gone && In(gone, scope))
                Delete(ref aggregator.Tally(aggregator.Touch(dateOf(gone))), store.Entries, entry);
        }
        foreach (var date in all)
        {
            ref var tally = ref aggregator.Tally(aggregator.Touch(date));
            before.TotalEntries += tally.AddedEntries - tally.DeletedEntries;
            before.TotalMsecs += tally.AddedMsecs - tally.DeletedMsecs;
            before.TotalBytes += tally.AddedBytes - tally.DeletedBytes;
            (tally.TotalEntries, tally.TotalMsecs, tally.TotalBytes) = (before.TotalEntries, before.TotalMsecs, before.TotalBytes);
        }
    }

    /// <summary>What is held when the range begins: the base of its running totals.</summary>
    public static Tally BaseOf(EventStore store, Scope scope)
    {
        var tally = default(Tally);
        if (scope.Nothing)
            return tally;
        foreach (var (entry, created, deleted) in Entries(store, scope))
        {
            if (created < scope.From)
                Hold(ref tally, store.Entries, entry, 1);
            if (deleted < scope.From)
                Hold(ref tally, store.Entries, entry, -1);
        }
        return tally;
    }

    private static IEnumerable<(int Entry, long Created, long? Deleted)> Entries(EventStore store, Scope scope)
    {
        for (var entry = 0; entry < store.Entries.Count; entry++)
        {
            if (scope.MatchesEntry(entry))
                yield return (entry, store.Entries.CreatedAt(entry), store.Entries.DeletedAt(entry));
        }
    }

    private static bool In(long time, Scope scope) => time >= scope.From && time < scope.To;

    private static void Hold(ref Tally tally, EntryBook entries, int entry, int sign)
    {
        tally.TotalEntries += sign;
        tally.TotalMsecs += sign * entries.DurationMsecs(entry);
        tally.TotalBytes += sign * entries.StorageBytes(entry);
    }

    private static void Add(ref Tally tally, EntryBook entries, int entry)
    {
        tally.AddedEntries++;
        tally.AddedMsecs += entries.DurationMsecs(entry);
        tally.AddedBytes += entries.StorageBytes(entry);
    }

    private static void Delete(ref Tally tally, EntryBook entries, int entry)
    {
        tally.DeletedEntries++;
        tally.DeletedMsecs += entries.DurationMsecs(entry);
        tally.DeletedBytes += entries.StorageBytes(entry);
    }
}
