namespace Etl.Sandbox.Events;

/// <summary>How the past changes.</summary>
internal enum RestatementKind
{
    /// <summary>Events that arrive late: every <see cref="Restatement.Every"/>th session counts twice.</summary>
    Late,

    /// <summary>Events that are withdrawn: every <see cref="Restatement.Every"/>th session disappears.</summary>
    Withdrawn,

    /// <summary>Nothing is left of the range.</summary>
    Emptied,
}

/// <summary>A change of the sessions in [From, To), of one entry or of all.</summary>
internal sealed record Restatement(RestatementKind Kind, long From, long To, string? Entry = null, int Every = 10)
{
    /// <summary>A new array with the change applied; the old one is not touched.</summary>
    public PlaybackEvent[] Apply(PlaybackEvent[] events, EntryBook entries)
    {
        var entry = Entry is null ? -1 : entries.Find(Entry);
        if (Entry is not null && entry < 0)
            return events;
        var result = new List<PlaybackEvent>(events.Length);
        var hit = 0;
        foreach (var session in events)
        {
            var inRange = session.Time >= From && session.Time < To && (entry < 0 || session.Entry == entry);
            var chosen = inRange && (Kind == RestatementKind.Emptied || hit++ % Math.Max(1, Every) == 0);
            if (!chosen || Kind == RestatementKind.Late)
                result.Add(session);
            if (chosen && Kind == RestatementKind.Late)
                result.Add(session);
        }
        return [.. result];
    }
}
