using System.Data;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Landing.Sql;
using Etl.Landing.Sql.SqlServer;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>The reader that a bulk copy drinks from: what it calls is <c>FieldCount</c>, <c>Read</c>, <c>GetValue</c>, <c>IsDBNull</c> and names.</summary>
public sealed class SqlServerRowReaderTests
{
    private static readonly string[] s_declared =
        ["nvarchar(450) COLLATE Latin1_General_100_BIN2", "nvarchar(max)", "bit", "int", "bigint", "float", "date", "datetime2(6)"];

    [Fact]
    public void Every_type_with_extremes_and_nulls_comes_as_the_client_wants_it()
    {
        using var reader = Reader(AllTypes.Schema, [AllTypes.Batch()]);
        var rows = ReadAll(reader);
        Assert.Equal(
            [
                ["1_abc", "plain", true, 1, 2L, 3.5, Day(2026, 11, 19), At("2026-11-18T16:00:00.000000")],
                ["1_min", "", false, int.MinValue, long.MinValue, double.MinValue, Day(1, 1, 1), At("0001-01-01T00:00:00.000000")],
                ["1_max", "x", true, int.MaxValue, long.MaxValue, double.MaxValue, Day(9999, 12, 31), At("9999-12-31T23:59:59.999999")],
                ["1_tiny", "'; DROP TABLE x; --", false, 0, 0L, 0.0, Day(1970, 1, 1), At("1970-01-01T00:00:00.000000")],
                ["1_inf", "זרם \U0001F600 \u0301", false, -1, -1L, DBNull.Value, Day(1969, 12, 31), At("1969-12-31T23:59:59.999999")],
                ["1_nan", "line\nbreak\ttab \"quote\" | pipe", DBNull.Value, DBNull.Value, DBNull.Value, DBNull.Value, DBNull.Value, At("1970-01-01T00:00:00.000001")],
                ["", " spaces ", DBNull.Value, 7, DBNull.Value, DBNull.Value, Day(2000, 2, 29), DBNull.Value],
                ["1_long", new string('ü', 5_000), true, DBNull.Value, 9_007_199_254_740_993L, 0.1 + 0.2, DBNull.Value, At("2000-02-28T23:59:59.999999")],
                [.. Enumerable.Repeat<object>(DBNull.Value, 8)],
            ],
            rows);
        Assert.Equal([typeof(string), typeof(string), typeof(bool), typeof(int), typeof(long), typeof(double), typeof(DateTime), typeof(DateTime)], Enumerable.Range(0, 8).Select(reader.GetFieldType));
    }

    [Fact]
    public void Contract_of_a_data_reader_holds()
    {
        var counted = new List<long>();
        using var reader = Reader(AllTypes.Schema, [AllTypes.Batch()], after: counted.Add);
        Assert.Equal((8, 0, false, -1, true), (reader.FieldCount, reader.Depth, reader.IsClosed, reader.RecordsAffected, reader.HasRows));
        Assert.Equal(AllTypes.Schema.Columns.Select(c => c.Name), Enumerable.Range(0, 8).Select(reader.GetName));
        Assert.Equal(1, reader.GetOrdinal("odd \"name\"] `x`"));
        Assert.Throws<ArgumentOutOfRangeException>(() => reader.GetOrdinal("ODD"));
        Assert.Throws<InvalidOperationException>(() => reader.GetValue(0));
        Assert.True(reader.Read());
        Assert.Equal("1_abc", reader.GetString(0));
        Assert.Equal((true, 1, 2L, 3.5), (reader.GetBoolean(2), reader.GetInt32(3), reader.GetInt64(4), reader.GetDouble(5)));
        Assert.Equal(Day(2026, 11, 19), reader.GetDateTime(6));
        Assert.Equal(reader.GetValue(1), reader["odd \"name\"] `x`"]);
        var few = new object[3];
        Assert.Equal(3, reader.GetValues(few));
        Assert.Equal(["1_abc", "plain", true], few);
        while (reader.Read())
        {
            // An infinity is no value here, and both questions must say so.
            for (var column = 0; column < 8; column++) Assert.Equal(reader.GetValue(column) is DBNull, reader.IsDBNull(column));
        }
        Assert.False(reader.Read());
        Assert.False(reader.NextResult());
        Assert.Equal(Enumerable.Range(1, 9).Select(n => (long)n), counted);
    }

    [Fact]
    public void Reused_and_empty_batches_are_read_once_each_and_never_kept()
    {
        var schema = new TableSchema([new Column("n", ColumnType.Int64)]);
        using var reader = Reader(schema, Batches(), ["bigint"]);
        Assert.Equal(Enumerable.Range(0, 25).Select(n => (long)n), ReadAll(reader).Select(r => (long)r[0]));

        IEnumerable<RowBatch> Batches()
        {
            var batch = new RowBatch(schema);
            long next = 0;
            foreach (var rows in (int[])[0, 10, 0, 0, 15, 0])
            {
                batch.Clear();
                for (var row = 0; row < rows; row++) batch.Fixed<long>(0).Append(next++);
                yield return batch;
            }
        }
    }

    [Fact]
    public void DataTable_of_the_framework_takes_it_as_any_reader()
    {
        using var reader = Reader(Plays.Schema, [Plays.Batch(50)], [.. Plays.Schema.Columns.Select(c => SqlServerTypes.Declare(c.Type, indexed: false))]);
        using var table = new DataTable { Locale = System.Globalization.CultureInfo.InvariantCulture };
        foreach (var column in Enumerable.Range(0, reader.FieldCount)) table.Columns.Add(reader.GetName(column), reader.GetFieldType(column));
        while (reader.Read())
        {
            var values = new object[reader.FieldCount];
            reader.GetValues(values);
            table.Rows.Add(values);
        }
        Assert.Equal(50, table.Rows.Count);
    }

    [Theory]
    [InlineData(ColumnType.Date, "date", -719_163, "holds a day outside")]
    [InlineData(ColumnType.Date, "date", 2_932_897, "holds a day outside")]
    [InlineData(ColumnType.Timestamp, "datetime2(6)", -719_163, "holds a time outside")]
    [InlineData(ColumnType.Timestamp, "datetime2(6)", 2_932_897, "holds a time outside")]
    public void Years_beyond_1_and_9999_are_refused_with_column_and_row(ColumnType type, string declared, int day, string message)
    {
        var batch = new RowBatch(new TableSchema([new Column("when", type)]));
        batch[0].AppendNull();
        if (type == ColumnType.Date) batch.Fixed<int>(0).Append(day);
        else batch.Fixed<long>(0).Append(day * 86_400_000_000L);
        Assert.Contains($"column 'when' {message}", Refused(batch, declared), StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_an_index_cannot_hold_is_refused_and_not_repeated()
    {
        var batch = new RowBatch(new TableSchema([new Column("id", ColumnType.Text)]));
        batch.Text(0).Append(System.Text.Encoding.UTF8.GetBytes(new string('ü', 450)));
        batch.Text(0).Append(System.Text.Encoding.UTF8.GetBytes(new string('ü', 451)));
        var message = Refused(batch, s_declared[0]);
        Assert.Contains("column 'id' holds a text of 451 characters on row 2 of the pull", message, StringComparison.Ordinal);
        Assert.DoesNotContain("üü", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Cancellation_and_faults_of_the_source_break_off_and_are_kept()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        using var cancelled = Reader(AllTypes.Schema, [AllTypes.Batch()], cancellation: source.Token);
        Assert.Throws<OperationCanceledException>(() => cancelled.Read());
        using var broken = Reader(AllTypes.Schema, Breaks());
        Assert.Throws<IOException>(() => broken.Read());
        Assert.IsType<IOException>(broken.Fault);

        static IEnumerable<RowBatch> Breaks()
        {
            yield return new RowBatch(AllTypes.Schema);
            throw new IOException("gone");
        }
    }

    private static string Refused(RowBatch batch, string declared)
    {
        using var reader = Reader(batch.Schema, [batch], [declared]);
        Assert.True(reader.Read());
        reader.GetValue(0);
        Assert.True(reader.Read());
        var fault = Assert.Throws<EtlException>(() => reader.GetValue(0));
        Assert.Equal((FaultKind.Window, "bad-row"), (fault.Kind, fault.Code));
        Assert.Same(fault, reader.Fault);
        return fault.Message;
    }

    private static SqlServerRowReader Reader(
        TableSchema schema, IEnumerable<RowBatch> batches, string[]? declared = null, Action<long>? after = null, CancellationToken cancellation = default) =>
        new(new SqlRows(new SqlTable("dbo", "t"), schema, [.. schema.Columns.Select(c => c.Name)], 9, () => batches) { AfterRow = after ?? (_ => { }) }, declared ?? s_declared, cancellation);

    private static List<object[]> ReadAll(SqlServerRowReader reader)
    {
        var rows = new List<object[]>();
        while (reader.Read())
        {
            var values = new object[reader.FieldCount];
            Assert.Equal(values.Length, reader.GetValues(values));
            rows.Add(values);
        }
        return rows;
    }

    private static DateTime Day(int year, int month, int day) => new(year, month, day, 0, 0, 0, DateTimeKind.Utc);

    private static DateTime At(string text) => DateTime.Parse(text + "Z", System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal);
}
