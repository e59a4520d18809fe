using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Parsing.Tests;

public class TablePropertyTests
{
    private static readonly string[] s_delimiters =
        ["|", ",", "/", "\t", "\"", "\\", "é", "¦", "→", "😀", "|~|", "ab", "~~", "|||", "\u0001", "aab", "é¦", "\\u"];

    // Delimiters whose end can be their beginning: a cell may make them ambiguous, which must be refused.
    private static readonly string[] s_doubtful = ["|~|", "~~", "|||"];

    private static readonly string[] s_pieces =
    [
        "", "", "a", "b", "ab", "aa", "|", "~", ";", ",", "/", "\"", "\\", "\\u", "\n", "\r\n", "\t", "\u0001", "é", "¦", "→", "😀", "視聴", "\u2028", "00123", "1_2e3", "nan",
        "Introduction to Advanced Biology", "0_1234e567", "=cmd", " ", "\0", new string('x', 70),
    ];

    private static readonly Gen<string> s_cell = Gen.Elements(s_pieces).ListOf().Where(l => l.Count < 5).Select(string.Concat);

    private static readonly Gen<Case> s_case =
        from delimiter in Gen.Elements(s_delimiters)
        from width in Gen.Choose(1, 6)
        from rows in s_cell.ArrayOf(width).ListOf()
        from style in Gen.Choose(0, 2)
        from dataFirst in Gen.Elements(false, false, true)
        from chunk in Gen.Frequency((3, Gen.Choose(1, 40)), (1, Gen.Constant(int.MaxValue)))
        from batchRows in Gen.Choose(1, 9)
        select new Case(delimiter, width, [.. rows], style, dataFirst, chunk, batchRows);

    public sealed record Case(string Delimiter, int Width, string[][] Rows, int Style, bool DataFirst, int Chunk, int BatchRows)
    {
        public string[] Header => [.. Enumerable.Range(0, Width).Select(i => "c" + i)];

        public byte[] Body => PlainTable.Body(Header, PlainTable.Format(Rows, Delimiter), Delimiter, Style, DataFirst);

        public ReportTableOptions Options => new() { Delimiter = Delimiter, BatchRows = BatchRows };

        public override string ToString() => $"{Delimiter} style {Style} chunk {Chunk} batch {BatchRows} first {DataFirst}: {Encoding.UTF8.GetString(Body)}";
    }

    [Fact]
    public void Rows_that_the_service_formats_come_back_as_it_cleaned_them() => Run(2000, s_case, c =>
    {
        var expected = c.Rows.Select(r => r.Select(x => PlainTable.Clean(x, c.Delimiter)).ToArray()).ToList();
        TableRead read;
        try
        {
            read = Tables.Read(c.Body, c.Options, chunk: c.Chunk);
        }
        catch (ReportFormatException fault) when (s_doubtful.Contains(c.Delimiter) && fault.Code == ReportFormatException.BadRow)
        {
            return;
        }
        Assert.Equal(c.Header, read.Reply.Header);
        Assert.Equal<string?[]>(expected, read.Rows);
        Assert.Equal(7, read.Reply.TotalCount);
        Assert.Equal(expected.Count, read.Reply.Rows);
        Assert.All(read.BatchSizes.SkipLast(1), size => Assert.Equal(c.BatchRows, size));
    });

    [Fact]
    public void Body_cut_anywhere_is_never_a_whole_reply() => Run(60, s_case, c =>
    {
        if (s_doubtful.Contains(c.Delimiter)) return;
        var body = c.Body;
        for (var length = 0; length < body.Length; length++)
        {
            var fault = Assert.Throws<ReportFormatException>(() => Tables.Read(body[..length], c.Options, chunk: c.Chunk));
            Assert.True(fault.IsTransient, $"{length}: {fault.Code} {fault.Message}");
        }
    });

    [Fact]
    public void Damaged_body_is_refused_or_read_as_the_plain_reader_does()
    {
        var damaged =
            from c in s_case
            from kind in Gen.Choose(0, 2)
            from place in Gen.Choose(0, 100_000)
            from value in Gen.Frequency((1, Gen.Choose(0, 255)), (2, Gen.Elements("\"\\;|{}[]:,u0dDéx<".Select(x => (int)(byte)x).ToArray())))
            select (Case: c, Kind: kind, Place: place, Value: (byte)value);
        Run(4000, damaged, d =>
        {
            var body = d.Case.Body;
            var place = d.Place % body.Length;
            body = d.Kind switch
            {
                0 => [.. body[..place], d.Value, .. body[(place + 1)..]],
                1 => [.. body[..place], d.Value, .. body[place..]],
                _ => [.. body[..place], .. body[(place + 1)..]],
            };
            TableRead read;
            try
            {
                read = Tables.Read(body, d.Case.Options, chunk: d.Case.Chunk);
            }
            catch (ReportFormatException)
            {
                return;
            }
            if (!read.Reply.HasData || read.Reply.Header is null) return;
            var plain = PlainTable.Read(body, d.Case.Delimiter);
            Assert.Equal(plain.Header, read.Reply.Header);
            Assert.Equal<string?[]>(plain.Rows, read.Rows);
        });
    }

    [Fact]
    public void Typed_rows_agree_with_the_plain_reader_in_batches_of_any_size()
    {
        var whole = Gen.Frequency(
            (3, Gen.Choose(-1000, 1_000_000).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))), (1, Gen.Elements("", "Unknown", "1.0E+15", "-0", "9223372036854775807")));
        var day = Gen.Frequency((3, Gen.Choose(20250101, 20250131).Select(i => i.ToString(System.Globalization.CultureInfo.InvariantCulture))), (1, Gen.Elements("", "20250230", "Error")));
        var number = Gen.Elements("0", "0.50333333333333", "", "4.0E-5", "NAN", "-12.5", "1.0E+22", "1e400");
        var rows =
            from all in (from a in whole from b in day from c in number from d in s_cell select new[] { PlainTable.Clean(d, "|"), a, b, c }).ListOf()
            from chunk in Gen.Choose(1, 200)
            from batch in Gen.Choose(1, 200)
            select (Rows: all, Chunk: chunk, Batch: batch);
        CellFormat[] formats = [CellFormat.Text, CellFormat.Integer, CellFormat.DayId, CellFormat.Number];
        Run(500, rows, r =>
        {
            string[] header = ["t", "i", "d", "n"];
            var body = PlainTable.Body(header, PlainTable.Format(r.Rows, "|"), "|", 1);
            var read = Tables.Read(body, new ReportTableOptions { BatchRows = r.Batch }, h => Tables.Plan(h, formats), r.Chunk);
            Assert.Equal(r.Rows.Select(row => new[] { row[0], Integer(row[1]), Day(row[2]), Number(row[3]) }), read.Rows);
            var wrong = r.Rows.Sum(row => (row[1] == "Unknown" ? 1 : 0) + (row[2] is "20250230" or "Error" ? 1 : 0) + (row[3] is "NAN" or "1e400" ? 1 : 0));
            Assert.Equal(wrong, read.Faults.Count);
            // Every row with such a cell, and no other, is refused with all its cells as they were sent.
            var refused = r.Rows.Select((row, i) => (Number: i + 1L, Row: row)).Where(x => x.Row[1] == "Unknown" || x.Row[2] is "20250230" or "Error" || x.Row[3] is "NAN" or "1e400").ToList();
            var told = read.Faults.DistinctBy(f => f.Row).ToList();
            Assert.Equal(refused.Select(x => x.Number), told.Select(f => f.Row));
            Assert.Equal(refused.Select(x => x.Row), told.Select(f => System.Text.Json.JsonDocument.Parse(f.RawRow).RootElement.EnumerateObject().Select(p => p.Value.GetString()!).ToArray()));
            Assert.All(told, f => Assert.Equal(header, System.Text.Json.JsonDocument.Parse(f.RawRow).RootElement.EnumerateObject().Select(p => p.Name)));
        });

        static string? Integer(string cell) => cell switch
        {
            "" or "Unknown" => null,
            "-0" => "0",
            "1.0E+15" => "1000000000000000",
            _ => cell,
        };

        static string? Day(string cell) => cell is "" or "20250230" or "Error" ? null : $"{cell[..4]}-{cell[4..6]}-{cell[6..]}";

        static string? Number(string cell) => cell is "" or "NAN" or "1e400"
            ? null
            : double.Parse(cell, System.Globalization.CultureInfo.InvariantCulture).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
    }

    [Fact]
    public void Reader_used_again_after_a_refusal_reads_the_next_reply_whole()
    {
        var reader = new ReportTableReader(new ReportTableOptions());
        var header = new[] { "a", "b" };
        var good = PlainTable.Body(header, "1|2;3|4;", "|");
        for (var length = 1; length < good.Length; length++)
        {
            Assert.Throws<ReportFormatException>(() => Tables.Read(reader, new MemoryStream(good[..length])));
            Assert.Equal([["1", "2"], ["3", "4"]], Tables.Read(reader, new MemoryStream(good)).Rows);
        }
    }

    private static void Run<T>(int count, Gen<T> cases, Action<T> test) =>
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(count), Prop.ForAll(cases.ToArbitrary(), test));
}
