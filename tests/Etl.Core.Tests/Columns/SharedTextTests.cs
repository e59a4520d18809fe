using System.Text;
using Etl.Core.Columns;

namespace Etl.Core.Tests.Columns;

/// <summary>Texts that are places in a text which they share are the same texts, whoever asks for them and however.</summary>
public sealed class SharedTextTests
{
    private const int Rows = 500;

    private static readonly string[] s_entries = ["", "a", "böc", "d\0e", new string('x', 63), new string('y', 64), new string('z', 65), "the last"];

    [Theory]
    [InlineData(0)]
    [InlineData(Rows)]
    public void They_are_the_same_for_each_question(int nullEvery)
    {
        var (shared, own) = (Shared(nullEvery), Own(nullEvery));
        Assert.Equal((own.Count, own.NullCount), (shared.Count, shared.NullCount));
        for (var row = 0; row < Rows; row++)
        {
            Assert.Equal((own.IsNull(row), own.LengthOf(row), Encoding.UTF8.GetString(own[row])), (shared.IsNull(row), shared.LengthOf(row), Encoding.UTF8.GetString(shared[row])));
            var (one, other) = (new byte[own.LengthOf(row) + TextBuffer.Slack], new byte[own.LengthOf(row) + TextBuffer.Slack]);
            Assert.Equal(own.CopyRow(row, one), shared.CopyRow(row, other));
            Assert.Equal(one[..own.LengthOf(row)], other[..own.LengthOf(row)]);
        }
        Assert.Equal(own.RowWithNul(), shared.RowWithNul());
        var (lengths, others) = (Enumerable.Range(0, 100).ToArray(), Enumerable.Range(0, 100).ToArray());
        own.AddLengths(64, lengths);
        shared.AddLengths(64, others);
        Assert.Equal(lengths, others);
        AssertSame(own, shared);
        // Now it holds them itself.
        AssertSame(own, shared);
        Assert.Equal(own.RowWithNul(), shared.RowWithNul());
    }

    [Fact]
    public void They_are_copied_to_another_buffer_and_followed_by_rows()
    {
        int[] rows = [7, 3, 3, 499, 0, 250];
        Action<TextBuffer, TextBuffer>[] changes =
        [
            (to, from) => to.AppendAll(from),
            (to, from) => to.AppendRange(from, 3, 100),
            (to, from) => to.AppendRows(from, rows),
            (to, from) => to.AppendFrom(from, 3),
            (to, _) => to.AppendNull(),
            (to, _) => to.Append("more"u8),
            (to, _) => Fill(to),
            (to, _) => to.Clear(),
            (to, _) => { to.Clear(); to.Append("other"u8); },
        ];
        foreach (var change in changes)
        {
            foreach (var from in (TextBuffer[])[Own(10), Shared(10)])
            {
                var (expected, found) = (Own(10), Shared(10));
                change(expected, Own(10));
                change(found, from);
                AssertSame(expected, found);
                expected.Append("behind it"u8);
                found.Append("behind it"u8);
                AssertSame(expected, found);
            }
        }

        static void Fill(TextBuffer to)
        {
            var ends = to.Extend(2, 3, out var room, out var first);
            "abc"u8.CopyTo(room);
            (ends[0], ends[1]) = (first + 1, first + 3);
        }
    }

    [Fact]
    public void A_NUL_counts_where_a_row_holds_it()
    {
        var text = "a\0b"u8.ToArray();
        var buffer = new TextBuffer();
        buffer.LoadShared(text, text, 3, [0, 2, 0], [1, 1, 0], []);
        Assert.Equal(-1, buffer.RowWithNul());
        buffer.Clear();
        buffer.LoadShared(text, text, 3, [0, 2, 1, 0], [1, 1, 1, 3], []);
        Assert.Equal(2, buffer.RowWithNul());
        // What stands behind the text means nothing.
        buffer.Clear();
        buffer.LoadShared(new object(), "ab\0"u8.ToArray(), 2, [0], [2], []);
        Assert.Equal(-1, buffer.RowWithNul());
        // Another text, though the array is the same.
        text[1] = (byte)'-';
        buffer.Clear();
        buffer.LoadShared(new object(), text, 3, [0], [3], []);
        Assert.Equal(-1, buffer.RowWithNul());
        Assert.Equal("a-b", Encoding.UTF8.GetString(buffer.Bytes));
    }

    [Fact]
    public void A_buffer_with_rows_does_not_take_them()
    {
        var buffer = new TextBuffer();
        buffer.Append("kept"u8);
        Assert.Throws<InvalidOperationException>(() => buffer.LoadShared(buffer, "lost"u8.ToArray(), 4, [0], [4], []));
        Assert.Equal("kept", Encoding.UTF8.GetString(buffer[0]));
    }

    [Fact]
    public void They_are_forgotten_when_others_are_loaded()
    {
        var buffer = new TextBuffer();
        buffer.LoadShared(buffer, "old"u8.ToArray(), 3, [], [], []);
        buffer.Load("new"u8, [0, 3], []);
        Assert.Equal(("new", 3), (Encoding.UTF8.GetString(buffer[0]), buffer.LengthOf(0)));
    }

    [Fact]
    public void More_text_than_fits_into_one_buffer_is_refused()
    {
        var text = new byte[1 << 20];
        var buffer = new TextBuffer();
        buffer.LoadShared(text, text, text.Length, new int[2_048], Enumerable.Repeat(1 << 20, 2_048).ToArray(), []);
        Assert.Throws<OverflowException>(() => buffer.Bytes.Length);
        Assert.Throws<OverflowException>(() => buffer.AddLengths(0, Enumerable.Repeat(int.MaxValue, 10).ToArray()));
    }

    private static bool IsNull(int row, int nullEvery) => nullEvery > 0 && row % nullEvery == nullEvery - 1;

    private static TextBuffer Own(int nullEvery)
    {
        var buffer = new TextBuffer();
        for (var row = 0; row < Rows; row++)
        {
            if (IsNull(row, nullEvery)) buffer.AppendNull();
            else buffer.Append(Encoding.UTF8.GetBytes(s_entries[row % s_entries.Length]));
        }
        return buffer;
    }

    private static TextBuffer Shared(int nullEvery)
    {
        var text = Encoding.UTF8.GetBytes(string.Concat(s_entries));
        var (starts, lengths, validity) = (new int[Rows], new int[Rows], new ulong[(Rows + 63) / 64]);
        for (var row = 0; row < Rows; row++)
        {
            if (IsNull(row, nullEvery)) continue;
            validity[row >> 6] |= 1UL << (row & 63);
            starts[row] = Encoding.UTF8.GetByteCount(string.Concat(s_entries.Take(row % s_entries.Length)));
            lengths[row] = Encoding.UTF8.GetByteCount(s_entries[row % s_entries.Length]);
        }
        var buffer = new TextBuffer();
        buffer.LoadShared(text, text, text.Length, starts, lengths, validity);
        return buffer;
    }

    private static void AssertSame(TextBuffer expected, TextBuffer found)
    {
        Assert.Equal((expected.Count, expected.NullCount), (found.Count, found.NullCount));
        Assert.Equal(expected.Validity.ToArray(), found.Validity.ToArray());
        Assert.Equal(expected.Offsets.ToArray(), found.Offsets.ToArray());
        Assert.Equal(Encoding.UTF8.GetString(expected.Bytes), Encoding.UTF8.GetString(found.Bytes));
    }
}
