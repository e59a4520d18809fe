using System.Collections.Concurrent;

namespace Etl.Server.Who;

/// <summary>Logins that were ended by logging out, until they would have ended by themselves: a copy of such a cookie opens nothing on this server.</summary>
internal sealed class EndedLogins(TimeProvider time)
{
    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new(StringComparer.Ordinal);

    public void Add(string session)
    {
        var now = time.GetUtcNow();
        foreach (var (old, until) in _ended)
            if (until < now) _ended.TryRemove(old, out _);
        _ended[session] = now + Schemes.LoginLasts;
    }

    public bool Has(string session) => _ended.ContainsKey(session);
}
