using System.Globalization;
using Etl.Core.Sources;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Reports;

/// <summary>What one pull has done so far: the makings of its proof.</summary>
internal sealed class PullLog
{
    private readonly Dictionary<string, int> _rawNames = new(StringComparer.Ordinal);

    public CallMeter Meter { get; } = new();
    public List<ChainProof> Chains { get; } = [];
    public List<string> Restarts { get; } = [];
    public List<string> Splits { get; } = [];

    /// <summary>Rows received for the pull as it stands; for display.</summary>
    public long Rows { get; set; }

    /// <summary>Decoded body bytes received.</summary>
    public long Bytes { get; set; }

    /// <summary>
    /// Name of the next raw capture: <c>page-0001.json</c>, and <c>page-0001.2.json</c> when a page of that number was asked
    /// before (a repeated call, a restart, another part).
    /// </summary>
    public string RawName(string name, string extension = "json")
    {
        var count = _rawNames[name] = _rawNames.GetValueOrDefault(name) + 1;
        return count == 1 ? $"{name}.{extension}" : string.Create(CultureInfo.InvariantCulture, $"{name}.{count}.{extension}");
    }
}
