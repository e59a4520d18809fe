using System.Text;

namespace Etl.Parsing.Tests;

/// <summary>CSV files with a header: single cases, faults with their line and column, limits.</summary>
public class CsvFileTests
{
    private static ReportFormatException Refused(string file, CsvReadOptions? options = null) => Refused(Encoding.UTF8.GetBytes(file), options);

    private static ReportFormatException Refused(byte[] file, CsvReadOptions? options = null) =>
        Assert.Throws<ReportFormatException>(() => CsvFiles.ReadFile(file, options));

    [Fact]
    public void Cells_are_typed_by_the_plan_and_faults_name_their_line()
    {
        var file = "id,plays,minutes\n\"two\nlines\",1,2.5\n00123,x,\n1e5,7,\"y\"\n"u8.ToArray();
        var (read, rows, faults) = CsvFiles.ReadFile(file, bind: h => Tables.Plan(h, [CellFormat.Text, CellFormat.Integer, CellFormat.Number]));
        Assert.Equal([["two\nlines", "1", "2.5"], ["00123", null, null], ["1e5", "7", null]], rows);
        Assert.Equal([(2L, 4L, "plays", "x"), (3L, 5L, "minutes", "y")], faults.Select(f => (f.Row, f.Line!.Value, f.Column, f.Raw)));
        Assert.Equal((3L, (long)file.Length), (read.Rows, read.Bytes));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\r")]
    [InlineData("\n")]
    [InlineData("\r\n\r\n\r")]
    public void Lines_are_counted_through_any_line_ends_and_reads(string end)
    {
        // Line ends inside quotes count too, and pairs may lie across every border of reads and vectors.
        var random = new Random(7);
        var (text, expected, line) = (new System.Text.StringBuilder("n,t\n"), new List<long>(), 2L);
        for (var row = 0; row < 500; row++)
        {
            var inside = random.Next(3) == 0 ? end + new string('x', random.Next(70)) : new string('x', random.Next(70));
            text.Append("bad,\"").Append(inside).Append('"').Append(end);
            expected.Add(line);
            line += Ends(inside) + Ends(end);
        }
        var file = System.Text.Encoding.ASCII.GetBytes(text.ToString());
        foreach (var chunk in new[] { 7, 1000, int.MaxValue })
        {
            var (_, _, faults) = CsvFiles.ReadFile(file, chunk: chunk, bind: h => Tables.Plan(h, [CellFormat.Integer, CellFormat.Text]));
            Assert.Equal(expected, faults.Select(f => f.Line!.Value));
        }

        static int Ends(string text) => text.Replace("\r\n", "\n", StringComparison.Ordinal).Count(c => c is '\r' or '\n');
    }

    [Fact]
    public async Task Read_ahead_fills_one_batch_while_the_receiver_has_another()
    {
        var file = System.Text.Encoding.ASCII.GetBytes("n\n" + string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i}\n")));
        var rows = new List<string?>();
        var inside = 0;
        var read = await CsvFileReader.ReadAsync(
            new ChunkedStream(file, 64), new CsvReadOptions { BatchRows = 10, BatchesAhead = 2 }, Tables.AllText,
            async (batch, _) =>
            {
                Assert.Equal(1, Interlocked.Increment(ref inside));
                await Task.Yield();
                for (var row = 0; row < batch.RowCount; row++) rows.Add(Tables.Cell(batch, 0, row));
                Interlocked.Decrement(ref inside);
            },
            default);
        Assert.Equal(1000, read.Rows);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}"), rows);
    }

    [Fact]
    public async Task Read_ahead_tells_the_receivers_fault_and_waits_for_it_when_the_file_is_bad()
    {
        var options = new CsvReadOptions { BatchRows = 1, BatchesAhead = 2 };
        await Assert.ThrowsAsync<IOException>(() => CsvFileReader.ReadAsync(
            new ChunkedStream("n\n1\n2\n3\n"u8.ToArray(), 3), options, Tables.AllText, (_, _) => ValueTask.FromException(new IOException("The disk is full.")), default));
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var reading = CsvFileReader.ReadAsync(new ChunkedStream("n\n1\n2,3\n"u8.ToArray(), 3), options, Tables.AllText, (_, _) => new ValueTask(release.Task), default);
        Assert.False(reading.IsCompleted);
        release.SetResult();
        await Assert.ThrowsAsync<ReportFormatException>(() => reading);
    }

    [Fact]
    public void Empty_lines_are_passed_over_and_are_cells_in_a_file_of_one_column()
    {
        Assert.Equal([["1", "2"], ["3", "4"]], CsvFiles.ReadFile("a,b\n\n1,2\r\n\r\n\n3,4\n\n"u8.ToArray()).Rows);
        Assert.Equal([[""], ["1"], [""]], CsvFiles.ReadFile("a\n\n1\n\n"u8.ToArray()).Rows);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3\n", "bad-row", "The row in line 3 has 1 cells, the header 2: 'b' (column 2) is missing.")]
    [InlineData("a,b\n1,2\n3", "truncated", "The file ends in line 3, behind 1 of 2 cells and without a line end: it was cut.")]
    [InlineData("a,b\n1,2\n3,4,5\n", "bad-row", "The row in line 3 has 3 cells, the header 2: column 3 has no name.")]
    [InlineData("a,b\n\"x\ny\",2\n3,4,5\n", "bad-row", "The row in line 4 has 3 cells")]
    [InlineData("a,b\n1,x\"y\n", "bad-row", "A quote stands in line 2, column 2, inside a cell that does not begin with one.")]
    [InlineData("a,b\n1,2\n\"x\"y,2\n", "bad-row", "Text follows the closing quote in line 3, column 1.")]
    [InlineData("a,b\n1,2\n3,\"x\n", "truncated", "inside quotes that were opened in line 3")]
    [InlineData("a,b\r1,2\r3,4,5\r", "bad-row", "The row in line 3 has 3 cells")]
    [InlineData("a,a\n1,2\n", "bad-header", "'a' twice")]
    [InlineData("a,\n1,2\n", "bad-header", "Name 2 of the header is empty")]
    [InlineData("", "empty-body", "The file is empty")]
    [InlineData("\uFEFF", "empty-body", "The file is empty")]
    public void Unsound_file_is_refused_with_line_and_column(string file, string code, string words)
    {
        var fault = Refused(file);
        Assert.Equal(code, fault.Code);
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_told_with_line_column_and_byte()
    {
        var fault = Refused([.. "a,b\nx,y\n1,"u8, 0xFF, .. "2\n"u8]);
        Assert.Equal(("bad-utf8", 10L), (fault.Code, fault.ByteOffset!.Value));
        Assert.Contains("line 3, column 2", fault.Message, StringComparison.Ordinal);
        // A character that the end of the file cuts.
        Assert.Equal("bad-utf8", Refused([.. "a,b\n1,"u8, 0xC3]).Code);
    }

    [Fact]
    public void Rows_before_a_fault_were_handed_out()
    {
        var rows = new List<string?[]>();
        Assert.Throws<ReportFormatException>(() => CsvFileReader.ReadAsync(
            new MemoryStream("a\n1\n2\n\"x\"y\n"u8.ToArray()), new CsvReadOptions { BatchRows = 1 }, Tables.AllText,
            (batch, _) =>
            {
                rows.Add([Tables.Cell(batch, 0, 0)]);
                return ValueTask.CompletedTask;
            },
            default).GetAwaiter().GetResult());
        Assert.Equal([["1"], ["2"]], rows);
    }

    [Fact]
    public void Very_long_cells_are_read_up_to_the_limit_of_a_row()
    {
        var cell = new string('x', 3_000_000) + "\"\"" + new string('é', 500_000);
        var (_, rows, _) = CsvFiles.ReadFile(Encoding.UTF8.GetBytes($"a,b\n\"{cell}\",2\n3,4\n"), new CsvReadOptions { MaxCellBytes = int.MaxValue }, chunk: 16 * 1024);
        Assert.Equal(cell.Replace("\"\"", "\"", StringComparison.Ordinal), rows[0][0]);
        Assert.Equal<string?[]>([["3", "4"]], rows[1..]);
        var fault = Refused($"a,b\n1,2\n\"{cell}\",2\n", new CsvReadOptions { MaxRecordBytes = 1 << 20 });
        Assert.Equal("too-large", fault.Code);
        Assert.Contains("line 3", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Row_that_cannot_be_typed_is_told_as_it_was_sent_however_the_bytes_come()
    {
        var file = "id,plays,name\n1,2,one\n2,many,\"say \"\"hi\"\", é\"\n3,4,three\n4,~,\"two\nlines\"\n"u8.ToArray();
        for (var chunk = 1; chunk <= file.Length; chunk++)
        {
            for (var batch = 1; batch <= 4; batch++)
            {
                var (_, rows, faults) = CsvFiles.ReadFile(
                    file, new CsvReadOptions { BatchRows = batch }, chunk, h => Tables.Plan(h, [CellFormat.Text, CellFormat.Integer, CellFormat.Text]));
                Assert.Equal<string?[]>([["1", "2", "one"], ["2", null, "say \"hi\", é"], ["3", "4", "three"], ["4", null, "two\nlines"]], rows);
                Assert.Equal(
                    [
                        new CellFault(2, "plays", "many", "is not a whole number of 64 bits", """{"id":"2","plays":"many","name":"say \"hi\", é"}""", 3),
                        new CellFault(4, "plays", "~", "is not a whole number of 64 bits", """{"id":"4","plays":"~","name":"two\nlines"}""", 5),
                    ],
                    faults);
            }
        }
    }

    [Fact]
    public void Memory_does_not_grow_with_the_file()
    {
        // One pass warms up; ten times the rows must not allocate more than a few buffers.
        Assert.InRange(Allocated(200_000) - Allocated(20_000), -200_000, 200_000);

        static ValueTask NoneRefused(Etl.Core.Columns.RowBatch batch)
        {
            Assert.Empty(batch.Refused);
            return ValueTask.CompletedTask;
        }

        static long Allocated(int rows)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            using var stream = new RepeatingStream("a,b,c\n"u8.ToArray(), "\"text, \"\"quoted\"\"\",12345,plain text\r\n"u8.ToArray(), rows);
            var read = CsvFileReader.ReadAsync(
                stream, new CsvReadOptions(), h => Tables.Plan(h, [CellFormat.Text, CellFormat.Integer, CellFormat.Text]), (batch, _) => NoneRefused(batch), default).GetAwaiter().GetResult();
            Assert.Equal(rows, read.Rows);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private sealed class RepeatingStream(byte[] head, byte[] row, int rows) : Stream
    {
        private long _place;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => head.Length + ((long)row.Length * rows);

        public override long Position
        {
            get => _place;
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var length = (int)Math.Min(buffer.Length, Length - _place);
            for (var i = 0; i < length; i++, _place++) buffer[i] = _place < head.Length ? head[_place] : row[(_place - head.Length) % row.Length];
            return length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
