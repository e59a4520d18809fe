using System.Globalization;
using System.Text;
using Etl.Core.Columns;

namespace Etl.Landing.Sql.Sqlite;

/// <summary>
/// How landed types stand in SQLite, which has four: Bool, Int32 and Int64 as INTEGER (a bool is 0 or 1), Double as REAL
/// (not a number becomes NULL and negative zero becomes zero: the engine cannot store them), Date as TEXT
/// <c>2026-11-19</c>, Timestamp as TEXT <c>2026-11-19T14:05:00.000000Z</c> (always UTC and six digits, so texts sort by
/// time), Text as TEXT.
/// </summary>
internal static class SqliteTypes
{
    public const int DateLength = 10, TimestampLength = 27;

    private const int FirstDay = -719_162, LastDay = 2_932_896; // 0001-01-01 and 9999-12-31
    private const long MicrosecondsOfDay = 86_400_000_000;

    public static string Declare(ColumnType type) => type switch
    {
        ColumnType.Bool or ColumnType.Int32 or ColumnType.Int64 => "INTEGER",
        ColumnType.Double => "REAL",
        _ => "TEXT",
    };

    /// <summary>Writes a day; false when it lies outside the years 1 to 9999, which have no text form.</summary>
    public static bool TryFormatDate(int days, Span<byte> utf8) =>
        days is >= FirstDay and <= LastDay
        && DateOnly.FromDayNumber(days - FirstDay).TryFormat(utf8, out _, "yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Writes an instant; false when it lies outside the years 1 to 9999.</summary>
    public static bool TryFormatTimestamp(long microseconds, Span<byte> utf8) =>
        microseconds is >= FirstDay * MicrosecondsOfDay and < (LastDay + 1) * MicrosecondsOfDay
        && DateTime.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            .TryFormat(utf8, out _, "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Reads what <see cref="TryFormatDate"/> wrote.</summary>
    /// <exception cref="FormatException">Somebody else wrote it.</exception>
    public static int ReadDate(ReadOnlySpan<byte> utf8) =>
        DateOnly.ParseExact(Encoding.ASCII.GetString(utf8), "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber + FirstDay;

    /// <summary>Reads what <see cref="TryFormatTimestamp"/> wrote.</summary>
    /// <exception cref="FormatException">Somebody else wrote it.</exception>
    public static long ReadTimestamp(ReadOnlySpan<byte> utf8) =>
        (DateTime.ParseExact(
            Encoding.ASCII.GetString(utf8), "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal)
        - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
