using System.Globalization;
using Etl.Sandbox.Accounts;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Collect;

/// <summary>
/// Takes events by both APIs (wire facts 6, guides of the events): checks them as the service does, keeps them, and hands them to the account that
/// they name. An event of an account that is not here is kept all the same, as the service checks neither account nor entry.
/// </summary>
internal sealed class Collector : IAsyncDisposable
{
    private const int LastStatsType = 40;

    // Said beside the event; they are no part of it.
    private static readonly string[] OfRequest = ["service", "action", "ks", "format", "callback", "ignoreNull", "nocache", "apiVersion", "language", "responseProfile"];

    // The guides ask for these five in one breath; the service names the first that is missing.
    private static readonly string[] RequiredOfStats = ["partnerId", "entryId", "eventType", "sessionId", "eventTimestamp"];

    private static readonly string[] RequiredOfTrack = ["eventType", "partnerId"];

    private readonly AccountBook _accounts;
    private readonly TimeProvider _clock;
    private readonly List<string> _notices = [];

    /// <exception cref="IOException">The data folder cannot be used.</exception>
    public Collector(AccountBook accounts, SandboxOptions options)
    {
        (_accounts, _clock) = (accounts, options.Clock);
        Log = EventLog.Open(options.DataFolder, options.Clock.GetUtcNow, Hand, _notices.Add);
        foreach (var account in accounts.All)
            account.Events.Log = Log;
    }

    /// <summary>What was received.</summary>
    public EventLog Log { get; }

    /// <summary>Sentences about what was repaired when the log was opened.</summary>
    public IReadOnlyList<string> Notices => _notices;

    /// <summary>True for the actions that are answered here.</summary>
    public static bool Takes(string service, string action) => (service, action) is ("stats", "collect") or ("stats", "kmccollect") || IsTracking(service, action);

    /// <summary>True for the action of the tracking host.</summary>
    public static bool IsTracking(string service, string action) => (service, action) is ("analytics", "trackevent");

    /// <summary>
    /// Runs the action; <paramref name="open"/> opens the session token, if one was sent. The answer may go out when
    /// <see cref="Caller.Kept"/> is done.
    /// </summary>
    public object? Run(string service, string action, ParamNode call, Func<KalturaSession?> open, Caller caller) => (service, action) switch
    {
        ("stats", "collect") => Stats(call, open(), caller),
        ("stats", _) => null,
        _ => Track(call, open, caller),
    };

    public ValueTask DisposeAsync() => Log.DisposeAsync();

    /// <summary><c>true</c> where the server keeps a log on disk, <c>null</c> where it has no path for one.</summary>
    private bool? Stats(ParamNode call, KalturaSession? session, Caller caller)
    {
        if (call["event"] is not { IsMap: true } sent)
            throw ApiException.Missing("event");
        foreach (var (name, value) in sent.Children)
        {
            if (value.Text is { } text && !PhpCast.IsXmlText(text))
                throw ApiException.BadCharacter(name);
        }
        foreach (var name in RequiredOfStats)
        {
            if (sent.TextOf(name) is not { Length: > 0 })
                throw ApiException.NullProperty("KalturaStatsEvent", name);
        }
        var typed = sent.TextOf("eventType")!;
        if (!long.TryParse(typed, NumberStyles.None, CultureInfo.InvariantCulture, out var type) || type is < 1 or > LastStatsType)
            throw ApiException.Enum(typed, "eventType", "KalturaStatsEventType");
        Keep(EventApi.Stats, sent, type, session, caller);
        return Log.IsOnDisk ? true : null;
    }

    /// <summary>
    /// Fails by HTTP status: 400 without eventType or partnerId, 401 for a token that is not valid. Otherwise the time, as a bare number to GET and
    /// in an object to POST: the two forms that the public player reads.
    /// </summary>
    private TrackAnswer Track(ParamNode call, Func<KalturaSession?> open, Caller caller)
    {
        var missing = RequiredOfTrack.FirstOrDefault(name => call.TextOf(name) is not { Length: > 0 });
        if (missing is not null)
            return Refuse(400, ApiException.Missing(missing));
        KalturaSession? session;
        try
        {
            session = open();
        }
        catch (ApiException error)
        {
            return Refuse(401, error);
        }
        Keep(EventApi.Track, call, PhpCast.ToInt(call.TextOf("eventType")), session, caller);
        var now = _clock.GetUtcNow().ToUnixTimeSeconds();
        return caller.IsGet
            ? new TrackAnswer(200, "text/plain; charset=utf-8", now.ToString(CultureInfo.InvariantCulture))
            : new TrackAnswer(200, "application/json", string.Create(CultureInfo.InvariantCulture, $"{{\"time\":{now},\"viewEventsEnabled\":true}}"));
    }

    private static TrackAnswer Refuse(int status, ApiException error) => new(status, "application/json", JsonSerializer.Serialize(error.ToReply()));

    private void Keep(EventApi api, ParamNode sent, long type, KalturaSession? session, Caller caller)
    {
        var parameters = new List<KeyValuePair<string, string>>();
        foreach (var (name, value) in sent.Children)
        {
            if (value.Text is { } text && Array.IndexOf(OfRequest, name) < 0)
                parameters.Add(new(name, text));
        }
        var (address, agent) = (caller.Address, caller.UserAgent);
        caller.Await(Log.AddAsync(at => new CollectedEvent
        {
            At = at,
            Api = api,
            PartnerId = PhpCast.ToInt(sent.TextOf("partnerId")),
            Type = type,
            Address = address,
            UserAgent = agent,
            SessionUser = session?.UserId ?? "",
            SessionApplication = Privilege(session, "appid"),
            SessionEvent = Privilege(session, "virtualeventid"),
            Parameters = parameters,
        }));
    }

    // Names of privileges come in any case.
    private static string Privilege(KalturaSession? session, string name) =>
        session?.Privileges.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Value ?? "";

    private void Hand(long number, CollectedEvent item) => _accounts.Find(item.PartnerId)?.Receive(number, item);
}
