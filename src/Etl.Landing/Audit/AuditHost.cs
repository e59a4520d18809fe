using Etl.Core.Raw;
using Etl.Core.Secrets;

namespace Etl.Landing.Audit;

/// <summary>What audit snapshots say of the installation that makes them, and what they must never hold.</summary>
public sealed record AuditHost
{
    /// <summary>Where raw replies are kept until a snapshot takes them.</summary>
    public required IRawStore Raw { get; init; }

    /// <summary>The account whose credentials are used, as the service numbers it; empty when none is configured.</summary>
    public string Tenant { get; init; } = "";

    /// <summary>Host of the service, without path.</summary>
    public string Service { get; init; } = "";

    /// <summary>Name of the package set of this build.</summary>
    public string Packages { get; init; } = "";

    /// <summary>Credentials that are known: a snapshot that holds one is refused.</summary>
    public IReadOnlyList<Secret> Secrets { get; init; } = [];
}
