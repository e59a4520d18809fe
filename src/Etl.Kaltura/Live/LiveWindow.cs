using Etl.Core.Sources;

namespace Etl.Kaltura.Live;

/// <summary>The stretch of time that polls of viewers ask for (guide 11.1): from 110 to 20 seconds ago, in whole buckets of ten seconds.</summary>
internal static class LiveWindow
{
    /// <summary>How far back a poll asks.</summary>
    public static readonly TimeSpan Reach = TimeSpan.FromSeconds(110);

    /// <summary>How long points take to show.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan s_bucket = TimeSpan.FromSeconds(10);

    /// <summary>The stretch of a poll. The service rounds both ends up itself (wire facts 5.1); whole buckets leave nothing to round.</summary>
    public static TimeSlice At(DateTimeOffset now) => new(Floor(now - Reach + s_bucket - TimeSpan.FromTicks(1), s_bucket), Floor(now - Delay, s_bucket));

    /// <summary>The start of the slot that holds an instant.</summary>
    public static DateTimeOffset Floor(DateTimeOffset time, TimeSpan slot) => new(time.UtcTicks - time.UtcTicks % slot.Ticks, TimeSpan.Zero);

    /// <summary>Microseconds since 1970, as a landed instant.</summary>
    public static long Micros(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
}
