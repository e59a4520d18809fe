namespace Etl.Landing.Sql.Postgres;

/// <summary>
/// How values stand in PostgreSQL's binary form: big-endian, dates as days and instants as microseconds since 2000-01-01 UTC. Its calendar goes
/// from 4713 BC to 5874897 AD for dates and to 294276 AD for instants; the largest and smallest numbers mean infinity and are no times.
/// </summary>
internal static class PostgresTypes
{
    private const int EpochDays = 10_957; // 1970-01-01 to 2000-01-01
    private const long EpochMicroseconds = EpochDays * 86_400_000_000L;

    private const long FirstDay = -2_451_545, EndDay = 2_147_483_494 - 2_451_545;
    private const long FirstMicrosecond = -211_813_488_000_000_000, EndMicrosecond = 9_223_371_331_200_000_000;

    /// <summary>A day as the server counts it; false when it lies outside its calendar.</summary>
    public static bool TryDate(int sinceUnix, out int days)
    {
        var there = (long)sinceUnix - EpochDays;
        days = (int)Math.Clamp(there, int.MinValue, int.MaxValue);
        return there is >= FirstDay and < EndDay;
    }

    /// <summary>An instant as the server counts it; false when it lies outside its calendar.</summary>
    public static bool TryTimestamp(long sinceUnix, out long microseconds)
    {
        microseconds = unchecked(sinceUnix - EpochMicroseconds);
        return sinceUnix >= FirstMicrosecond + EpochMicroseconds && microseconds < EndMicrosecond;
    }

    public static int Date(int days) => days + EpochDays;

    public static long Timestamp(long microseconds) => microseconds + EpochMicroseconds;
}
