using System.Globalization;
using System.Text;
using CsvHelper;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Parsing.Tests;

/// <summary>The own CSV tokeniser against rows that were written, and against CsvHelper on any text.</summary>
public class CsvFilePropertyTests
{
    private static readonly string[] s_pieces =
    [
        "", "", "a", "bc", "\"", "\"\"", ",", "\n", "\r\n", "\r", "é", "→", "😀", " ", "'", "00123", ";", "\t", "\0", new string('x', 61), new string('y', 64), new string('z', 300),
    ];

    private static readonly Gen<string> s_cell = Gen.Elements(s_pieces).ListOf().Where(l => l.Count < 5).Select(string.Concat);

    private static readonly Gen<Reading> s_reading =
        from chunk in Gen.Frequency((3, Gen.Choose(1, 90)), (1, Gen.Constant(int.MaxValue)))
        from buffer in Gen.Elements(4, 64, 100, 1 << 18)
        from batchRows in Gen.Choose(1, 9)
        select new Reading(chunk, buffer, batchRows);

    private static readonly Gen<Written> s_written =
        from width in Gen.Choose(1, 6)
        from rows in s_cell.ArrayOf(width).ListOf()
        from quoteAll in Gen.Elements(true, false)
        from lineEnd in Gen.Elements("\n", "\r\n", "\r")
        from mark in Gen.Elements(true, false)
        from ended in Gen.Elements(true, false)
        from reading in s_reading
        select new Written(width, [.. rows], quoteAll, lineEnd, mark, ended, reading);

    private static readonly Gen<(Written Written, int[] Columns, int MaxCell)> s_some =
        from written in s_written
        from chosen in Gen.Choose(1, written.Width).ListOf()
        from maxCell in Gen.Elements(int.MaxValue, 1 << 20)
        select (written, chosen.DefaultIfEmpty(written.Width).Select(c => c - 1).Distinct().Order().ToArray(), maxCell);

    // Mostly bytes that mean something, so that most texts are malformed in one way or another.
    private static readonly Gen<(string Text, Reading Reading)> s_any =
        from pieces in Gen.Elements("\"", "\"", ",", ",", "\n", "\r\n", "\r", "a", "é", " ", "", "\"a\"", "\"b\"\"c\"", "\",\"", new string('x', 63)).ListOf()
        from reading in s_reading
        select (string.Concat(pieces), reading);

    public sealed record Reading(int Chunk, int Buffer, int BatchRows);

    public sealed record Written(int Width, string[][] Rows, bool QuoteAll, string LineEnd, bool Mark, bool Ended, Reading Reading)
    {
        public byte[] File
        {
            get
            {
                var text = new StringBuilder(Mark ? "\uFEFF" : "");
                IEnumerable<string[]> all = [[.. Enumerable.Range(0, Width).Select(i => "c" + i)], .. Rows];
                text.AppendJoin(LineEnd, all.Select(r => string.Join(',', r.Select(Cell))));
                // A last row that is one empty cell can only be seen with its line end.
                if (Ended || (Width == 1 && Rows.Length > 0 && Rows[^1][0].Length == 0 && !QuoteAll)) text.Append(LineEnd);
                return Encoding.UTF8.GetBytes(text.ToString());
            }
        }

        private string Cell(string cell) =>
            QuoteAll || cell.AsSpan().IndexOfAny("\",\r\n") >= 0 ? "\"" + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : cell;

        public override string ToString() => $"{Reading} {Encoding.UTF8.GetString(File)}";
    }

    [Fact]
    public void Rows_come_back_as_they_were_written_however_the_bytes_come() => Run(3000, s_written, c =>
    {
        var (file, rows, faults) = CsvFiles.ReadFile(c.File, Options(c.Reading), c.Reading.Chunk);
        Assert.Equal<string?[]>(c.Rows, rows);
        Assert.Empty(faults);
        Assert.Equal((c.Rows.Length, c.File.Length), ((int)file.Rows, (int)file.Bytes));
    });

    [Fact]
    public void Some_columns_are_read_as_they_are_read_among_all() => Run(3000, s_some, c =>
    {
        var (written, columns, maxCell) = c;
        // Cells that may be too long are all looked at; where none can be, the others are not cut out.
        var (file, rows, _) = CsvFiles.ReadFile(written.File, Options(written.Reading) with { MaxCellBytes = maxCell }, written.Reading.Chunk, header => Tables.Some(header, columns));
        Assert.Equal<string?[]>(written.Rows.Select(r => columns.Select(i => r[i]).ToArray()), rows);
        Assert.Equal((written.Rows.Length, written.File.Length), ((int)file.Rows, (int)file.Bytes));
    });

    [Fact]
    public void Fault_is_the_same_whatever_columns_are_read() => Run(3000, s_any, c =>
    {
        var bytes = Encoding.UTF8.GetBytes("c0,c1,c2\n" + c.Text);
        Assert.Equal(Fault(Tables.AllText), Fault(header => Tables.Some(header, [1])));

        string Fault(Func<IReadOnlyList<string>, TablePlan> bind)
        {
            try
            {
                return CsvFiles.ReadFile(bytes, Options(c.Reading) with { MaxCellBytes = int.MaxValue }, c.Reading.Chunk, bind).File.Rows.ToString(CultureInfo.InvariantCulture);
            }
            catch (ReportFormatException fault)
            {
                return $"{fault.Code} {fault.ByteOffset} {fault.Message}";
            }
        }
    });

    [Fact]
    public void Any_text_is_read_as_CsvHelper_reads_it_or_refused_where_it_complains() => Run(20_000, s_any, c =>
    {
        var bytes = Encoding.UTF8.GetBytes(c.Text);
        var expected = Oracle(bytes, out var malformed);
        List<string[]> found = [];
        try
        {
            var rows = new CsvRows(new ChunkedStream(bytes, c.Reading.Chunk), 1 << 20, c.Reading.Buffer);
            while (rows.MoveAsync(default).AsTask().GetAwaiter().GetResult()) found.Add(rows.TakeRecord());
        }
        catch (ReportFormatException fault)
        {
            Assert.True(malformed, $"{Show(c.Text)} was refused: {fault.Message}");
            return;
        }
        Assert.False(malformed, $"{Show(c.Text)} was read as {string.Join(" / ", found.Select(r => string.Join(" | ", r)))}");
        Assert.Equal(expected, found);
    });

    [Fact]
    public void Fault_is_the_same_however_the_bytes_come() => Run(3000, s_any, c =>
    {
        var bytes = Encoding.UTF8.GetBytes("c0,c1\n" + c.Text);
        Assert.Equal(Outcome(bytes, new CsvReadOptions(), int.MaxValue), Outcome(bytes, Options(c.Reading), c.Reading.Chunk));
    });

    [Fact]
    public void Every_cut_between_two_reads_gives_the_same_rows()
    {
        var file = Encoding.UTF8.GetBytes("\uFEFFa,\"b\"\"\",c\r\n\"x, \"\"y\"\"\r\nz\",é😀,\r\n,\"\",\"\"\"\"\r\nlast,\"→\n\",end");
        var expected = CsvFiles.ReadFile(file).Rows;
        Assert.Equal([["x, \"y\"\r\nz", "é😀", ""], ["", "", "\""], ["last", "→\n", "end"]], expected);
        for (var cut = 1; cut < file.Length; cut++)
            foreach (var buffer in new[] { 4, 64, 1 << 18 })
                Assert.Equal(expected, CsvFiles.ReadFile(new CutStream(file, cut), new CsvReadOptions { BufferBytes = buffer }).Rows);
    }

    private static CsvReadOptions Options(Reading reading) => new() { BatchRows = reading.BatchRows, BufferBytes = reading.Buffer };

    private static string Outcome(byte[] bytes, CsvReadOptions options, int chunk)
    {
        try
        {
            return string.Join(" / ", CsvFiles.ReadFile(bytes, options, chunk).Rows.Select(r => string.Join(" | ", r)));
        }
        catch (ReportFormatException fault)
        {
            return $"{fault.Code} {fault.ByteOffset} {fault.Message}";
        }
    }

    private static List<string[]> Oracle(byte[] bytes, out bool malformed)
    {
        var bad = false;
        List<string[]> records = [];
        using var reader = CsvReader.Create(new MemoryStream(bytes), new CsvReaderOptions
        {
            Separator = ',', HasHeader = false, Mode = CsvMode.Rfc4180, SkipEmptyLines = false, DetectSeparatorHint = false,
            MalformedData = CsvMalformedDataHandling.Recover, OnMalformedRecord = _ => bad = true,
        });
        while (reader.Read()) records.Add([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
        malformed = bad;
        return records;
    }

    private static string Show(string text) => text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    private static void Run<T>(int count, Gen<T> gen, Action<T> check) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(gen.ToArbitrary(), check));

    /// <summary>Gives the bytes in two pieces.</summary>
    private sealed class CutStream(byte[] bytes, int cut) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(Position < cut ? buffer[..Math.Min(buffer.Length, cut - (int)Position)] : buffer, cancellationToken);
    }
}
