using System.Collections.Concurrent;

namespace Etl.Server.Who;

/// <summary>
/// Slows down who guesses passwords: after <see cref="Free"/> failures for one name, or ten times as many from one address, every further try
/// has to wait, twice as long each time up to a quarter of an hour. What is right in between forgets the failures of the name; time forgets all.
/// </summary>
internal sealed class LoginThrottle(TimeProvider time)
{
    /// <summary>Failures that cost nothing.</summary>
    public const int Free = 5;

    private const int Most = 10_000;
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(2), s_longest = TimeSpan.FromMinutes(15), s_forgotten = 2 * s_longest, s_pruneEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, Tries> _counts = new(StringComparer.Ordinal);
    private DateTimeOffset _pruned;

    /// <summary>Names and addresses that are remembered.</summary>
    public int Remembered => _counts.Count;

    /// <summary>How long a try has to wait; zero when it may go on.</summary>
    public TimeSpan Wait(string name, string address)
    {
        var now = time.GetUtcNow();
        var until = new[] { Key(name), Address(address) }.Max(k => _counts.TryGetValue(k, out var count) ? count.Until : default);
        return until > now ? until - now : TimeSpan.Zero;
    }

    public void Failed(string name, string address)
    {
        Add(Key(name), Free);
        Add(Address(address), 10 * Free);
    }

    public void Succeeded(string name) => _counts.TryRemove(Key(name), out _);

    private static string Key(string name) => "name " + name;

    private static string Address(string address) => "from " + address;

    private void Add(string key, int free)
    {
        var now = time.GetUtcNow();
        Prune(now);
        // Still full: somebody makes up names by the thousand. Their address is what is counted then.
        if (_counts.Count >= Most && !_counts.ContainsKey(key)) return;
        _counts.AddOrUpdate(key, _ => Next(default), (_, before) => Next(before));

        Tries Next(Tries before)
        {
            var failures = before.Last + s_forgotten < now ? 1 : before.Failures + 1;
            var over = Math.Min(failures - free, 20);
            var wait = over < 0 ? TimeSpan.Zero : TimeSpan.FromTicks(Math.Min(s_longest.Ticks, s_first.Ticks << over));
            return new Tries(failures, now, now + wait);
        }
    }

    private void Prune(DateTimeOffset now)
    {
        if (now - _pruned < s_pruneEvery) return;
        _pruned = now;
        foreach (var (old, count) in _counts)
            if (count.Last + s_forgotten < now) _counts.TryRemove(old, out _);
    }

    private readonly record struct Tries(int Failures, DateTimeOffset Last, DateTimeOffset Until);
}
