using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;

namespace Etl.Landing.Tests.Parquet;

/// <summary>A footer has no checksum of its own; the record in it has one, over all its fields.</summary>
public sealed class CommitRecordTests
{
    private static readonly DateTimeOffset s_from = new(2026, 11, 19, 5, 0, 0, TimeSpan.Zero);

    private static readonly CommitRecord s_record = new(
        new WindowKey("nightly", "main", "101", "2026-11-19"), s_from, s_from.AddDays(1),
        new PullStamp("20261120T070000Z-5a9d4074", 17, 25, new string('a', 64), s_from.AddHours(26), new string('b', 64)),
        new TableSchema([new Column("entry_id", ColumnType.Text), new Column("count_plays", ColumnType.Int64)], ["entry_id"]));

    [Fact]
    public void Record_is_read_as_it_was_written()
    {
        Assert.True(CommitRecord.TryRead(s_record.ToMetadata(), out var again, out _));
        Assert.Equal(s_record.ToMetadata(), again.ToMetadata());
    }

    /// <summary>One flipped bit in a fence would let an old pull win.</summary>
    [Fact]
    public void One_changed_digit_in_any_field_is_damage()
    {
        var changed = 0;
        foreach (var (field, value) in s_record.ToMetadata())
        {
            for (var at = 0; at < value.Length; at++)
            {
                if (!char.IsAsciiDigit(value[at])) continue;
                var metadata = s_record.ToMetadata().ToDictionary();
                metadata[field] = $"{value[..at]}{(char)(value[at] ^ 1)}{value[(at + 1)..]}";
                Assert.False(CommitRecord.TryRead(metadata, out _, out var why), $"{field}, character {at}");
                Assert.NotEmpty(why);
                changed++;
            }
        }
        Assert.InRange(changed, 100, int.MaxValue);
    }

    [Fact]
    public void Field_that_is_missing_is_damage() =>
        Assert.All(s_record.ToMetadata().Keys, field => Assert.False(CommitRecord.TryRead(s_record.ToMetadata().Where(f => f.Key != field).ToDictionary(), out _, out _), field));
}
