using Etl.Core.Columns;

namespace Etl.Core.Tests.Columns;

public class ColumnBufferTests
{
    [Theory]
    [InlineData(ColumnType.Bool, typeof(FixedBuffer<bool>))]
    [InlineData(ColumnType.Int32, typeof(FixedBuffer<int>))]
    [InlineData(ColumnType.Date, typeof(FixedBuffer<int>))]
    [InlineData(ColumnType.Int64, typeof(FixedBuffer<long>))]
    [InlineData(ColumnType.Timestamp, typeof(FixedBuffer<long>))]
    [InlineData(ColumnType.Double, typeof(FixedBuffer<double>))]
    [InlineData(ColumnType.Text, typeof(TextBuffer))]
    public void Buffer_of_a_type_has_its_storage(ColumnType type, Type buffer) => Assert.IsType(buffer, ColumnBuffer.Create(type));

    [Fact]
    public void Fixed_cells_and_nulls_are_kept_over_every_growth()
    {
        var buffer = new FixedBuffer<long>();
        for (var i = 0; i < 5_000; i++)
        {
            if (i % 3 == 0) buffer.AppendNull();
            else buffer.Append(i);
        }

        Assert.Equal((5_000, 1_667), (buffer.Count, buffer.NullCount));
        Assert.Equal(79, buffer.Validity.Length);
        for (var i = 0; i < 5_000; i++)
        {
            Assert.Equal(i % 3 == 0, buffer.IsNull(i));
            Assert.Equal(i % 3 == 0 ? 0 : i, buffer.Values[i]);
        }
        Assert.Equal(0UL, buffer.Validity[^1] >> (5_000 % 64));
    }

    [Fact]
    public void Text_cells_and_nulls_are_kept_over_every_growth()
    {
        var buffer = new TextBuffer();
        for (var i = 0; i < 3_000; i++)
        {
            if (i % 5 == 0) buffer.AppendNull();
            else buffer.Append(System.Text.Encoding.UTF8.GetBytes(new string('ü', i % 40)));
        }

        Assert.Equal((3_000, 600, 3_001), (buffer.Count, buffer.NullCount, buffer.Offsets.Length));
        for (var i = 0; i < 3_000; i++) Assert.Equal(i % 5 == 0 ? 0 : i % 40 * 2, buffer[i].Length);
        Assert.Equal(buffer.Bytes.Length, buffer.Offsets[^1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(2_000)]
    public void Whole_buffer_is_appended_as_row_by_row(int rowsBefore)
    {
        foreach (var type in Enum.GetValues<ColumnType>())
        {
            ColumnBuffer source = ColumnBuffer.Create(type), one = ColumnBuffer.Create(type), other = ColumnBuffer.Create(type);
            for (var i = 0; i < 1_500; i++)
            {
                switch (source)
                {
                    case var _ when i % 7 == 0: source.AppendNull(); break;
                    case TextBuffer text: text.Append(System.Text.Encoding.UTF8.GetBytes(new string('é', i % 50))); break;
                    case FixedBuffer<long> whole: whole.Append(i); break;
                    case FixedBuffer<int> whole: whole.Append(i); break;
                    case FixedBuffer<double> real: real.Append(i); break;
                    case FixedBuffer<bool> flag: flag.Append(i % 2 == 0); break;
                }
            }
            for (var i = 0; i < rowsBefore; i++)
            {
                one.AppendFrom(source, i % 11);
                other.AppendFrom(source, i % 11);
            }

            for (var i = 0; i < source.Count; i++) one.AppendFrom(source, i);
            other.AppendAll(source);

            Assert.Equal((one.Count, one.NullCount), (other.Count, other.NullCount));
            Assert.Equal(one.Validity, other.Validity);
            Assert.Equal(Content(one), Content(other));
        }

        static byte[] Content(ColumnBuffer cells) => cells switch
        {
            TextBuffer text => [.. text.Bytes, .. System.Runtime.InteropServices.MemoryMarshal.AsBytes(text.Offsets)],
            FixedBuffer<long> whole => [.. System.Runtime.InteropServices.MemoryMarshal.AsBytes(whole.Values)],
            FixedBuffer<int> whole => [.. System.Runtime.InteropServices.MemoryMarshal.AsBytes(whole.Values)],
            FixedBuffer<double> real => [.. System.Runtime.InteropServices.MemoryMarshal.AsBytes(real.Values)],
            _ => [.. System.Runtime.InteropServices.MemoryMarshal.AsBytes(((FixedBuffer<bool>)cells).Values)],
        };
    }

    [Fact]
    public void Clear_forgets_rows_and_their_nulls()
    {
        var text = new TextBuffer();
        var whole = new FixedBuffer<int>();
        for (var i = 0; i < 70; i++)
        {
            text.Append("x"u8);
            whole.Append(i);
        }
        text.Clear();
        whole.Clear();
        text.AppendNull();
        whole.AppendNull();

        Assert.Equal((1, 1, 0), (text.Count, text.NullCount, text.Bytes.Length));
        Assert.True(text.IsNull(0) && whole.IsNull(0));
        Assert.Equal([0], whole.Values.ToArray());
    }

    [Fact]
    public void Load_without_validity_means_no_nulls_and_later_rows_follow()
    {
        var buffer = new FixedBuffer<double>();
        buffer.Load([1, 2, 3], []);
        buffer.Append(4);
        buffer.AppendNull();

        Assert.Equal([1, 2, 3, 4, 0], buffer.Values.ToArray());
        Assert.Equal([0b01111UL], buffer.Validity.ToArray());
        Assert.Equal(1, buffer.NullCount);
    }

    [Fact]
    public void Load_takes_validity_and_ignores_bits_past_the_end()
    {
        var buffer = new FixedBuffer<int>();
        buffer.Load([10, 0, 30], [0b1111_1101]);
        Assert.Equal([0b101UL], buffer.Validity.ToArray());
        Assert.Equal((3, 1), (buffer.Count, buffer.NullCount));
        buffer.AppendNull();
        Assert.True(buffer.IsNull(3));
    }

    [Fact]
    public void Load_of_text_may_start_within_its_bytes()
    {
        var buffer = new TextBuffer();
        buffer.Load("skip:aböc"u8, [5, 6, 9, 9, 10], [0b1011]);

        Assert.Equal(["a", "bö", "", "c"], Enumerable.Range(0, 4).Select(i => System.Text.Encoding.UTF8.GetString(buffer[i])));
        Assert.Equal([0, 1, 4, 4, 5], buffer.Offsets.ToArray());
        Assert.True(buffer.IsNull(2));
        buffer.Append("d"u8);
        Assert.Equal("aböcd", System.Text.Encoding.UTF8.GetString(buffer.Bytes));
    }

    [Fact]
    public void Load_of_more_rows_than_the_first_size_leaves_room_to_append()
    {
        var whole = new FixedBuffer<long>();
        whole.Load(new long[2_000], []);
        whole.Append(7);
        var text = new TextBuffer();
        text.Load([], new int[2_001], []);
        text.Append("x"u8);
        Assert.Equal((2_001, 2_001), (whole.Count, text.Count));
    }

    [Fact]
    public void Load_of_a_buffer_with_rows_is_refused_and_changes_nothing()
    {
        var whole = new FixedBuffer<int>();
        whole.Append(1);
        var text = new TextBuffer();
        text.Append("kept"u8);

        Assert.Throws<InvalidOperationException>(() => whole.Load([9, 9], []));
        Assert.Throws<InvalidOperationException>(() => text.Load("lost"u8, [0, 2, 4], []));

        Assert.Equal([1], whole.Values.ToArray());
        Assert.Equal("kept", System.Text.Encoding.UTF8.GetString(text[0]));
    }

    [Fact]
    public void AppendFrom_copies_values_and_nulls()
    {
        var from = new TextBuffer();
        from.Append("a"u8);
        from.AppendNull();
        from.Append(""u8);
        var to = new TextBuffer();
        for (var row = 2; row >= 0; row--) to.AppendFrom(from, row);

        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(to.IsNull));
        Assert.Equal("a", System.Text.Encoding.UTF8.GetString(to[2]));

        var flags = new FixedBuffer<bool>();
        flags.Append(true);
        flags.AppendFrom(flags, 0);
        Assert.Equal([true, true], flags.Values.ToArray());
    }

    [Fact]
    public void Batch_has_a_buffer_per_column_and_clears_them_all()
    {
        var batch = new RowBatch(new TableSchema([new Column("id", ColumnType.Text), new Column("plays", ColumnType.Int64)]));
        batch.Text(0).Append("a"u8);
        batch.Fixed<long>(1).Append(1);
        Assert.Equal(1, batch.RowCount);
        batch.Clear();
        Assert.Equal((0, 0), (batch.RowCount, batch[1].Count));
        Assert.Equal(0, new RowBatch(new TableSchema([])).RowCount);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rows_that_are_named_are_those_that_are_taken_one_by_one(bool nulls)
    {
        var schema = new TableSchema([.. Enum.GetValues<ColumnType>().Select(t => new Column(t.ToString(), t))]);
        var random = new Random(4);
        var source = new RowBatch(schema);
        for (var row = 0; row < 3_000; row++)
            for (var column = 0; column < schema.Columns.Count; column++)
                if (nulls && random.Next(4) == 0) source[column].AppendNull();
                else Append(source[column], random);
        var (named, single) = (new RowBatch(schema), new RowBatch(schema));
        for (var round = 0; round < 4; round++)
        {
            int[] rows = [.. Enumerable.Range(0, 1 + round * 900).Select(_ => random.Next(3_000))];
            named.AppendRows(source, rows);
            foreach (var row in rows) single.AppendRow(source, row);
        }
        for (var column = 0; column < schema.Columns.Count; column++)
        {
            Assert.Equal((single[column].Count, single[column].NullCount), (named[column].Count, named[column].NullCount));
            Assert.Equal(single[column].Validity, named[column].Validity);
            switch (named[column])
            {
                case TextBuffer text: Assert.True(text.Bytes.SequenceEqual(single.Text(column).Bytes) && text.Offsets.SequenceEqual(single.Text(column).Offsets)); break;
                case FixedBuffer<long> values: Assert.Equal(single.Fixed<long>(column).Values, values.Values); break;
                case FixedBuffer<int> values: Assert.Equal(single.Fixed<int>(column).Values, values.Values); break;
                case FixedBuffer<double> values: Assert.Equal(single.Fixed<double>(column).Values, values.Values); break;
                case FixedBuffer<bool> values: Assert.Equal(single.Fixed<bool>(column).Values, values.Values); break;
            }
        }

        static void Append(ColumnBuffer cells, Random random)
        {
            switch (cells)
            {
                case TextBuffer text: text.Append(System.Text.Encoding.ASCII.GetBytes(new string((char)('a' + random.Next(26)), random.Next(90)))); break;
                case FixedBuffer<long> values: values.Append(random.NextInt64()); break;
                case FixedBuffer<int> values: values.Append(random.Next()); break;
                case FixedBuffer<double> values: values.Append(random.NextDouble()); break;
                case FixedBuffer<bool> values: values.Append(random.Next(2) == 0); break;
            }
        }
    }
}
