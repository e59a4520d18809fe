using Etl.Core.Secrets;
using Etl.Server.Doors;
using Etl.Server.Who;

namespace Etl.Server;

/// <summary>Where the web server listens, and for whom.</summary>
public sealed record StatusServerOptions
{
    /// <summary>Names the hosts under which the server may be asked besides this machine's own, parted by commas.</summary>
    public const string HostsSetting = "ETL_HOSTS";

    /// <summary>Names the reverse proxies that are believed who asks them, as addresses or networks parted by commas.</summary>
    public const string ProxiesSetting = "ETL_PROXIES";

    /// <summary>Names the certificate for https: a PKCS#12 file, or a PEM file beside its key.</summary>
    public const string CertificateSetting = "ETL_CERTIFICATE";

    /// <summary>Names the PEM file of the certificate's key.</summary>
    public const string CertificateKeySetting = "ETL_CERTIFICATE_KEY";

    /// <summary>The password of the certificate's file.</summary>
    public const string CertificatePasswordSetting = "ETL_CERTIFICATE_PASSWORD";

    /// <summary><c>open</c> shows the metrics to anybody.</summary>
    public const string MetricsSetting = "ETL_METRICS";

    /// <summary>Default of <see cref="Urls"/>: this machine only.</summary>
    public static readonly Uri DefaultUrl = new("http://127.0.0.1:8080");

    /// <summary>Addresses to listen at; port 0 takes a free one.</summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [DefaultUrl];

    /// <summary>The data folder: users and the keys of cookies are kept in its subfolder <c>server</c>.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Host names under which the server may be asked, besides <c>localhost</c>, <c>127.0.0.1</c> and <c>[::1]</c>.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Reverse proxies: addresses (<c>10.0.0.4</c>) or networks (<c>10.0.0.0/24</c>). Others that say for whom they ask are not believed.</summary>
    public IReadOnlyList<string> Proxies { get; init; } = [];

    /// <summary>Users besides those of the file, as <see cref="Users"/> reads them; null for none.</summary>
    public string? Users { get; init; }

    /// <summary>True to show the metrics to anybody who reaches the server.</summary>
    public bool AreMetricsOpen { get; init; }

    /// <summary>The certificate's file, its key's file and password; null where https is not spoken here.</summary>
    public (string File, string? KeyFile, Secret? Password)? Certificate { get; init; }

    /// <summary>Login by OpenID Connect; null for names and passwords only.</summary>
    public OpenIdSettings? OpenId { get; init; }

    /// <summary>How long an event stream is silent at most; also how soon a listener who may not listen any more is let go.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>What others hang into the server: a scheduler's dashboard, webhooks.</summary>
    public IReadOnlyList<Action<IEndpointRouteBuilder>> Extensions { get; init; } = [];

    /// <summary>Takes a sentence for the log; from several threads.</summary>
    public Action<string> Say { get; init; } = _ => { };

    /// <summary>Where the users of a data folder are kept: for <see cref="Who.Users.Put"/>.</summary>
    public static string UsersFolder(string dataFolder) => ServerFolder.In(dataFolder);

    /// <summary>True when only this machine can ask: nothing listens elsewhere and no proxy stands in front.</summary>
    internal bool IsLocalOnly => Urls.All(u => HostNames.IsLoopback(u.Host)) && Hosts.All(HostNames.IsLoopback) && Proxies.Count == 0;

    /// <summary>Reads the settings of a server.</summary>
    /// <param name="urls">Addresses to listen at.</param>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="find">Finds a setting by its name, or null.</param>
    /// <param name="say">Takes a sentence for the log.</param>
    public static StatusServerOptions FromSettings(IReadOnlyList<Uri> urls, string dataFolder, Func<string, string?> find, Action<string> say) => new()
    {
        Urls = urls,
        DataFolder = dataFolder,
        Hosts = List(find(HostsSetting)),
        Proxies = List(find(ProxiesSetting)),
        Users = find(Who.Users.Setting),
        AreMetricsOpen = find(MetricsSetting) == "open",
        Certificate = find(CertificateSetting) is { } file
            ? (file, find(CertificateKeySetting), find(CertificatePasswordSetting) is { } password ? new Secret(password) : null)
            : null,
        OpenId = OpenIdSettings.Find(find),
        Say = say,
    };

    private static string[] List(string? text) => text?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
