using System.Globalization;
using System.Text;

namespace Etl.Parsing.Tests;

public unsafe class DateCellTests
{
    private static string? Read(CellFormat format, string cell, int offset = 0)
    {
        var read = Tables.Read($"{{\"header\":\"x|y\",\"data\":\"{cell}|;\"}}", bind: h => Tables.Plan(h, [format, CellFormat.Text], offset));
        Assert.Equal(read.Rows[0][0] is null && cell.Length > 0, read.Faults.Count == 1);
        return read.Rows[0][0];
    }

    [Fact]
    public void Every_day_reads_as_the_framework_counts_it()
    {
        var bytes = new byte[20];
        "Z"u8.CopyTo(bytes.AsSpan(19));
        fixed (byte* text = bytes)
        {
            for (var day = new DateOnly(1, 1, 1); ; day = day.AddDays(1))
            {
                var expected = day.DayNumber - 719_162;
                day.TryFormat(bytes, out _, "yyyyMMdd", CultureInfo.InvariantCulture);
                if (!DateCell.TryDay(text, 8, out var days) || days != expected) Assert.Fail($"{day:O}: {days}");
                var time = TimeSpan.FromSeconds((uint)day.DayNumber * 7919L % 86_400);
                day.ToDateTime(TimeOnly.FromTimeSpan(time)).TryFormat(bytes, out _, "yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture);
                if (!DateCell.TryIsoDay(text, 10, out days) || days != expected) Assert.Fail($"{day:O}: {days}");
                if (!DateCell.TryIso(text, 20, out var micros) || micros != (expected * 86_400_000_000) + (time.Ticks / 10)) Assert.Fail($"{day:O} {time}: {micros}");
                if (day == DateOnly.MaxValue) return;
            }
        }
    }

    [Fact]
    public void Any_other_character_at_any_place_of_a_date_is_told()
    {
        foreach (var good in (string[])["2024-02-29T21:59:48Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2023-11-30T10:20:30Z"])
        {
            var bytes = Encoding.ASCII.GetBytes(good);
            fixed (byte* text = bytes)
            {
                for (var at = 0; at < 19; at++)
                {
                    var was = bytes[at];
                    for (var other = 0; other < 256; other++)
                    {
                        bytes[at] = (byte)other;
                        var cell = Encoding.Latin1.GetString(bytes);
                        Assert.True(DateTime.TryParseExact(cell, "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AdjustToUniversal | DateTimeStyles.AssumeUniversal, out var time) == DateCell.TryIso(text, 20, out var micros), cell);
                        if (time != default) Assert.Equal((time - DateTime.UnixEpoch).Ticks / 10, micros);
                        Assert.True(at >= 10 || DateOnly.TryParseExact(cell[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _) == DateCell.TryIsoDay(text, 10, out _), cell);
                    }
                    bytes[at] = was;
                }
            }
        }
    }

    [Theory]
    [InlineData(CellFormat.DayId, "20260301", "2026-03-01")]
    [InlineData(CellFormat.DayId, "20240229", "2024-02-29")]
    [InlineData(CellFormat.MonthId, "202603", "2026-03-01")]
    [InlineData(CellFormat.IsoDay, "2024-02-29", "2024-02-29")]
    [InlineData(CellFormat.YearId, "2026", "2026-01-01")]
    [InlineData(CellFormat.HourId, "2026030123", "2026-03-01T23:00:00.000000")]
    [InlineData(CellFormat.UnixSeconds, "1772323200", "2026-03-01T00:00:00.000000")]
    [InlineData(CellFormat.UnixSeconds, "0", "1970-01-01T00:00:00.000000")]
    [InlineData(CellFormat.UnixSeconds, "253402300799", "9999-12-31T23:59:59.000000")]
    [InlineData(CellFormat.UnixSeconds, "-1", "1969-12-31T23:59:59.000000")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.000Z", "2026-03-01T00:00:00.000000")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000000")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.123456Z", "2026-03-01T00:00:00.123456")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.000-05:00", "2026-03-01T05:00:00.000000")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.5+0530", "2026-02-28T18:30:00.500000")]
    public void Date_in_the_services_form_reads(CellFormat format, string cell, string expected) => Assert.Equal(expected, Read(format, cell));

    [Theory]
    [InlineData(300, "2026-03-01T05:00:00.000000")]
    [InlineData(-240, "2026-02-28T20:00:00.000000")]
    [InlineData(-330, "2026-02-28T18:30:00.000000")]
    public void Hour_id_west_of_Greenwich_is_later_in_UTC(int offset, string expected) => Assert.Equal(expected, Read(CellFormat.HourId, "2026030100", offset));

    [Theory]
    [InlineData(CellFormat.DayId, "20260229")]
    [InlineData(CellFormat.DayId, "20261301")]
    [InlineData(CellFormat.DayId, "20260100")]
    [InlineData(CellFormat.DayId, "00000101")]
    [InlineData(CellFormat.DayId, "2026031")]
    [InlineData(CellFormat.DayId, "2026-03-01")]
    [InlineData(CellFormat.DayId, "2026030x")]
    [InlineData(CellFormat.DayId, "Unknown")]
    [InlineData(CellFormat.MonthId, "202613")]
    [InlineData(CellFormat.MonthId, "20261")]
    [InlineData(CellFormat.IsoDay, "2023-02-29")]
    [InlineData(CellFormat.IsoDay, "20240229")]
    [InlineData(CellFormat.IsoDay, "2024/02/29")]
    [InlineData(CellFormat.YearId, "0000")]
    [InlineData(CellFormat.YearId, "20260")]
    [InlineData(CellFormat.HourId, "2026030124")]
    [InlineData(CellFormat.HourId, "20260301")]
    [InlineData(CellFormat.UnixSeconds, "253402300800")]
    [InlineData(CellFormat.UnixSeconds, "1.5")]
    [InlineData(CellFormat.UnixSeconds, "99999999999999999999")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.000")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.Z")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.1234567Z")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01 00:00:00.000Z")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T24:00:00.000Z")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.000+25:00")]
    [InlineData(CellFormat.IsoTimestamp, "2026-03-01T00:00:00.000Zx")]
    public void Date_in_another_form_is_a_fault_and_lands_as_null(CellFormat format, string cell) => Assert.Null(Read(format, cell));

    [Theory]
    [InlineData("1", "true")]
    [InlineData("0", "false")]
    [InlineData("true", "true")]
    [InlineData("false", "false")]
    [InlineData("yes", null)]
    [InlineData("", null)]
    public void Flag_reads(string cell, string? expected) => Assert.Equal(expected, Read(CellFormat.Flag, cell));

    [Fact]
    public void Hour_id_moved_out_of_the_calendar_is_a_fault()
    {
        Assert.Null(Read(CellFormat.HourId, "9999123123", 60));
        Assert.Null(Read(CellFormat.HourId, "0001010100", -60));
    }
}
