using Etl.Sandbox.Events;

namespace Etl.Sandbox.Engine;

/// <summary>True when the event counts.</summary>
internal delegate bool EventTest(in PlaybackEvent session);

/// <summary>True when the entry counts.</summary>
internal delegate bool EntryTest(int entry);

/// <summary>The time range and the conditions of a query.</summary>
internal sealed record Scope(long From, long To, IReadOnlyList<EventTest> EventTests, IReadOnlyList<EntryTest> EntryTests, bool Nothing)
{
    public bool Matches(in PlaybackEvent session)
    {
        if (session.Time < From || session.Time >= To)
            return false;
        foreach (var test in EventTests)
        {
            if (!test(session))
                return false;
        }
        return MatchesEntry(session.Entry);
    }

    public bool MatchesEntry(int entry)
    {
        foreach (var test in EntryTests)
        {
            if (!test(entry))
                return false;
        }
        return true;
    }
}

/// <summary>Adds events (and entry creations) up per group: the one engine behind every number that the sandbox prints.</summary>
internal sealed class Aggregator(EventStore store, Grouping grouping, Distinct distinct)
{
    private readonly Dictionary<long, int> _sparse = [];
    private readonly int[] _dense = grouping.Domain > 0 ? new int[grouping.Domain] : [];
    private readonly List<long> _keys = [];
    private readonly TallyList _tallies = new();
    private readonly PairSet _knownUsers = new();
    private readonly PairSet _viewers = new();
    private readonly PairSet _videos = new();
    private readonly PairSet _played = new();
    private readonly PairSet _owners = new();
    private readonly PairSet _union = new();
    private readonly PairSet _contributors = new();

    public int Groups => _keys.Count;

    public long Key(int group) => _keys[group];

    public ref Tally Tally(int group) => ref _tallies[group];

    /// <summary>Makes sure that a group exists, for buckets that are shown although nothing happened in them.</summary>
    public int Touch(long key) => GroupOf(key);

    /// <summary>Adds what was counted elsewhere; <paramref name="keyOf"/> gives the key here of a key there.</summary>
    public void Add(Aggregator other, Func<long, long> keyOf)
    {
        for (var group = 0; group < other.Groups; group++)
            Tally(GroupOf(keyOf(other.Key(group)))).Add(other.Tally(group));
    }

    /// <summary>Adds the player events of the scope.</summary>
    public void AddEvents(Scope scope)
    {
        if (scope.Nothing)
            return;
        foreach (var day in store.DaysIn(scope.From, scope.To))
        {
            foreach (ref readonly var session in day.AsSpan())
            {
                if (scope.Matches(session))
                    Add(session);
            }
        }
    }

    /// <summary>Adds the entries that were created in the scope's range.</summary>
    public void AddCreations(Scope scope)
    {
        if (scope.Nothing)
            return;
        for (var entry = 0; entry < store.Entries.Count; entry++)
        {
            var created = store.Entries.CreatedAt(entry);
            if (created >= scope.From && created < scope.To && scope.MatchesEntry(entry))
                AddCreation(entry);
        }
    }

    /// <summary>The highest values over all groups.</summary>
    public Maxima FindMaxima()
    {
        var maxima = default(Maxima);
        for (var group = 0; group < Groups; group++)
        {
            ref var tally = ref _tallies[group];
            maxima.Plays = Math.Max(maxima.Plays, tally.Plays);
            maxima.KnownUsers = Math.Max(maxima.KnownUsers, tally.KnownUsers);
            maxima.CompletionRate = Math.Max(maxima.CompletionRate, Metrics.CompletionRate(tally));
            maxima.AddedEntries = Math.Max(maxima.AddedEntries, tally.AddedEntries);
            maxima.AddedMsecs = Math.Max(maxima.AddedMsecs, tally.AddedMsecs);
        }
        return maxima;
    }

    private int GroupOf(long key)
    {
        // Events may bring entries and users while a query runs: those are beyond the domain that it began with.
        if (key >= 0 && key < _dense.Length)
        {
            ref var slot = ref _dense[key];
            if (slot == 0)
            {
                _keys.Add(key);
                slot = _tallies.Add() + 1;
            }
            return slot - 1;
        }
        if (!_sparse.TryGetValue(key, out var group))
        {
            _keys.Add(key);
            _sparse[key] = group = _tallies.Add();
        }
        return group;
    }

    private void Add(in PlaybackEvent session)
    {
        var group = GroupOf(grouping.KeyOf(session));
        ref var tally = ref _tallies[group];
        tally.Sessions++;
        tally.Loads += session.Loads;
        // An hour that goes on with what began before has no play of its own.
        if (session.Plays > 0 || session.Quartiles != 0 || session.Heartbeats > 0)
            AddPlay(ref tally, session);
        if (session.Clicks != 0)
            AddClicks(ref tally, session);
        if (distinct != Distinct.None)
            AddDistinct(ref tally, group, session);
    }

    private void AddPlay(ref Tally tally, in PlaybackEvent session)
    {
        tally.Plays += session.Plays;
        tally.Plays25 += session.Quartiles & 1;
        tally.Plays50 += session.Quartiles >> 1 & 1;
        tally.Plays75 += session.Quartiles >> 2 & 1;
        tally.Plays100 += session.Quartiles >> 3 & 1;
        tally.QuartileMsecs += System.Numerics.BitOperations.PopCount(session.Quartiles) * (store.Entries.WatchableMsecs(session.Entry) / 4);
        tally.Heartbeats += session.Heartbeats;
        tally.Percentiles += session.Percentiles;
    }

    private static void AddClicks(ref Tally tally, in PlaybackEvent session)
    {
        tally.Edits += session.ClicksOf(Button.Edit);
        tally.Shares += session.ClicksOf(Button.Share);
        tally.Downloads += session.ClicksOf(Button.Download);
        tally.Reports += session.ClicksOf(Button.Report);
        tally.ReportsSubmitted += session.ClicksOf(Button.ReportSubmitted);
        tally.Captions += session.ClicksOf(Button.Captions);
        tally.Infos += session.ClicksOf(Button.Info);
        tally.Related += session.ClicksOf(Button.Related);
    }

    private void AddDistinct(ref Tally tally, int group, in PlaybackEvent session)
    {
        if ((distinct & Distinct.KnownUsers) != 0 && session.User >= 0 && _knownUsers.Add(group, (uint)session.User))
            tally.KnownUsers++;
        if ((distinct & Distinct.Videos) != 0 && _videos.Add(group, (uint)session.Entry))
            tally.Videos++;
        if ((distinct & Distinct.Owners) != 0 && _owners.Add(group, (uint)store.Entries.Owner(session.Entry)))
            tally.Owners++;
        if (session.Plays == 0)
            return;
        if ((distinct & Distinct.Viewers) != 0 && _viewers.Add(group, session.Viewer))
            tally.Viewers++;
        if ((distinct & Distinct.PlayedVideos) != 0 && _played.Add(group, (uint)session.Entry))
            tally.PlayedVideos++;
        if ((distinct & Distinct.Union) != 0)
            AddUnion(ref tally, group, session);
    }

    /// <summary>Viewing starts at the beginning, so the union of what anybody saw is the longest session.</summary>
    private void AddUnion(ref Tally tally, int group, in PlaybackEvent session)
    {
        if (session.Kind != PlaybackKind.Vod)
            return;
        ref var seen = ref _union.Slot(group, (uint)session.Entry, out var isNew);
        if (isNew)
            tally.UnionVideos++;
        if (session.Percentiles > seen)
        {
            tally.UnionPercentiles += session.Percentiles - seen;
            seen = session.Percentiles;
        }
    }

    private void AddCreation(int entry)
    {
        var entries = store.Entries;
        var group = GroupOf(grouping.KeyOfEntry(entry));
        ref var tally = ref _tallies[group];
        tally.AddedEntries++;
        tally.AddedMsecs += entries.DurationMsecs(entry);
        switch (entries.MediaType(entry))
        {
            case 2: tally.AddedImage++; break;
            case 5: tally.AddedAudio++; break;
            default: tally.AddedVideo++; break;
        }
        tally.AddedByAdmin += store.Users.IsAdmin(entries.Owner(entry)) ? 1 : 0;
        if ((distinct & Distinct.Contributors) != 0 && _contributors.Add(group, (uint)entries.Owner(entry)))
            tally.Contributors++;
    }
}
