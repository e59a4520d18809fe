using Etl.Core.Outbound;
using Etl.Core.Raw;
using Etl.Core.Secrets;
using Etl.Kaltura;
using Etl.Landing.Audit;

namespace Etl.Cli.Composition;

/// <summary>What audit snapshots need to know of this host.</summary>
internal static class AuditParts
{
    /// <summary>Settings that hold credentials, whichever of them are in use: none of their values may get into a log.</summary>
    private static readonly string[] s_secrets = ["KALTURA_ADMIN_SECRET", "KALTURA_APP_TOKEN", "KALTURA_KS"];

    /// <summary>The host, from settings that may not be there: who lands nothing needs none.</summary>
    public static AuditHost HostOf(Func<string, string?> settings, IRawStore raw) => new()
    {
        Raw = raw,
        Tenant = settings("KALTURA_PARTNER_ID")?.Trim() ?? "",
        Service = (WebAddress.TryRead(settings("KALTURA_SERVICE_URL")?.Trim(), out var url) ? url : KalturaSettings.DefaultServiceUrl).Authority,
        Packages = Packages,
        Secrets = [.. s_secrets.Select(settings).OfType<string>().Select(s => s.Trim()).Where(s => s.Length > 0).Select(s => new Secret(s))],
    };

    /// <summary>The package set of this build.</summary>
    public static string Packages =>
#if FULL
        "full";
#else
        "portable";
#endif
}
