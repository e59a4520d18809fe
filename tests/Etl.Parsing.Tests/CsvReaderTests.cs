using System.Text;

namespace Etl.Parsing.Tests;

/// <summary>Report files and custom files, whole and damaged.</summary>
public class CsvReaderTests
{
    private const string Dashes = "\"# ------------------------------------\"\n";

    private static readonly string s_head = "\uFEFF\"Weekly\"\n\"Tuesday, July 1, 2025\",\"Thursday, July 3, 2025\"\n\"all entries\"\n" + Dashes + "\"\"\n";

    private static readonly string s_graph = Dashes + "\"# Graph\"\n" + Dashes + "\"\"\n";

    private static readonly string s_table =
        "\"\"\n" + Dashes + "\"# Table\",\"\",\"Total Count\",\"3\"\n" + Dashes
        + "\"Entry\",\"Name\",\"Delta\"\n\"1_a\",\"He said \"\"hi\"\", ok; yes\",\"3\"\n\"1_b\",\"'=SUM(A1)\",\"'-4\"\n\"1_c\",\"two\nlines\",\"1.0E-5\"\n";

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static ReportFormatException RefusedReport(string file, CsvReadOptions? options = null, int chunk = int.MaxValue) =>
        Assert.Throws<ReportFormatException>(() => CsvFiles.ReadReport(Bytes(file), options, chunk));

    private static ReportFormatException RefusedCustom(string file, CsvReadOptions? options = null, int chunk = int.MaxValue) =>
        Assert.Throws<ReportFormatException>(() => CsvFiles.ReadCustom(Bytes(file), options, chunk: chunk));

    [Fact]
    public void Report_file_lands_typed_with_its_guards_taken_off()
    {
        var (report, rows, faults) = CsvFiles.ReadReport(
            Bytes(s_head + s_graph + s_table), bind: h => Tables.Plan(h, [CellFormat.Text, CellFormat.Text, CellFormat.Number]));
        Assert.Equal([["1_a", "He said \"hi\", ok; yes", "3"], ["1_b", "=SUM(A1)", "-4"], ["1_c", "two\nlines", "1E-05"]], rows);
        Assert.Empty(faults);
        Assert.Equal((3L, 3L), (report.Rows, report.AnnouncedRows));
        Assert.Equal(64, report.Sha256.Length);
    }

    [Fact]
    public void Report_file_with_points_in_its_graph_and_totals_reads_all_sections()
    {
        var file = s_head + s_graph + "\"Jul 2025\",\"4\"\n\"Aug 2025\",\"'-1\"\n\"\"\n" + Dashes + "\"# Total\"\n" + Dashes + "\"Plays\",\"Minutes\"\n\"'-12\",\"34.5\"\n" + s_table;
        var (report, rows, _) = CsvFiles.ReadReport(Bytes(file), chunk: 5);
        Assert.Equal([new("Jul 2025", "4"), new("Aug 2025", "'-1")], report.Graph!);
        Assert.Equal(["'-12", "34.5"], report.Totals!.Row);
        Assert.Equal(["-12", "34.5"], report.Totals.Unguarded);
        Assert.Equal(3, rows.Count);
    }

    [Fact]
    public void Report_file_without_a_graph_section_reads() => Assert.Equal(3, CsvFiles.ReadReport(Bytes(s_head + s_table)).Rows.Count);

    [Fact]
    public async Task Long_cells_make_batches_of_fewer_rows()
    {
        var cell = new string('x', 1000);
        var rows = string.Concat(Enumerable.Range(0, 50).Select(i => $"\"{i}\",\"{cell}\",\"1\"\n"));
        var options = new CsvReadOptions { BatchBytes = 5000 };
        foreach (var read in new Func<Func<Etl.Core.Columns.RowBatch, CancellationToken, ValueTask>, Task>[]
        {
            take => CsvReportReader.ReadAsync(new MemoryStream(Bytes(s_head + s_table + rows)), options, Tables.AllText, take, default),
            take => CustomCsvReader.ReadAsync(new MemoryStream(Bytes("\uFEFFa,b,c\n" + rows)), options, Tables.AllText, take, default),
            take => CsvFileReader.ReadAsync(new ChunkedStream(Bytes("a,b,c\n" + rows), 3000), options, Tables.AllText, take, default),
        })
        {
            var sizes = new List<int>();
            await read((batch, _) =>
            {
                sizes.Add(batch.RowCount);
                return ValueTask.CompletedTask;
            });
            Assert.InRange(sizes.Sum(), 50, 53);
            Assert.All(sizes, size => Assert.InRange(size, 1, 8));
        }
    }

    [Theory]
    [InlineData("'-4", "-4")]
    [InlineData("'+5", "+5")]
    [InlineData("'=x", "=x")]
    [InlineData("'@h", "@h")]
    [InlineData("',a", ",a")]
    [InlineData("'x", "'x")]
    [InlineData("''-4", "''-4")]
    [InlineData("-4", "-4")]
    [InlineData("'", "'")]
    [InlineData("", "")]
    public void Guard_is_taken_off_before_its_five_characters_only(string cell, string expected)
    {
        Assert.Equal(expected, CsvReportReader.Unguard(cell));
        Assert.Equal(expected, Encoding.UTF8.GetString(CsvReportReader.Unguard(Bytes(cell))));
    }

    [Fact]
    public void Report_file_cut_inside_a_line_is_never_whole()
    {
        var file = Bytes(s_head + s_graph + s_table);
        for (var length = 0; length < file.Length; length++)
        {
            // A cut behind a line cannot be seen when sections or rows just stop; the transfer's own length guards that.
            if (length > 0 && file[length - 1] == (byte)'\n' && Encoding.UTF8.GetString(file[..length]).Count(c => c == '"') % 2 == 0) continue;
            foreach (var chunk in (int[])[1, int.MaxValue])
                Assert.Throws<ReportFormatException>(() => CsvFiles.ReadReport(file[..length], chunk: chunk));
        }
    }

    [Fact]
    public void Damaged_files_raise_nothing_else()
    {
        var random = new Random(4);
        var report = Bytes(s_head + s_graph + s_table);
        var custom = Vector.Get("csvparams-3007").File;
        for (var i = 0; i < 4000; i++)
        {
            byte[] bad = [.. i % 2 == 0 ? report : custom];
            bad[random.Next(bad.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)"\",\n\r'#"[random.Next(6)];
            try
            {
                _ = i % 2 == 0
                    ? (object)CsvFiles.ReadReport(bad, chunk: random.Next(1, 50), bind: ByPlace)
                    : CsvFiles.ReadCustom(bad, chunk: random.Next(1, 50), bind: ByPlace);
            }
            catch (ReportFormatException)
            {
            }
        }

        // Labels are the request's own: they may repeat.
        static TablePlan ByPlace(IReadOnlyList<string> header) => Tables.AllText([.. header.Select((_, i) => "c" + i)]);
    }

    [Fact]
    public void Damaged_report_file_is_refused_with_its_code()
    {
        Assert.Equal("empty-body", RefusedReport("").Code);
        Assert.Equal("html", RefusedReport("<html>").Code);
        Assert.Equal("not-json", RefusedReport("{\"a\":1}").Code);
        Assert.Equal("bad-header", RefusedReport("a,b\n1,2\n").Code);
        Assert.Equal("bad-row", RefusedReport(s_head + s_table + "\"1_d\",\"x\"\n").Code);
        Assert.Equal(4L, RefusedReport(s_head + s_table + "\"1_d\",\"x\",\"1\",\"2\"\n").Row);
        Assert.Equal("bad-row", RefusedReport(s_head + s_table + "\"1_d\",\"x\"y,\"1\"\n").Code);
        Assert.Equal("truncated", RefusedReport(s_head + s_table + "\"1_d\",\"x\",\"1").Code);
        Assert.Equal("truncated", RefusedReport(s_head + s_table + "\"1_d\",\"x\",\"1\"").Code);
        Assert.Equal("bad-header", RefusedReport(s_head + "\"stray\"\n").Code);
        Assert.Equal("bad-header", RefusedReport(s_head + Dashes + "\"# Other\"\n" + Dashes).Code);
    }

    [Fact]
    public void Error_object_instead_of_a_file_is_told_as_one()
    {
        var body = Bytes("{\"code\":\"SERVICE_FORBIDDEN\",\"message\":\"m\",\"objectType\":\"KalturaAPIException\",\"args\":[]}");
        foreach (var chunk in (int[])[1, int.MaxValue])
        {
            Assert.Equal("SERVICE_FORBIDDEN", CsvFiles.ReadReport(body, chunk: chunk).Report.Error!.Code);
            Assert.Equal("SERVICE_FORBIDDEN", CsvFiles.ReadCustom(body, chunk: chunk).File.Error!.Code);
        }
    }

    [Fact]
    public void Custom_file_of_the_wire_facts_reads()
    {
        var (file, rows, _) = CsvFiles.ReadCustom(Bytes(
            "\uFEFFdate,user_id,entry_id,entry_name,sum_minutes_viewed\n20250701,ann@example.com,1_a,\"Intro \"\"A\"\"  part 1\",12.5\n20250701,,1_b,\"Plain\",0\n"),
            bind: h => Tables.Plan(h, [CellFormat.DayId, CellFormat.Text, CellFormat.Text, CellFormat.Text, CellFormat.Number]));
        Assert.Equal([["2025-07-01", "ann@example.com", "1_a", "Intro \"A\"  part 1", "12.5"], ["2025-07-01", "", "1_b", "Plain", "0"]], rows);
        Assert.Equal(2, file.Rows);
    }

    [Theory]
    [InlineData("\"plain\"", "plain")]
    [InlineData("\"a \"\"b\"\"\"", "a \"b\"")]
    [InlineData("\"Best\" of", "\"Best\" of")]
    [InlineData("\"a\" and \"b\"", "\"a\" and \"b\"")]
    [InlineData("He said \"hi\"", "He said \"hi\"")]
    [InlineData("\"", "\"")]
    [InlineData("\"\"", "")]
    [InlineData("\"\"\"", "\"\"\"")]
    [InlineData("'-4", "'-4")]
    [InlineData(" x ", " x ")]
    public void Custom_cell_loses_quotes_only_when_they_quote_the_whole(string cell, string expected)
    {
        var rows = CsvFiles.ReadCustom(Bytes($"a,b\n{cell},1\n")).Rows;
        Assert.Equal([[expected, "1"]], rows);
    }

    [Fact]
    public void Custom_file_with_an_empty_row_of_one_column_keeps_it() => Assert.Equal([["x"], [""], ["y"]], CsvFiles.ReadCustom(Bytes("a\nx\n\ny\n")).Rows);

    [Fact]
    public void Damaged_custom_file_is_refused_with_its_code()
    {
        Assert.Equal("empty-body", RefusedCustom("").Code);
        Assert.Equal("html", RefusedCustom("<html>").Code);
        Assert.Equal(("bad-row", 2L), (RefusedCustom("a,b\n1,2\n3\n").Code, RefusedCustom("a,b\n1,2\n3\n").Row));
        Assert.Equal("bad-row", RefusedCustom("a,b\n1,two\nlines\n").Code);
        Assert.Equal("truncated", RefusedCustom("a,b\n1,2").Code);
        Assert.Equal("bad-header", RefusedCustom("a,a\n1,2\n").Code);
        Assert.Equal("bad-header", RefusedCustom("a,\n1,2\n").Code);
        Assert.Equal("too-large", RefusedCustom("a,b,c\n1,2,3\n", new CsvReadOptions { MaxColumns = 2 }).Code);
    }

    [Theory]
    [InlineData(99, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    public void File_and_record_up_to_the_limit_are_read(int length, bool isRead)
    {
        var file = "a\n" + new string('x', length - 3) + "\n";
        foreach (var chunk in (int[])[1, int.MaxValue])
        {
            if (isRead) Assert.Single(CsvFiles.ReadCustom(Bytes(file), new CsvReadOptions { MaxFileBytes = 100 }, chunk).Rows);
            else Assert.Equal("too-large", RefusedCustom(file, new CsvReadOptions { MaxFileBytes = 100 }, chunk).Code);
            var record = "a\n" + new string('x', length) + "\n";
            if (isRead) Assert.Single(CsvFiles.ReadCustom(Bytes(record), new CsvReadOptions { MaxRecordBytes = 100 }, chunk).Rows);
            else Assert.Equal("too-large", RefusedCustom(record, new CsvReadOptions { MaxRecordBytes = 100 }, chunk).Code);
        }
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused_across_chunks()
    {
        foreach (var chunk in (int[])[1, 2, 3, int.MaxValue])
        {
            var fault = Assert.Throws<ReportFormatException>(() => CsvFiles.ReadCustom([.. Bytes("a\né"), 0xE8, 0xA6, (byte)'x', (byte)'\n'], chunk: chunk));
            Assert.Equal(("bad-utf8", 4L), (fault.Code, fault.ByteOffset));
            Assert.Equal("truncated", Assert.Throws<ReportFormatException>(() => CsvFiles.ReadCustom([.. Bytes("a\né"), 0xE8, 0xA6], chunk: chunk)).Code);
        }
        Assert.Equal([["é視😀"]], CsvFiles.ReadCustom(Bytes("a\né視😀\n"), chunk: 1).Rows);
    }

    [Fact]
    public void Custom_cells_that_cannot_be_typed_are_told_with_their_row()
    {
        var (_, rows, faults) = CsvFiles.ReadCustom(Bytes("n,t\n1,x\nUnknown,y\n"), bind: h => Tables.Plan(h, [CellFormat.Integer, CellFormat.Text]));
        Assert.Equal([["1", "x"], [null, "y"]], rows);
        Assert.Equal(new CellFault(2, "n", "Unknown", "is not a whole number of 64 bits", """{"n":"Unknown","t":"y"}"""), Assert.Single(faults));
    }
}
