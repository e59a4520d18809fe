using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Outbound;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Microservice;
using Etl.Kaltura.Sessions;

namespace Etl.Kaltura;

/// <summary>One account of the service and how to talk to it. Secrets print as <c>***</c>.</summary>
public sealed record KalturaSettings
{
    /// <summary>Default of <see cref="ServiceUrl"/>.</summary>
    public static readonly Uri DefaultServiceUrl = new("https://www.kaltura.com");

    /// <summary>Default of <see cref="MaxConcurrency"/>.</summary>
    public const int DefaultMaxConcurrency = 4;

    /// <summary>Root of the API; https, or http to this machine only.</summary>
    public Uri ServiceUrl { get; init; } = DefaultServiceUrl;

    /// <summary>Account (partner) id, digits.</summary>
    public required string PartnerId { get; init; }

    /// <summary>The account's admin secret; sessions are then made locally unless <see cref="SessionMode"/> says otherwise.</summary>
    public Secret? AdminSecret { get; init; }

    /// <summary>Id of an app token, with <see cref="AppToken"/>.</summary>
    public string? AppTokenId { get; init; }

    /// <summary>The app token's value.</summary>
    public Secret? AppToken { get; init; }

    /// <summary>Hash that the app token was made with; the service's default is SHA1.</summary>
    public AppTokenHash AppTokenHash { get; init; } = AppTokenHash.Sha1;

    /// <summary>A ready-made session: cannot be renewed and takes no further privileges.</summary>
    public Secret? Ks { get; init; }

    /// <summary>User that sessions are made for.</summary>
    public string UserId { get; init; } = "";

    /// <summary>How sessions are made from an admin secret.</summary>
    public SessionMode SessionMode { get; init; } = SessionMode.Local;

    /// <summary>Lifetime asked for new sessions.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(8);

    /// <summary>Requests in flight per account, shared by all sources: more is faster until the service answers ACTION_BLOCKED.</summary>
    public int MaxConcurrency { get; init; } = DefaultMaxConcurrency;

    /// <summary>
    /// Calls a minute per account, of all workers and processes on one ledger together, 1 to 60,000; null for no bound. Less is kinder to a service whose
    /// limits others need too; the service itself answers ACTION_BLOCKED past its own.
    /// </summary>
    public int? CallsPerMinute { get; init; }

    /// <summary>Sent with every call. Constant, because the host that answers may depend on it (wire facts 3.9).</summary>
    public string ClientTag { get; init; } = "etl-kaltura";

    /// <summary>How failed calls are repeated.</summary>
    public RetryPolicy Retry { get; init; } = new();

    /// <summary>Bounds of one exchange.</summary>
    public ExchangeLimits Limits { get; init; } = new();

    /// <summary>Bounds of fetching one report file.</summary>
    public DownloadLimits Downloads { get; init; } = new();

    /// <summary>How background reports are waited for.</summary>
    public MicroserviceLimits Microservice { get; init; } = new();

    /// <summary>Hosts that report files may be fetched from beside the service's own: exact names, without scheme or port.</summary>
    public IReadOnlyList<string> DownloadHosts { get; init; } = [];

    /// <summary>Root of the Reports Microservice, or null.</summary>
    public Uri? ReportsUrl { get; init; }

    /// <summary>Root of the messaging service, or null.</summary>
    public Uri? MessagingUrl { get; init; }

    /// <summary>Root of the event collector, or null.</summary>
    public Uri? AnalyticsUrl { get; init; }

    /// <summary>Reads the settings by their environment names (design: section 7).</summary>
    /// <param name="lookup">Gives a setting, or null.</param>
    /// <param name="needCredential">False for work that asks the service nothing: then no credential has to be set.</param>
    /// <exception cref="EtlException">A setting is missing or malformed; the message names the variable.</exception>
    public static KalturaSettings FromLookup(Func<string, string?> lookup, bool needCredential = true)
    {
        string? Get(string name) => lookup(name) is { } value && value.Trim() is { Length: > 0 } trimmed ? trimmed : null;
        Secret? Hidden(string name) => Get(name) is { } value ? new Secret(value) : null;

        var partner = Get("KALTURA_PARTNER_ID")
            ?? throw Bad("KALTURA_PARTNER_ID is not set. Set it to the account id (a number; in the management console under Settings > Integration).");
        if (!partner.All(char.IsAsciiDigit))
            throw Bad($"KALTURA_PARTNER_ID is '{partner}'; expected digits only.");
        var settings = new KalturaSettings
        {
            PartnerId = partner,
            ServiceUrl = Url("KALTURA_SERVICE_URL", Get("KALTURA_SERVICE_URL")) ?? DefaultServiceUrl,
            ReportsUrl = Url("KALTURA_REPORTS_URL", Get("KALTURA_REPORTS_URL")),
            MessagingUrl = WithoutVersion(Url("KALTURA_MESSAGING_URL", Get("KALTURA_MESSAGING_URL"))),
            AnalyticsUrl = Url("KALTURA_ANALYTICS_URL", Get("KALTURA_ANALYTICS_URL")),
            DownloadHosts = Hosts("KALTURA_DOWNLOAD_HOSTS", Get("KALTURA_DOWNLOAD_HOSTS")),
            AdminSecret = Hidden("KALTURA_ADMIN_SECRET"),
            AppTokenId = Get("KALTURA_APP_TOKEN_ID"),
            AppToken = Hidden("KALTURA_APP_TOKEN"),
            AppTokenHash = Word("KALTURA_APP_TOKEN_HASH", Get("KALTURA_APP_TOKEN_HASH"), AppTokenHash.Sha1),
            Ks = Hidden("KALTURA_KS"),
            UserId = Get("KALTURA_USER_ID") ?? "",
            SessionMode = Word("KALTURA_SESSION_MODE", Get("KALTURA_SESSION_MODE"), SessionMode.Local),
            MaxConcurrency = Count("KALTURA_MAX_CONCURRENCY", Get("KALTURA_MAX_CONCURRENCY"), 64) ?? DefaultMaxConcurrency,
            CallsPerMinute = Count("KALTURA_CALLS_PER_MINUTE", Get("KALTURA_CALLS_PER_MINUTE"), 60_000),
        };
        if (settings.AppToken is null != settings.AppTokenId is null)
            throw Bad($"{(settings.AppToken is null ? "KALTURA_APP_TOKEN" : "KALTURA_APP_TOKEN_ID")} is not set, but its pair is. Set both.");
        if (needCredential && settings.AdminSecret is null && settings.AppToken is null && settings.Ks is null)
            throw Bad("No credential is set. Set KALTURA_ADMIN_SECRET, or KALTURA_APP_TOKEN_ID and KALTURA_APP_TOKEN, or KALTURA_KS (a ready-made session).");
        return settings;
    }

    private static Uri? Url(string name, string? text)
    {
        if (text is null) return null;
        // The value is not repeated: a pasted address may carry a token.
        if (!WebAddress.TryRead(text, out var url))
            throw Bad($"{name} is not an absolute URL. Write it as 'https://www.kaltura.com'.");
        if (url.UserInfo.Length > 0 || url.Query.Length > 0 || url.Fragment.Length > 0)
            throw Bad($"{name} carries a user name, a query or a fragment. Write scheme, host and path only.");
        if (url.Scheme == "http" && !url.IsLoopback)
            throw Bad($"{name} is http to '{url.Host}'; sessions would travel in the clear. Use https (http is allowed to this machine only).");
        return url;
    }

    // The service's own examples set this variable with the version behind the root.
    private static Uri? WithoutVersion(Uri? url) =>
        url?.AbsoluteUri.TrimEnd('/') is { } text && text.EndsWith("/api/v1", StringComparison.Ordinal) ? new Uri(text[..^"/api/v1".Length]) : url;

    // Names of hosts, compared whole: no scheme, port, path or wildcard.
    private static IReadOnlyList<string> Hosts(string name, string? text)
    {
        string[] hosts = text?.Split([',', ' ', ';'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];
        return [.. hosts.Select(h => WebAddress.TryRead($"https://{h}/", out var url) && url.Host.Equals(h, StringComparison.OrdinalIgnoreCase) && Uri.CheckHostName(h) != UriHostNameType.Unknown
            ? url.IdnHost
            : throw Bad($"{name} holds an item that is not the name of a host. Write whole names, separated by commas: 'cdnapi.kaltura.com'."))];
    }

    private static T Word<T>(string name, string? text, T fallback)
        where T : struct, Enum =>
        text is null ? fallback
        : Enum.TryParse<T>(text, ignoreCase: true, out var value) && Enum.IsDefined(value) && !char.IsAsciiDigit(text[0]) ? value
        : throw Bad($"{name} is '{text}'; expected one of {string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant()}.");

    private static int? Count(string name, string? text, int most) =>
        text is null ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 && value <= most ? value
        : throw Bad(string.Create(CultureInfo.InvariantCulture, $"{name} is '{text}'; expected a number from 1 to {most}."));

    private static EtlException Bad(string message) => new(FaultKind.Usage, message) { Code = "settings" };
}
