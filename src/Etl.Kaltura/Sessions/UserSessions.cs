namespace Etl.Kaltura.Sessions;

/// <summary>Sessions per user, for events that are sent in the name of many. Safe for concurrent use.</summary>
internal sealed class UserSessions(ISessionProvider own, Func<string, SessionCache> make) : IDisposable
{
    // A session of 10,000 users is about 5 MB; more users are served as well, their sessions are made again.
    private const int MaxUsers = 10_000;

    private readonly Dictionary<string, SessionCache> _users = new(StringComparer.Ordinal);

    public ISessionProvider Of(string? user)
    {
        if (user is null) return own;
        lock (_users)
        {
            if (_users.TryGetValue(user, out var known)) return known;
            // Not disposed: a caller may hold one of them yet, and it keeps nothing but memory.
            if (_users.Count >= MaxUsers) _users.Clear();
            return _users[user] = make(user);
        }
    }

    public void Dispose()
    {
        lock (_users)
        {
            foreach (var sessions in _users.Values) sessions.Dispose();
        }
    }
}
