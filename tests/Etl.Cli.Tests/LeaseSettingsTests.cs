using Etl.Cli.Composition;
using Etl.Core.Errors;
using Etl.Pipeline.Running;

namespace Etl.Cli.Tests;

public class LeaseSettingsTests
{
    private static LeaseOptions Read(string? lease, string? heartbeat) => LeaseSettings.Read(name => name switch
    {
        "ETL_LEASE" => lease,
        "ETL_HEARTBEAT" => heartbeat,
        _ => throw new ArgumentException(name),
    });

    [Theory]
    [InlineData(null, null, 300_000, 60_000)]
    [InlineData("10m", null, 600_000, 120_000)]
    [InlineData("1s", "200ms", 1_000, 200)]
    [InlineData(" 90s ", "30s", 90_000, 30_000)]
    [InlineData(null, "100ms", 300_000, 100)]
    [InlineData("1d", "8h", 86_400_000, 28_800_000)]
    public void Lease_and_heartbeat_are_read(string? lease, string? heartbeat, int lifetimeMs, int heartbeatMs) =>
        Assert.Equal(
            new LeaseOptions { Lifetime = TimeSpan.FromMilliseconds(lifetimeMs), Heartbeat = TimeSpan.FromMilliseconds(heartbeatMs) }, Read(lease, heartbeat));

    [Theory]
    [InlineData("5", null, "ETL_LEASE is '5'")]
    [InlineData("five minutes", null, "ETL_LEASE is 'five minutes'")]
    [InlineData("900ms", null, "from 1s to 1d")]
    [InlineData("2d", null, "from 1s to 1d")]
    [InlineData("1m", "21s", "a third of the lease of 60 s")]
    [InlineData(null, "99ms", "from 100ms")]
    [InlineData(null, "-1s", "ETL_HEARTBEAT is '-1s'")]
    public void What_cannot_be_is_refused_by_name(string? lease, string? heartbeat, string message)
    {
        var fault = Assert.Throws<EtlException>(() => Read(lease, heartbeat));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains(message, fault.Message, StringComparison.Ordinal);
    }
}
