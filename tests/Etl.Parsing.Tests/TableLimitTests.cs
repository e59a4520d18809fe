using System.Text;
using Etl.Core.Columns;

namespace Etl.Parsing.Tests;

/// <summary>Limits hold at one less, at the limit itself, and not at one more; memory does not grow with rows.</summary>
public class TableLimitTests
{
    [Theory]
    [InlineData(99, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void Cell_up_to_the_limit_is_read(int length, bool isRead)
    {
        foreach (var chunk in (int[])[1, 7, int.MaxValue])
        {
            foreach (var cell in (string[])[new string('x', length), new string('x', length - 2) + "é", new string('/', length)])
            {
                var body = PlainTable.Body(["a", "b"], $"1|2;{cell}|3;", "|", 1);
                var options = new ReportTableOptions { MaxCellBytes = 100 };
                if (isRead)
                {
                    Assert.Equal(cell, Tables.Read(body, options, chunk: chunk).Rows[1][0]);
                    continue;
                }
                var fault = Assert.Throws<ReportFormatException>(() => Tables.Read(body, options, chunk: chunk));
                Assert.Equal((ReportFormatException.TooLarge, 2L, false), (fault.Code, fault.Row, fault.IsTransient));
            }
        }
    }

    [Fact]
    public void Row_of_many_cells_within_the_limit_is_read_though_the_row_is_longer()
    {
        var header = Enumerable.Range(0, 50).Select(i => "c" + i).ToArray();
        var row = header.Select(_ => new string('x', 100)).ToArray();
        Assert.Equal(row, Tables.Read(PlainTable.Body(header, PlainTable.Format([row], "|"), "|"), new ReportTableOptions { MaxCellBytes = 100 }).Rows.Single());
    }

    [Theory]
    [InlineData(9, true)]
    [InlineData(10, true)]
    [InlineData(11, false)]
    public void Header_up_to_the_limit_is_read(int columns, bool isRead)
    {
        var body = Encoding.UTF8.GetString(PlainTable.Body([.. Enumerable.Range(0, columns).Select(i => "c" + i)], "", "|"));
        var options = new ReportTableOptions { MaxColumns = 10 };
        if (isRead) Assert.Equal(columns, Tables.Read(body, options).Reply.Header!.Count);
        else Assert.Equal(ReportFormatException.TooLarge, Tables.Refusal(body, options).Code);
    }

    [Theory]
    [InlineData(-1, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public void Body_up_to_the_limit_is_read(int spare, bool isRead)
    {
        foreach (var dataFirst in (bool[])[false, true])
        {
            var body = Encoding.UTF8.GetString(PlainTable.Body(["a", "b"], "1|2;3|4;", "|", 0, dataFirst));
            var options = new ReportTableOptions { MaxBodyBytes = body.Length + spare };
            foreach (var chunk in (int[])[1, 7, int.MaxValue])
            {
                if (isRead) Assert.Equal(2, Tables.Read(body, options, chunk: chunk).Rows.Count);
                else Assert.Equal(ReportFormatException.TooLarge, Tables.Refusal(body, options, chunk).Code);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(9000)]
    public void Batches_are_full_but_for_the_last(int rows)
    {
        var read = Tables.Read(PlainTable.Body(["a", "b"], string.Concat(Enumerable.Range(0, rows).Select(i => $"{i}|x;")), "|"));
        Assert.Equal(rows, read.Rows.Count);
        Assert.Equal(Enumerable.Range(0, rows).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture)), read.Rows.Select(r => r[0]));
        Assert.Equal(rows / 4096, read.BatchSizes.Count(s => s == 4096));
    }

    [Fact]
    public void Cell_of_a_megabyte_and_rows_longer_than_the_buffer_are_read()
    {
        var big = string.Concat(Enumerable.Repeat("0123456789abcde/", 65_536));
        var rows = new[] { new[] { "a", big }, ["b", "x"], [big, big], ["c", "y"] };
        foreach (var style in (int[])[0, 1, 2])
        {
            foreach (var chunk in (int[])[10_000, int.MaxValue])
                Assert.Equal<string?[]>(rows, Tables.Read(PlainTable.Body(["k", "v"], PlainTable.Format(rows, "|"), "|", style), chunk: chunk).Rows);
        }
    }

    [Fact]
    public void Long_strings_that_nobody_asked_for_are_passed_over_without_being_held()
    {
        var long1 = PlainTable.Json(string.Concat(Enumerable.Repeat("schnörkel 😀 \"/\\ ; | ", 300_000)), 1);
        var read = Tables.Read($"{{\"x\":{long1},\"header\":\"a\",\"data\":\"1;\",\"y\":{long1}}}", chunk: 9973);
        Assert.Equal([["1"]], read.Rows);
    }

    [Fact]
    public void Token_outside_the_rows_is_bounded()
    {
        var name = new string('n', 5 << 20);
        Assert.Equal(ReportFormatException.TooLarge, Tables.Refusal($"{{\"header\":\"{name}\",\"data\":\"1;\"}}").Code);
        Assert.Equal(ReportFormatException.TooLarge, Tables.Refusal($"{{\"{name}\":1}}").Code);
    }

    [Fact]
    public void Memory_does_not_grow_with_the_number_of_rows()
    {
        var plan = Tables.Plan(["t", "i", "n", "d", "u"], [CellFormat.Text, CellFormat.Integer, CellFormat.Number, CellFormat.DayId, CellFormat.UnixSeconds]);
        var few = Body(10_000);
        var many = Body(100_000);
        var reader = new ReportTableReader(new ReportTableOptions());
        Measure(many);
        Measure(few);
        // What one reply costs: its result, hash and task.
        Assert.InRange(Measure(few), 0, 16_384);
        Assert.InRange(Measure(many), 0, 16_384);

        long Measure(byte[] body)
        {
            var stream = new MemoryStream(body);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var task = reader.ReadAsync(stream, _ => plan, static (_, _) => ValueTask.CompletedTask, CancellationToken.None);
            Assert.True(task.IsCompletedSuccessfully);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        static byte[] Body(int rows) => PlainTable.Body(
            ["t", "i", "n", "d", "u"], string.Concat(Enumerable.Range(0, rows).Select(i => $"ti/tle é \"{i % 100}|{i}|0.5{i % 100}|20260301|1772323200;")), "|", 1);
    }

    [Fact]
    public void Extended_columns_count_and_null_as_appended_ones_do()
    {
        var random = new Random(3);
        for (var round = 0; round < 200; round++)
        {
            var whole = new FixedBuffer<long>();
            var plain = new FixedBuffer<long>();
            for (var part = random.Next(1, 6); part > 0; part--)
            {
                var rows = random.Next(0, 2000);
                var first = whole.Count;
                var slots = whole.Extend(rows);
                for (var i = 0; i < rows; i++)
                {
                    slots[i] = i;
                    if (random.Next(3) == 0)
                    {
                        whole.SetNull(first + i);
                        whole.SetNull(first + i);
                        plain.AppendNull();
                    }
                    else
                    {
                        plain.Append(i);
                    }
                }
            }
            Assert.Equal(plain.Count, whole.Count);
            Assert.Equal(plain.NullCount, whole.NullCount);
            Assert.True(plain.Validity.SequenceEqual(whole.Validity));
            Assert.True(plain.Values.SequenceEqual(whole.Values));
        }
    }
}
