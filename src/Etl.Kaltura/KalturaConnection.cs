using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Raw;
using Etl.Kaltura.Sessions;

namespace Etl.Kaltura;

/// <summary>
/// Everything that is shared by all sources of one account's settings: connections, sessions, the bound of requests in
/// flight. One per process and settings; dispose at the end. Makes no call before it is used.
/// </summary>
public sealed class KalturaConnection : IDisposable
{
    /// <summary>A session is replaced this long before its end, or after nine tenths of a short life.</summary>
    private static readonly TimeSpan s_renewAhead = TimeSpan.FromMinutes(5);

    private readonly HttpTransport? _http;
    private readonly SessionCache _sessions;
    private readonly UserSessions? _users;
    private readonly DownloadClient? _downloads;

    /// <summary>Makes the connection.</summary>
    /// <param name="settings">Account and limits.</param>
    /// <param name="clock">Clock of waits and sessions; null for the system's.</param>
    /// <param name="budget">The budget that is shared with other workers; null for a process on its own.</param>
    public KalturaConnection(KalturaSettings settings, TimeProvider? clock = null, ICallBudget? budget = null)
        : this(settings, clock ?? TimeProvider.System, transport: null, random: null, budget)
    {
    }

    internal KalturaConnection(KalturaSettings settings, TimeProvider clock, IKalturaTransport? transport, Func<double>? random, ICallBudget? budget = null)
    {
        (Settings, Clock) = (settings, clock);
        var mask = MaskOf(settings);
        transport ??= new TracedTransport(_http = new HttpTransport(settings, mask, clock));
        Retry = new RetryRunner(settings.Retry, clock, random);
        var calls = new SessionCalls(transport, Retry, mask);
        _sessions = new SessionCache(Issuer(settings, calls, clock), mask, clock, s_renewAhead);
        _users = new UserSessions(_sessions, user => new SessionCache(Issuer(settings with { UserId = user }, calls, clock), mask, clock, s_renewAhead));
        Api = new KalturaApiClient(transport, _sessions, Retry, mask, Gate(settings, clock, budget));
        Shelf = new AnswerShelf(clock);
        _downloads = new DownloadClient(settings.Downloads, clock);
        Files = new FileDownload(_downloads, settings.Downloads, Retry, mask, clock);
    }

    private KalturaConnection(KalturaSettings settings, IRawRecording recorded)
    {
        (Settings, Clock) = (settings, new ReplayClock(recorded.Head.PulledAt));
        var mask = MaskOf(settings);
        var recording = new Recording(recorded);
        Retry = new RetryRunner(settings.Retry, Clock);
        _sessions = new SessionCache(new ReplayIssuer(), mask, Clock, s_renewAhead);
        Api = new KalturaApiClient(new RecordedTransport(recording, mask), _sessions, Retry, mask, Gate(settings, Clock, budget: null));
        Files = new RecordedFiles(recording);
        Shelf = new AnswerShelf(Clock);
        foreach (var (request, body) in recording.Shelved()) Shelf.Put(recorded.Head.Key, request, body);
    }

    /// <summary>A connection for one pull that answers from its recording: it opens no socket, waits for nobody and needs no credential.</summary>
    /// <param name="settings">Those that the pull had, credentials left out.</param>
    /// <param name="recording">The recorded pull.</param>
    /// <exception cref="EtlException">The recording is damaged.</exception>
    public static KalturaConnection Over(KalturaSettings settings, IRawRecording recording) => new(settings, recording);

    /// <summary>The settings.</summary>
    public KalturaSettings Settings { get; }

    internal TimeProvider Clock { get; }
    internal RetryRunner Retry { get; }
    internal KalturaApiClient Api { get; }
    internal AnswerShelf Shelf { get; }
    internal IReportFiles Files { get; }
    internal ISessionProvider Sessions => _sessions;

    /// <summary>Sessions of a named user; the configured user's for none.</summary>
    internal ISessionProvider SessionsOf(string? user) => _users?.Of(user) ?? _sessions;

    /// <summary>The account to name in a call: none for the session's own.</summary>
    internal string? ActAs(string account) => account == Settings.PartnerId ? null : account;

    /// <summary>Asks the service about the session in use: proves that address and credentials work.</summary>
    public Task<SessionDescription> DescribeSessionAsync(CancellationToken cancellation)
    {
        var request = new ApiRequest("session", "get", []);
        return Api.CallAsync(request, Settings.PartnerId, [],
            (body, token) => SessionCalls.ReadAsync(request.What, body, Api.Mask, SessionDescription.Of, token), new CallMeter(), cancellation);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _http?.Dispose();
        Api.Dispose();
        _downloads?.Dispose();
        _users?.Dispose();
        _sessions.Dispose();
    }

    private static Func<string, IAccountGate> Gate(KalturaSettings settings, TimeProvider clock, ICallBudget? budget) => account =>
        budget is null ? new AccountGate(settings.MaxConcurrency) : new SharedGate(new AccountGate(settings.MaxConcurrency), account, budget, settings.CallsPerMinute, clock);

    private static SecretMask MaskOf(KalturaSettings settings) => new(settings.AdminSecret, settings.AppToken, settings.Ks);

    // What can be renewed comes first.
    private static ISessionIssuer Issuer(KalturaSettings s, SessionCalls calls, TimeProvider clock) => s switch
    {
        { AdminSecret: { } secret, SessionMode: SessionMode.Start } => new StartIssuer(calls, s.PartnerId, secret, s.UserId, s.SessionLifetime, clock),
        { AdminSecret: { } secret } => new LocalIssuer(s.PartnerId, secret, s.UserId, s.SessionLifetime, clock),
        { AppToken: { } token, AppTokenId: { } id } => new AppTokenIssuer(calls, s.PartnerId, id, token, s.AppTokenHash, s.UserId, s.SessionLifetime, clock),
        { Ks: { } ks } => new ReadyMadeIssuer(ks),
        _ => new NoIssuer(),
    };
}
