using Etl.Core.Secrets;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Sessions;

/// <summary>
/// Keeps one session per set of privileges and replaces it ahead of its end. Callers that need a new one at the same
/// time wait for a single making of it.
/// </summary>
internal sealed class SessionCache(ISessionIssuer issuer, SecretMask mask, TimeProvider clock, TimeSpan renewAhead) : ISessionProvider, IDisposable
{
    private readonly Dictionary<string, (Session Session, DateTimeOffset? RenewAt)> _sessions = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _making = new(1, 1);

    public bool CanRenew => issuer.CanIssue;

    public async ValueTask<Session> GetAsync(IReadOnlyList<string> privileges, CancellationToken cancellation)
    {
        var key = string.Join(',', privileges);
        if (Fresh(key) is { } ready) return ready;
        await _making.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (Fresh(key) is { } made) return made;
            var session = await issuer.IssueAsync(privileges, cancellation).ConfigureAwait(false);
            mask.Add(session.Token);
            lock (_sessions) _sessions[key] = (session, RenewAt(session));
            return session;
        }
        finally
        {
            _making.Release();
        }
    }

    public void Drop(Session session)
    {
        if (!CanRenew) return;
        lock (_sessions)
        {
            // By identity: a caller that comes late with the old session must not throw the new one away.
            foreach (var (key, value) in _sessions)
                if (ReferenceEquals(value.Session, session)) _sessions.Remove(key);
        }
    }

    public void Dispose() => _making.Dispose();

    private Session? Fresh(string key)
    {
        lock (_sessions)
        {
            return _sessions.TryGetValue(key, out var known) && (known.RenewAt is not { } at || clock.GetUtcNow() < at) ? known.Session : null;
        }
    }

    // A session that the service gave a short life is kept for nine tenths of it, or each call would ask for another.
    private DateTimeOffset? RenewAt(Session session)
    {
        if (session.ExpiresAt is not { } end) return null;
        var life = end - clock.GetUtcNow();
        return end - (life / 10 < renewAhead ? life / 10 : renewAhead);
    }
}
