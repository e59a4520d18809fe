using Etl.Core.Sources;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Reports;

/// <summary>What one pull has done so far: the makings of its proof.</summary>
internal sealed class PullLog
{
    public CallMeter Meter { get; } = new();
    public List<ChainProof> Chains { get; } = [];
    public List<string> Restarts { get; } = [];
    public List<string> Splits { get; } = [];

    /// <summary>Rows received for the pull as it stands; for display.</summary>
    public long Rows { get; set; }

    /// <summary>Decoded body bytes received.</summary>
    public long Bytes { get; set; }
}
