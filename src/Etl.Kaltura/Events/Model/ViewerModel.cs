using System.Globalization;

namespace Etl.Kaltura.Events.Model;

/// <summary>What simulated viewers watch, and who they are.</summary>
public sealed record ViewerModelOptions
{
    /// <summary>API that their events are for.</summary>
    public required EventApi Api { get; init; }

    /// <summary>Account number.</summary>
    public required string PartnerId { get; init; }

    /// <summary>Entry that is played.</summary>
    public required string EntryId { get; init; }

    /// <summary>Length of the entry.</summary>
    public required TimeSpan Duration { get; init; }

    /// <summary>Viewers; each plays once, or again after a replay. They begin within one length of the entry.</summary>
    public int Viewers { get; init; } = 50;

    /// <summary>Same seed, label and options: same events at the same times.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Begins every session id and user id. Two runs that are to count as different sessions need different labels.</summary>
    public string Label { get; init; } = "viewer";

    /// <summary>Privileges of the sending sessions.</summary>
    public IReadOnlyList<string> Privileges { get; init; } = [];

    /// <summary>Further parameters of every event.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Common { get; init; } = [];
}

/// <summary>An event and when it happens, from the start of the model.</summary>
/// <param name="At">Time on the model's clock.</param>
/// <param name="Event">The event.</param>
public sealed record TimedEvent(TimeSpan At, KalturaEvent Event);

/// <summary>
/// Viewers by a seeded model: some leave before or during playback, some pause, move the playhead, stall, share, or play it again. Playback comes in whole
/// seconds. Every event is one that <see cref="EventSession"/> allows.
/// </summary>
public static class ViewerModel
{
    private static readonly DateTimeOffset s_begin = DateTimeOffset.UnixEpoch.AddYears(50);

    /// <summary>The events of all viewers in the order of time; of one viewer in the order of the session. Holds no more than one step per viewer in memory.</summary>
    public static IEnumerable<TimedEvent> Play(ViewerModelOptions options)
    {
        var next = new PriorityQueue<IEnumerator<TimedEvent>, (TimeSpan, int)>();
        var of = new Dictionary<IEnumerator<TimedEvent>, int>();
        for (var viewer = 0; viewer < options.Viewers; viewer++)
        {
            var events = Viewer(options, viewer).GetEnumerator();
            if (!events.MoveNext()) continue;
            of[events] = viewer;
            next.Enqueue(events, (events.Current.At, viewer));
        }
        while (next.TryDequeue(out var events, out _))
        {
            yield return events.Current;
            if (events.MoveNext()) next.Enqueue(events, (events.Current.At, of[events]));
        }
    }

    private static IEnumerable<TimedEvent> Viewer(ViewerModelOptions options, int viewer)
    {
        // A stream of its own: the number of viewers does not change what one of them does.
        var random = new Random(unchecked(options.Seed * 7_919 + viewer));
        var name = string.Create(CultureInfo.InvariantCulture, $"{options.Label}-{viewer:0000}");
        var clock = new ModelClock(s_begin + TimeSpan.FromSeconds(random.Next((int)Math.Max(1, options.Duration.TotalSeconds))));
        EventSession? session = null;
        for (var playback = 1; playback <= 3; playback++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{playback}");
            session = session?.Next(id) ?? new EventSession(options.Api, new EventSessionOptions
            {
                PartnerId = options.PartnerId, EntryId = options.EntryId, Duration = options.Duration, SessionId = id, UserId = name,
                Privileges = options.Privileges, Common = options.Common,
            }, clock);
            var isReplayed = false;
            foreach (var e in Playback(session, options, clock, random))
            {
                isReplayed |= e.Type.Name.StartsWith("REPLAY", StringComparison.Ordinal);
                yield return new TimedEvent(clock.GetUtcNow() - s_begin, e);
            }
            if (!isReplayed) yield break;
        }
    }

    private static IEnumerable<KalturaEvent> Playback(EventSession session, ViewerModelOptions options, ModelClock clock, Random random)
    {
        foreach (var e in session.Load()) yield return e;
        clock.Wait(random.Next(1, 20));
        // One in ten only looks.
        if (random.Next(10) == 0) yield break;
        foreach (var e in session.Play()) yield return e;
        var length = (int)Math.Ceiling(options.Duration.TotalSeconds);
        while (true)
        {
            for (var run = 1 + random.Next(Math.Max(1, length / 3)); run > 0 && !session.IsEnded; run--)
            {
                clock.Wait(1);
                foreach (var e in session.Advance(TimeSpan.FromSeconds(1))) yield return e;
            }
            if (session.IsEnded)
            {
                if (random.Next(10) == 0)
                    foreach (var e in session.Replay()) yield return e;
                yield break;
            }
            switch (random.Next(20))
            {
                case < 5:
                    foreach (var e in session.Pause()) yield return e;
                    clock.Wait(random.Next(5, 120));
                    foreach (var e in session.Resume()) yield return e;
                    break;
                case < 9:
                    foreach (var e in session.SeekTo(TimeSpan.FromSeconds(random.Next(length)))) yield return e;
                    break;
                case < 11:
                    foreach (var e in session.BufferStart()) yield return e;
                    clock.Wait(random.Next(1, 6));
                    foreach (var e in session.BufferEnd()) yield return e;
                    break;
                case < 12:
                    foreach (var e in session.Share()) yield return e;
                    break;
                case < 14:
                    // Left without a word, as viewers do.
                    yield break;
            }
        }
    }

    private sealed class ModelClock(DateTimeOffset now) : TimeProvider
    {
        private DateTimeOffset _now = now;

        public override DateTimeOffset GetUtcNow() => _now;

        public void Wait(int seconds) => _now += TimeSpan.FromSeconds(seconds);
    }
}
