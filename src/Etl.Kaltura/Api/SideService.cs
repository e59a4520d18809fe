using Etl.Core.Errors;

namespace Etl.Kaltura.Api;

/// <summary>One of the services beside the API that are spoken to in <see cref="MicroserviceForm"/>.</summary>
/// <param name="Name">What it is, for messages.</param>
/// <param name="Setting">The variable with its address.</param>
/// <param name="Example">Such an address.</param>
/// <param name="Address">Its root by the settings, or null.</param>
internal sealed record SideService(string Name, string Setting, string Example, Func<KalturaSettings, Uri?> Address)
{
    /// <summary>Writes background reports.</summary>
    public static SideService Reports { get; } = new("reports microservice", "KALTURA_REPORTS_URL", "https://reports.nvp1.ovp.kaltura.com", s => s.ReportsUrl)
    {
        OnForbidden = "Chat reports need the privilege 'virtualeventid:<id>' of their event; others may need a permission from the account's administrator.",
        OnBadRequest = "Check the name and the parameters of the source in the job file.",
    };

    /// <summary>Sends messages to people.</summary>
    public static SideService Messaging { get; } = new("messaging service", "KALTURA_MESSAGING_URL", "https://messaging.nvp1.ovp.kaltura.com", s => s.MessagingUrl)
    {
        OnForbidden = "It takes administrators' sessions only, and the account needs the service.",
        OnBadRequest = "Check application, template, groups and tokens of the action in the job file.",
    };

    /// <summary>What to do about HTTP 403.</summary>
    public required string OnForbidden { get; init; }

    /// <summary>What to do about HTTP 400 and 422.</summary>
    public required string OnBadRequest { get; init; }

    /// <summary>The service's root, without <c>/api/v1</c>.</summary>
    /// <exception cref="EtlException">It is not configured.</exception>
    public Uri Root(KalturaSettings settings) => Address(settings)
        ?? throw new EtlException(FaultKind.Usage, $"{Setting} is not set. Set it to the address of the {Name} of your region, such as '{Example}'.") { Code = "settings" };
}
