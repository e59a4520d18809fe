using Etl.Core.Alerts;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Pipeline.Alerts;

namespace Etl.Pipeline.Tests.Alerts;

/// <summary>Measures over rows of every type, with nulls, text that is no number, and no rows at all.</summary>
public sealed class RowMeasureTests
{
    private static readonly TableSchema s_schema = new(
    [
        new Column("id", ColumnType.Text), new Column("small", ColumnType.Int32), new Column("big", ColumnType.Int64), new Column("rate", ColumnType.Double),
        new Column("unknown", ColumnType.Text, Known: false), new Column("flag", ColumnType.Bool), new Column("day", ColumnType.Date), new Column("at", ColumnType.Timestamp),
    ]);

    // id, small, big, rate, unknown, flag
    private static readonly (string? Id, int? Small, long? Big, double? Rate, string? Unknown, bool? Flag)[] s_rows =
    [
        ("a", 1, 9_007_199_254_740_993, 0.5, "3", true),
        ("b", -4, null, double.NaN, "many", false),
        (null, null, 7, 0.25, "-1.5", null),
        ("a", 2, 0, null, null, true),
    ];

    [Theory]
    [InlineData("sum(small) < 0", -1d)]
    [InlineData("min(small) < 0", -4d)]
    [InlineData("max(small) < 0", 2d)]
    [InlineData("avg(small) < 0", -1 / 3d)]
    [InlineData("count(small) < 0", 3d)]
    [InlineData("sum(big) < 0", 9_007_199_254_741_000d)]
    [InlineData("avg(rate) < 0", 0.375)]
    [InlineData("count(rate) < 0", 3d)] // a NaN is a value that was sent
    [InlineData("min(rate) < 0", 0.25)]
    [InlineData("sum(unknown) < 0", 1.5)]
    [InlineData("max(unknown) < 0", 3d)]
    [InlineData("count(id) < 0", 3d)]
    [InlineData("any(small > 0)", 2d)]
    [InlineData("any(unknown >= -2)", 2d)]
    [InlineData("any(id = a)", 2d)]
    [InlineData("any(id != a)", 1d)] // a null is no other text
    [InlineData("any(flag = 'true')", 2d)]
    [InlineData("any(flag != 'true')", 1d)]
    [InlineData("any(rate > -1)", 2d)]
    public void Measure_of_rows_passes_over_what_holds_no_value(string when, double expected) => Assert.Equal(expected, Measure(when, null, s_rows));

    [Theory]
    [InlineData("max(small) < 0", "id = a", 2d)]
    [InlineData("count(id) < 0", "small > 0", 2d)]
    [InlineData("sum(small) < 0", "flag = 'false'", -4d)]
    [InlineData("max(small) < 0", "id = nobody", null)]
    [InlineData("sum(small) < 0", "id = nobody", 0d)]
    public void Condition_chooses_the_rows(string when, string where, double? expected) => Assert.Equal(expected, Measure(when, where, s_rows));

    [Theory]
    [InlineData("sum(small) < 0", 0d)]
    [InlineData("count(small) < 0", 0d)]
    [InlineData("any(small > 0)", 0d)]
    [InlineData("min(small) < 0", null)]
    [InlineData("max(rate) < 0", null)]
    [InlineData("avg(rate) < 0", null)]
    [InlineData("small < 0", null)]
    public void Empty_window_has_no_smallest_and_no_mean_and_sums_of_zero(string when, double? expected) => Assert.Equal(expected, Measure(when, null, []));

    [Fact]
    public void Infinite_values_measure_nothing()
    {
        Assert.Null(Measure("max(rate) < 0", null, [("a", 1, 1, double.PositiveInfinity, "", true)]));
        Assert.Null(Measure("sum(rate) < 0", null, [("a", 1, 1, double.MaxValue, "", true), ("a", 1, 1, double.MaxValue, "", true)]));
    }

    [Fact]
    public void Value_of_the_only_row_is_refused_when_there_are_more()
    {
        Assert.Equal(1, Measure("small < 0", null, s_rows[..1]));
        var fault = Assert.Throws<EtlException>(() => Measure("small < 0", null, s_rows));
        Assert.Equal("'small' names the value of the only row of a window, and this one has 4. Write min, max or avg in the job file.", fault.Message);
    }

    [Theory]
    [InlineData("max(smal) < 0", "The landed rows have no column 'smal'. Did you mean 'small'? Correct the alert in the job file.")]
    [InlineData("any(smal > 0)", "The landed rows have no column 'smal'. Did you mean 'small'? Correct the alert in the job file.")]
    [InlineData("max(day) < 0", "Column 'day' holds dates and no numbers. Correct the alert in the job file.")]
    [InlineData("max(at) < 0", "Column 'at' holds dates and no numbers. Correct the alert in the job file.")]
    [InlineData("sum(flag) < 0", "Column 'flag' holds true and false and no numbers. Correct the alert in the job file.")]
    public void Rule_that_does_not_fit_the_rows_says_so(string when, string message) =>
        Assert.Equal(message, Assert.Throws<EtlException>(() => Measure(when, null, s_rows)).Message);

    [Fact]
    public void Batches_add_up_to_what_one_batch_gives()
    {
        var rule = Rule("avg(small) < 0", null);
        var measure = new RowMeasure(rule, s_schema);
        foreach (var row in s_rows) measure.Add(Batch([row]));
        Assert.Equal(Measure("avg(small) < 0", null, s_rows), measure.Result());
    }

    private static double? Measure(string when, string? where, (string? Id, int? Small, long? Big, double? Rate, string? Unknown, bool? Flag)[] rows)
    {
        var measure = new RowMeasure(Rule(when, where), s_schema);
        measure.Add(Batch(rows));
        return measure.Result();
    }

    private static AlertRule Rule(string when, string? where)
    {
        var read = AlertExpression.ReadWhen(when, out var fault);
        Assert.Null(fault);
        return new AlertRule
        {
            Name = "a", When = when, Measure = read!.Measure, Column = read.Column, Is = read.Is, Threshold = read.Threshold, ClearAt = read.Threshold,
            Where = where is null ? read.Where : AlertExpression.ReadCondition(where, out fault),
        };
    }

    private static RowBatch Batch((string? Id, int? Small, long? Big, double? Rate, string? Unknown, bool? Flag)[] rows)
    {
        var batch = new RowBatch(s_schema);
        foreach (var row in rows)
        {
            Text(batch, 0, row.Id);
            Fixed(batch, 1, row.Small);
            Fixed(batch, 2, row.Big);
            Fixed(batch, 3, row.Rate);
            Text(batch, 4, row.Unknown);
            Fixed(batch, 5, row.Flag);
            Fixed(batch, 6, (int?)20_000);
            Fixed(batch, 7, (long?)1);
        }
        return batch;
    }

    private static void Text(RowBatch batch, int column, string? value)
    {
        if (value is null) batch[column].AppendNull();
        else batch.Text(column).Append(System.Text.Encoding.UTF8.GetBytes(value));
    }

    private static void Fixed<T>(RowBatch batch, int column, T? value)
        where T : unmanaged
    {
        if (value is { } present) batch.Fixed<T>(column).Append(present);
        else batch[column].AppendNull();
    }
}
