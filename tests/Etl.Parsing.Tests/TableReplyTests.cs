using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;

namespace Etl.Parsing.Tests;

/// <summary>The reply around the rows, and every way in which it can be wrong.</summary>
public class TableReplyTests
{
    private const string Good = "{\"header\":\"a|b\",\"data\":\"1|2;3|4;\",\"totalCount\":2,\"objectType\":\"KalturaReportTable\"}";

    public static IEnumerable<object[]> Chunks => new[] { 1, 3, 7, int.MaxValue }.Select(c => new object[] { c });

    [Theory]
    [InlineData("{\"objectType\":\"KalturaReportTable\"}", false, false, true, null)]
    [InlineData("{\"header\":\"a|b\",\"data\":\"\",\"totalCount\":0}", true, false, false, 0L)]
    [InlineData("{\"header\":\"a|b\",\"data\":null,\"totalCount\":12}", false, true, false, 12L)]
    [InlineData("{\"header\":\"a|b\",\"totalCount\":12}", false, true, false, 12L)]
    [InlineData("{\"header\":\"a|b\"}", false, true, false, null)]
    [InlineData("{\"totalCount\":3}", false, true, false, 3L)]
    [InlineData("{\"data\":null}", false, true, false, null)]
    [InlineData("{\"data\":\"\",\"totalCount\":\"17\"}", true, false, false, 17L)]
    [InlineData("{\"header\":null,\"totalCount\":null}", false, false, true, null)]
    [InlineData("{}", false, false, true, null)]
    public void Reply_without_rows_says_what_was_there(string body, bool hasData, bool dataIsNull, bool isAllAbsent, long? count)
    {
        var reply = Tables.Read(body).Reply;
        Assert.Equal(hasData, reply.HasData);
        Assert.Equal(dataIsNull, reply.DataIsNull);
        Assert.Equal(isAllAbsent, reply.IsAllAbsent);
        Assert.Equal(count, reply.TotalCount);
        Assert.Equal(0, reply.Rows);
    }

    [Theory]
    [InlineData("12", 12L)]
    [InlineData("\"12\"", 12L)]
    [InlineData("12.0", 12L)]
    [InlineData("null", null)]
    [InlineData("\"many\"", null)]
    [InlineData("\"\"", null)]
    [InlineData("1.5", null)]
    [InlineData("{\"a\":[1,\"\\u00e9\"]}", null)]
    [InlineData("true", null)]
    public void Count_in_any_form_is_read_or_absent(string count, long? expected) =>
        Assert.Equal(expected, Tables.Read($"{{\"header\":\"a\",\"data\":\"1;\",\"totalCount\":{count}}}").Reply.TotalCount);

    [Theory]
    [MemberData(nameof(Chunks))]
    public void Members_in_any_order_with_strangers_between_give_the_same_rows(int chunk)
    {
        string[] members =
        [
            "\"header\" : \"a|b\"", "\"data\":\"1|2;3|4;\"", "\"totalCount\":2", "\"objectType\":\"KalturaReportTable\"",
            "\"x\":\"long \\u00e9\\ud83d\\ude00\\\" text; | é😀\"", "\"y\":{\"data\":\"9|9;\",\"header\":[1,{\"z\":\"\\ud83d\\ude00\"}]}", "\"z\":[null,true,-1.5e3]",
        ];
        var random = new Random(5);
        for (var i = 0; i < 200; i++)
        {
            random.Shuffle(members);
            var read = Tables.Read(" \r\n{ " + string.Join(" ,\t", members) + " }\n ", chunk: chunk);
            Assert.Equal([["1", "2"], ["3", "4"]], read.Rows);
            Assert.Equal(2, read.Reply.TotalCount);
        }
    }

    [Fact]
    public void Binding_happens_once_and_before_any_row()
    {
        var calls = 0;
        Tables.Read("{\"data\":\"1|2;\",\"header\":\"a|b\"}", bind: h =>
        {
            calls++;
            Assert.Equal(["a", "b"], h);
            return Tables.AllText(h);
        });
        Assert.Equal(1, calls);
    }

    [Theory]
    [MemberData(nameof(Chunks))]
    public void Rows_before_the_header_are_held_and_read_later(int chunk)
    {
        var rows = Enumerable.Range(0, 40_000).Select(i => new[] { "id" + i, "näme \"" + i }).ToArray();
        var body = PlainTable.Body(["a", "b"], PlainTable.Format(chunk > 100 ? rows : rows[..500], "|"), "|", 1, dataFirst: true);
        var read = Tables.Read(body, chunk: chunk);
        Assert.Equal<string?[]>(chunk > 100 ? rows : rows[..500], read.Rows);
    }

    [Fact]
    public void Bad_row_before_the_header_is_placed_as_exactly_as_one_behind_it()
    {
        var fault = Tables.Refusal("{\"data\":\"\\u00e9|2;3;\",\"header\":\"a|b\"}");
        Assert.Equal(("bad-row", 2L, 18L), (fault.Code, fault.Row, fault.ByteOffset));
    }

    [Theory]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;3;5|6;\"}", "3;5|6", 2, "1 cells", "has 2")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;3|4|5;\"}", "3|4|5", 2, "3 cells", "has 2")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;\\u00e9\\/|4;\\ud83d\\ude00|x|y;\"}", "\\ud83d", 3, "3 cells", "has 2")]
    [InlineData("{\"header\":\"a|b\",\"data\":\";1|2;\"}", ";1|2", 1, "1 cells", "has 2")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;;\"}", ";\"}", 2, "1 cells", "has 2")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2|3;4;\"}", "1|2|3", 1, "3 cells", "has 2")]
    [InlineData("{\"header\":\"a\",\"data\":\"1;2|3;\"}", "2|3", 2, "2 cells", "has 1")]
    public void Row_with_other_cells_than_the_header_is_refused_with_its_place(string body, string at, int row, string found, string expected)
    {
        foreach (var chunk in (int[])[1, 3, 7, int.MaxValue])
        {
            var fault = Tables.Refusal(body, chunk: chunk);
            Assert.Equal(ReportFormatException.BadRow, fault.Code);
            Assert.Equal(row, fault.Row);
            Assert.Equal(body.IndexOf(at, StringComparison.Ordinal), fault.ByteOffset);
            Assert.Contains(found, fault.Message, StringComparison.Ordinal);
            Assert.Contains(expected, fault.Message, StringComparison.Ordinal);
            Assert.Equal(FaultKind.Window, fault.Kind);
            Assert.False(fault.IsTransient);
        }
    }

    [Fact]
    public void Bad_row_deep_in_a_large_body_is_placed_exactly()
    {
        var rows = string.Concat(Enumerable.Range(0, 50_000).Select(i => $"id{i}|ti\\/tle \\u00e9 {i};"));
        var body = "{\"header\":\"a|b\",\"data\":\"" + rows + "broken;x|y;\"}";
        var fault = Tables.Refusal(body);
        Assert.Equal((50_001L, (long)body.IndexOf("broken", StringComparison.Ordinal)), (fault.Row, fault.ByteOffset));
        Assert.DoesNotContain("broken", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_row_of_a_one_column_table_is_a_row()
    {
        Assert.Equal([["x"], [""], ["y"]], Tables.Read("{\"header\":\"a\",\"data\":\"x;;y;\"}").Rows);
        Assert.Equal([[""], [""]], Tables.Read("{\"header\":\"a\",\"data\":\";;\"}").Rows);
        Assert.Equal([[null], ["7"]], Tables.Read("{\"header\":\"a\",\"data\":\";7;\"}", bind: h => Tables.Plan(h, [CellFormat.Integer])).Rows);
    }

    [Theory]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;3|4\"}", "truncated")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2\"}", "truncated")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;", "truncated")]
    [InlineData("{\"header\":\"a|b\"", "truncated")]
    [InlineData("{", "truncated")]
    [InlineData("{\"totalCount\":12", "truncated")]
    [InlineData("", "empty-body")]
    [InlineData(" \r\n\t", "empty-body")]
    [InlineData("\uFEFF", "empty-body")]
    [InlineData("<html>", "html")]
    [InlineData("  <?xml version=\"1.0\"?>", "html")]
    [InlineData("null", "not-json")]
    [InlineData("[]", "not-json")]
    [InlineData("\"text\"", "not-json")]
    [InlineData("12", "not-json")]
    [InlineData("oops", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;\"}x", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;\"}{}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;\",}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;\"\"x\":1}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":[]}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":5}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\\x;\"}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\\u12;g;\"}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\\u12g4;\"}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\n;\"}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|2;\",\"data\":\"1|2;\"}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"header\":\"a|b\",\"data\":\"1|2;\"}", "not-json")]
    [InlineData("{\"x\":\"\\q\",\"header\":\"a\"}", "not-json")]
    [InlineData("{\"x\":\"a\u0001b\"}", "not-json")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\\ud83d;\"}", "bad-utf8")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\\ude00;\"}", "bad-utf8")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\\ud83d\\u0041;\"}", "bad-utf8")]
    [InlineData("{\"header\":\"a|b\",\"data\":\"1|\\ud83d\\n;\"}", "bad-utf8")]
    [InlineData("{\"header\":\"a\\ud83d\",\"data\":\"1;\"}", "bad-utf8")]
    [InlineData("{\"x\":\"\\ud83d\"}", "bad-utf8")]
    [InlineData("{\"x\":[\"\\ud83d\"]}", "bad-utf8")]
    [InlineData("{\"\\ud83d\":1}", "bad-utf8")]
    [InlineData("{\"header\":\"a|a\",\"data\":\"1|2;\"}", "bad-header")]
    [InlineData("{\"header\":\"a|\",\"data\":\"1|2;\"}", "bad-header")]
    [InlineData("{\"header\":\"\",\"data\":\"\"}", "bad-header")]
    [InlineData("{\"header\":[],\"data\":\"\"}", "bad-header")]
    [InlineData("{\"header\":7,\"data\":\"\"}", "bad-header")]
    [InlineData("{\"data\":\"1|2;\"}", "bad-header")]
    [InlineData("{\"data\":\"1|2;\",\"header\":null}", "bad-header")]
    public void Damaged_reply_is_refused_with_its_code(string body, string code)
    {
        foreach (var chunk in (int[])[1, 3, 7, int.MaxValue])
        {
            var fault = Tables.Refusal(body, chunk: chunk);
            Assert.Equal(code, fault.Code);
            Assert.Equal(code is "truncated" or "empty-body" or "html" or "not-json" or "bad-utf8", fault.IsTransient);
        }
    }

    [Fact]
    public void Bytes_that_are_no_UTF8_are_refused_wherever_they_stand()
    {
        var good = Encoding.UTF8.GetBytes("{\"x\":\"\u00e9\",\"header\":\"a|b\",\"data\":\"1|\u8996;3|4;\"}");
        foreach (var bad in (byte[][])[[0xFF], [0xC3], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80]])
        {
            for (var place = 7; place < good.Length - 2; place++)
            {
                if ((good[place] & 0xC0) == 0x80) continue;
                foreach (var chunk in (int[])[1, 3, int.MaxValue])
                {
                    var fault = Assert.Throws<ReportFormatException>(() => Tables.Read([.. good[..place], .. bad, .. good[place..]], chunk: chunk));
                    Assert.True(fault.Code is "bad-utf8", $"{place} {fault.Code} {fault.Message}");
                    Assert.Equal(place, fault.ByteOffset);
                }
            }
        }
    }

    [Fact]
    public void Byte_order_mark_is_passed_over() => Assert.Equal(2, Tables.Read("\uFEFF" + Good, chunk: 1).Rows.Count);

    [Fact]
    public void Nesting_of_64_is_read_and_of_65_refused()
    {
        string Nested(int depth) => "{\"x\":" + new string('[', depth - 1) + new string(']', depth - 1) + "}";
        Assert.True(Tables.Read(Nested(64)).Reply.IsAllAbsent);
        Assert.Equal("not-json", Tables.Refusal(Nested(65)).Code);
    }

    [Fact]
    public void Delimiter_that_is_ambiguous_stops_the_reading()
    {
        var options = new ReportTableOptions { Delimiter = "|~|" };
        Assert.Equal([["a|", "b~"]], Tables.Read("{\"header\":\"x|~|y\",\"data\":\"a||~|b~;\"}", options).Rows);
        var fault = Tables.Refusal("{\"header\":\"x|~|y\",\"data\":\"a|~|b;a|~|~|b;\"}", options);
        Assert.Equal((ReportFormatException.BadRow, 2L), (fault.Code, fault.Row));
        Assert.Contains("ambiguous", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(";")]
    [InlineData("|;")]
    public void Delimiter_that_cannot_split_is_a_misuse(string delimiter) =>
        Assert.ThrowsAny<ArgumentException>(() => new ReportTableReader(new ReportTableOptions { Delimiter = delimiter }));

    [Fact]
    public void Error_object_is_a_reply_with_its_arguments()
    {
        var body = "{\"code\":\"INVALID_KS\",\"message\":\"Invalid KS \\\"EXPIRED\\\"\",\"objectType\":\"KalturaAPIException\",\"args\":{\"KSID\":\"EXPIRED\",\"N\":5,\"X\":null,\"Y\":[\"q\"]}}";
        foreach (var chunk in (int[])[1, 3, 7, int.MaxValue])
        {
            var reply = Tables.Read(body, chunk: chunk).Reply;
            Assert.False(reply.IsAllAbsent);
            Assert.False(reply.DataIsNull);
            Assert.Equal(("INVALID_KS", "Invalid KS \"EXPIRED\""), (reply.Error!.Code, reply.Error.Message));
            Assert.Equal("EXPIRED", reply.Error.Args["KSID"]);
            Assert.Equal("5", reply.Error.Args["N"]);
            Assert.DoesNotContain("EXPIRED", reply.Error.ToString(), StringComparison.Ordinal);
        }
        Assert.Empty(Tables.Read("{\"code\":\"X\",\"message\":\"m\",\"args\":[]}").Reply.Error!.Args);
        Assert.Empty(Tables.Read("{\"args\":[\"a\",{\"b\":\"c\"}],\"objectType\":\"KalturaAPIException\"}").Reply.Error!.Args);
    }

    [Fact]
    public void Ids_that_look_like_numbers_stay_the_text_they_are()
    {
        string[] ids = ["00123", "1_23456789", "0_1234e567", "nan", "1e5", "0x1A", "NULL", "true", "-12", "+5", "1_2e3", "INF", " 7 "];
        var read = Tables.Read(PlainTable.Body(["id"], string.Concat(ids.Select(i => i + ";")), "|"));
        Assert.Equal(ids, read.Rows.Select(r => r[0]));
    }

    [Fact]
    public void Empty_cell_is_empty_text_in_text_columns_and_null_in_all_others()
    {
        var formats = Enum.GetValues<CellFormat>().Where(f => f != CellFormat.Skip).ToArray();
        var header = formats.Select(f => f.ToString()).ToArray();
        var read = Tables.Read(PlainTable.Body(header, new string('|', formats.Length - 1) + ";", "|"), bind: h => Tables.Plan(h, formats));
        Assert.Equal(formats.Select(f => f == CellFormat.Text ? "" : null), read.Rows[0]);
        Assert.Empty(read.Faults);
    }

    [Fact]
    public void Cell_that_cannot_be_typed_lands_as_null_and_is_told()
    {
        var formats = Enum.GetValues<CellFormat>().Where(f => f is not (CellFormat.Skip or CellFormat.Text)).ToArray();
        var header = formats.Select(f => f.ToString()).ToArray();
        foreach (var word in (string[])["Unknown", "Error", "INF", "\u00e9", new string('y', 5000)])
        {
            var data = string.Join('|', formats.Select(_ => "")) + ";" + string.Join('|', formats.Select(_ => word)) + ";";
            var read = Tables.Read(PlainTable.Body(header, data, "|"), bind: h => Tables.Plan(h, formats));
            Assert.All(read.Rows[1], Assert.Null);
            Assert.Equal(header.Order(), read.Faults.Select(f => f.Column).Order());
            Assert.All(read.Faults, f => Assert.Equal((2L, word[..Math.Min(1000, word.Length)]), (f.Row, f.Raw)));
            Assert.All(read.Faults, f => Assert.NotEmpty(f.Reason));
        }
    }

    [Fact]
    public void Fault_text_is_never_cut_inside_a_pair()
    {
        var raw = Tables.Read(PlainTable.Body(["n"], new string('x', 999) + "😀😀;", "|"), bind: h => Tables.Plan(h, [CellFormat.Number])).Faults[0].Raw;
        Assert.Equal(new string('x', 999), raw);
    }

    [Fact]
    public void Skipped_cells_and_reordered_columns_land_where_the_plan_says()
    {
        var schema = new TableSchema([new Column("c", ColumnType.Int64), new Column("a", ColumnType.Text)]);
        var plan = new TablePlan(schema, [CellFormat.Text, CellFormat.Skip, CellFormat.Integer], [1, -1, 0]);
        Assert.Equal([["3", "1"], ["6", "4"]], Tables.Read("{\"header\":\"a|b|c\",\"data\":\"1|2|3;4|5|6;\"}", bind: _ => plan).Rows);
    }

    [Fact]
    public void Plan_that_does_not_fit_is_refused_with_every_fault()
    {
        var schema = new TableSchema([new Column("a", ColumnType.Text), new Column("b", ColumnType.Int64)]);
        TablePlan[] plans =
        [
            new(schema, [CellFormat.Text], [0]),
            new(schema, [CellFormat.Text, CellFormat.Text], [0, 1]),
            new(schema, [CellFormat.Text, CellFormat.Skip], [0, -1]),
            new(schema, [CellFormat.Text, CellFormat.Integer], [0, 2]),
            new(schema, [CellFormat.Text, CellFormat.Integer], [0, -1]),
            new(schema, [CellFormat.Text, CellFormat.Text], [0, 0]),
            new(new TableSchema([]), [CellFormat.Skip, CellFormat.Skip], [-1, -1]),
            new(schema, [CellFormat.Text, CellFormat.Integer], [0, 1], 5000),
        ];
        foreach (var plan in plans) Assert.Throws<ArgumentException>(() => Tables.Read(Good, bind: _ => plan));
    }

    [Fact]
    public async Task Cancelled_reading_stops_and_the_reader_can_be_used_again()
    {
        var reader = new ReportTableReader(new ReportTableOptions());
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => reader.ReadAsync(new ChunkedStream(Encoding.UTF8.GetBytes(Good), 5), Tables.AllText, (_, _) => ValueTask.CompletedTask, source.Token));
        Assert.Equal(2, Tables.Read(reader, new MemoryStream(Encoding.UTF8.GetBytes(Good))).Rows.Count);
    }

    [Fact]
    public async Task Reader_reads_one_reply_at_a_time()
    {
        var reader = new ReportTableReader(new ReportTableOptions());
        await reader.ReadAsync(
            new MemoryStream(Encoding.UTF8.GetBytes(Good)),
            Tables.AllText,
            async (_, _) => await Assert.ThrowsAsync<InvalidOperationException>(
                () => reader.ReadAsync(new MemoryStream(), Tables.AllText, (_, _) => ValueTask.CompletedTask, default)),
            default);
    }
}
