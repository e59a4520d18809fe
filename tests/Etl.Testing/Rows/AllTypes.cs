using System.Text;
using Etl.Core.Columns;

namespace Etl.Testing.Rows;

/// <summary>One table with every type, extremes and nulls: what goes through every target and the Parquet writer.</summary>
public static class AllTypes
{
    public const int FirstDay = -719_162, LastDay = 2_932_896;
    private const long MicrosecondsOfDay = 86_400_000_000;

    public static readonly TableSchema Schema = new(
    [
        new Column("object_id", ColumnType.Text),
        new Column("odd \"name\"] `x`", ColumnType.Text, Known: false),
        new Column("is_live", ColumnType.Bool),
        new Column("small", ColumnType.Int32, ColumnRole.Metric),
        new Column("count_plays", ColumnType.Int64, ColumnRole.Metric, Additivity.Full),
        new Column("avg_time", ColumnType.Double, ColumnRole.Metric, Additivity.Ratio, "min"),
        new Column("day", ColumnType.Date),
        new Column("at", ColumnType.Timestamp),
    ], ["object_id"]);

    /// <summary>Nine rows: a common one, the extremes, odd texts, all null.</summary>
    public static RowBatch Batch()
    {
        var batch = new RowBatch(Schema);
        Add(batch, "1_abc", "plain", true, 1, 2, 3.5, 20_776, 1_795_017_600_000_000);
        Add(batch, "1_min", "", false, int.MinValue, long.MinValue, double.MinValue, FirstDay, FirstDay * MicrosecondsOfDay);
        Add(batch, "1_max", "x", true, int.MaxValue, long.MaxValue, double.MaxValue, LastDay, (LastDay + 1) * MicrosecondsOfDay - 1);
        Add(batch, "1_tiny", "'; DROP TABLE x; --", false, 0, 0, double.Epsilon, 0, 0);
        Add(batch, "1_inf", "זרם \U0001F600 \u0301", false, -1, -1, double.NegativeInfinity, -1, -1);
        Add(batch, "1_nan", "line\nbreak\ttab \"quote\" | pipe", null, null, null, double.NaN, null, 1);
        Add(batch, "", " spaces ", null, 7, null, null, 11_016, null);
        Add(batch, "1_long", new string('ü', 5_000), true, null, 9_007_199_254_740_993, 0.1 + 0.2, null, 951_782_399_999_999);
        Add(batch, null, null, null, null, null, null, null, null);
        return batch;
    }

    private static void Add(
        RowBatch batch, string? id, string? odd, bool? live, int? small, long? plays, double? time, int? day, long? at)
    {
        Text(batch, 0, id);
        Text(batch, 1, odd);
        Fixed(batch, 2, live);
        Fixed(batch, 3, small);
        Fixed(batch, 4, plays);
        Fixed(batch, 5, time);
        Fixed(batch, 6, day);
        Fixed(batch, 7, at);
    }

    public static void Text(RowBatch batch, int column, string? value)
    {
        if (value is null) batch[column].AppendNull();
        else batch.Text(column).Append(Encoding.UTF8.GetBytes(value));
    }

    public static void Fixed<T>(RowBatch batch, int column, T? value)
        where T : unmanaged
    {
        if (value is null) batch[column].AppendNull();
        else batch.Fixed<T>(column).Append(value.Value);
    }
}
