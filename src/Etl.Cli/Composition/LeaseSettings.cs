using System.Globalization;
using Etl.Core.Errors;
using Etl.Pipeline.Jobs;
using Etl.Pipeline.Running;

namespace Etl.Cli.Composition;

/// <summary>Reads how leases are kept: <c>ETL_LEASE</c> and <c>ETL_HEARTBEAT</c>.</summary>
internal static class LeaseSettings
{
    public static readonly TimeSpan LeastLifetime = TimeSpan.FromSeconds(1), MostLifetime = TimeSpan.FromDays(1), LeastHeartbeat = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads both; one that is not set follows from the other, or from the defaults.</summary>
    /// <exception cref="EtlException">One is not a time, or they do not fit; the message names the variable.</exception>
    public static LeaseOptions Read(Func<string, string?> settings)
    {
        var lifetime = Time("ETL_LEASE", settings("ETL_LEASE")) ?? LeaseOptions.DefaultLifetime;
        if (lifetime < LeastLifetime || lifetime > MostLifetime) throw Bad("ETL_LEASE", settings("ETL_LEASE"), "a time from 1s to 1d");
        var heartbeat = Time("ETL_HEARTBEAT", settings("ETL_HEARTBEAT")) ?? lifetime / 5;
        if (heartbeat < LeastHeartbeat || heartbeat > lifetime / LeaseOptions.HeartbeatsInLease)
            throw Bad("ETL_HEARTBEAT", settings("ETL_HEARTBEAT"), string.Create(CultureInfo.InvariantCulture, $"a time from 100ms to a third of the lease of {lifetime.TotalSeconds:0.###} s (ETL_LEASE)"));
        return new LeaseOptions { Lifetime = lifetime, Heartbeat = heartbeat };
    }

    private static TimeSpan? Time(string name, string? text)
    {
        if (text is null) return null;
        text = text.Trim();
        // A heartbeat may be shorter than the times of a job file.
        if (text.EndsWith("ms", StringComparison.Ordinal) && int.TryParse(text[..^2], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
            return TimeSpan.FromMilliseconds(milliseconds);
        return Measures.Duration(text) ?? throw Bad(name, text, "a whole number and a unit, such as 200ms, 30s or 5m");
    }

    private static EtlException Bad(string name, string? text, string expected) => new(FaultKind.Usage, $"{name} is '{text?.Trim()}'; expected {expected}.") { Code = "settings" };
}
