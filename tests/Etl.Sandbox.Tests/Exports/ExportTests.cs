using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Etl.Sandbox.Exports;
using Etl.Sandbox.Reports;

namespace Etl.Sandbox.Tests.Exports;

/// <summary>getUrlForReportAsCsv: the file (wire facts 4.1).</summary>
[Collection(SharedSandbox.Name)]
public partial class ExportTests(SandboxFixture fixture)
{
    private const string Columns38 = "Id,Name,Creator,Created,Status,Media,Duration,Source,Plays,Minutes,Average";

    private readonly Api _api = fixture.Api;

    public static TheoryData<string> Vectors() =>
        ["csv-1-empty", "csv-1-headers-without-semicolon", "csv-1-table-only", "csv-38-totals-and-table", "csv-45-page-2"];

    [Theory]
    [MemberData(nameof(Vectors))]
    public async Task File_has_the_layout_of_the_real_one(string id)
    {
        var vector = Load(id);
        var real = CsvText.Records(Encoding.UTF8.GetString(vector.GetProperty("file_base64").GetBytesFromBase64())[1..]);
        var request = vector.GetProperty("request").EnumerateObject().Select(p => (p.Name, (string?)p.Value.GetString()));
        if (id == "csv-1-empty")
            request = request.Append(("reportInputFilter[countryIn]", "Atlantis"));
        var answer = await _api.PostAsync("report", "getUrlForReportAsCsv", [.. request, ("ks", _api.Ks)]);
        Assert.Matches("^\"http:\\\\/\\\\/[0-9.:]+\\\\/api_v3\\\\/index.php\\\\/service\\\\/report\\\\/action\\\\/serve\\\\/ks\\\\/[A-Za-z0-9_=-]+\\\\/id\\\\/[0-9a-f]{32}_2026-03-10-12\\\\/report.csv\"$", answer);
        var bytes = await _api.Http.GetByteArrayAsync(new Uri(JsonDocument.Parse(answer).RootElement.GetString()!));
        var mine = CsvText.Records(Encoding.UTF8.GetString(bytes)[1..]);

        Assert.Equal([0xEF, 0xBB, 0xBF, (byte)'"'], bytes[..4]);
        Assert.Equal((byte)'\n', bytes[^1]);
        // Everything but the values: titles, dates, dashes, section names, labels, and the width of the rows.
        Assert.Equal(Shape(real), Shape(mine));
        Assert.Matches("^[,\n]+$", QuotedCell().Replace(Encoding.UTF8.GetString(bytes)[1..], ""));
    }

    /// <summary>Lines with values become their width; rows of the table are counted as one.</summary>
    private static List<string> Shape(List<string[]> records)
    {
        var shape = new List<string>();
        for (var i = 0; i < records.Count; i++)
        {
            var line = string.Join('|', records[i][0] == "# Table" ? records[i][..3] : records[i]);
            var labels = i >= 2 && records[i - 2][0] is "# Total" or "# Table";
            var value = i >= 3 && records[i - 3][0] == "# Total" || i >= 3 && records.FindIndex(r => r[0] == "# Table") is >= 0 and var table && i > table + 2;
            if (labels || !value)
                shape.Add(line);
            else if (shape[^1] != $"{records[i].Length} cells")
                shape.Add($"{records[i].Length} cells");
        }
        return shape;
    }

    [Fact]
    public async Task Too_many_rows_is_the_real_error_byte_for_byte()
    {
        var vector = Load("csv-too-large");
        var request = vector.GetProperty("request").EnumerateObject().Select(p => (p.Name, (string?)p.Value.GetString()));

        Assert.Equal(vector.GetProperty("response_text").GetString(), await _api.PostAsync("report", "getUrlForReportAsCsv", [.. request, ("ks", _api.Ks)]));
    }

    [Fact]
    public async Task Rows_are_those_of_the_truth_with_separators_and_line_breaks_intact()
    {
        var names = (await _api.TableAsync(38)).Header;
        var file = await ExportFile.GetAsync(_api, 38, ";" + string.Join(',', names), ("pager[pageSize]", "60000"));
        var truth = await _api.TruthAsync($"report=38&from={Api.From}&to={Api.To}");
        var rows = file.Section("# Table")!;

        Assert.Equal(names, rows[0]);
        Assert.Equal(truth.Count, rows.Count - 1);
        Assert.Equal(truth.Count, file.TotalCount);
        Assert.Contains(rows, r => r[1].Contains(';', StringComparison.Ordinal));
        Assert.Contains(rows, r => r[1] == "Two\nlines");
        foreach (var (row, expected) in rows.Skip(1).Zip(truth))
        {
            for (var i = 0; i < names.Length; i++)
                Assert.Equal(CsvCell.Protect(Print(expected[names[i]])), row[i]);
        }
    }

    [Fact]
    public async Task Totals_are_those_of_getTotal_by_position()
    {
        var total = await _api.TotalAsync(38);
        var file = await ExportFile.GetAsync(_api, 38, string.Join(',', total.Keys));

        Assert.Equal([[.. total.Keys], [.. total.Values]], file.Section("# Total")!);
        Assert.Null(file.Section("# Table"));
    }

    [Fact]
    public async Task Labels_cut_on_the_right_or_outnumber_the_columns()
    {
        var cut = (await ExportFile.GetAsync(_api, 38, ";A,B")).Section("# Table")!;
        var wide = (await ExportFile.GetAsync(_api, 45, "a,b;1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20")).Section("# Table")!;

        Assert.All(cut, row => Assert.Equal(2, row.Length));
        Assert.Equal(20, wide[0].Length);
        Assert.Equal((await _api.TableAsync(45)).Header.Length, wide[1].Length);
    }

    [Fact]
    public async Task Default_page_is_thirty_rows_without_a_hint_that_there_are_more()
    {
        var file = await ExportFile.GetAsync(_api, 38, ";A", ("pager[pageSize]", null), ("pager[pageIndex]", null));

        Assert.Equal(31, file.Section("# Table")!.Count);
    }

    [Fact]
    public async Task Export_may_hold_more_rows_than_a_table()
    {
        await using var big = await Api.StartAsync(SandboxFixture.Options with { Entries = 12_500, Days = 10 });
        (string, string?)[] day = [("reportInputFilter[toDate]", $"{Api.From + 86_400}"), ("pager[pageSize]", "12500")];

        Assert.Equal(12_501, (await ExportFile.GetAsync(big, 38, ";A,B", day)).Section("# Table")!.Count);
        Assert.Equal(12_000, (await big.TableAsync(38, day)).Rows.Count);
    }

    [Theory]
    [InlineData(19, "a;b")]
    [InlineData(30047, "a;b")]
    public async Task Other_failures_are_swallowed(int type, string headers) =>
        Assert.Equal("", await ExportFile.UrlAsync(_api, type, headers));

    [Theory]
    [InlineData("reportTitle")]
    [InlineData("reportText")]
    [InlineData("headers")]
    public async Task Missing_text_is_named(string name) =>
        Assert.Contains($"\"PARAM_NAME\":\"{name}\"", await _api.ReportAsync("getUrlForReportAsCsv", 38,
            [.. Api.Merge([("reportTitle", "t"), ("reportText", "x"), ("headers", "a;b")], [(name, null)])]), StringComparison.Ordinal);

    [Fact]
    public async Task Ordinary_user_may_not_export()
    {
        var ks = await _api.StartSessionAsync(("type", "0"));

        Assert.Contains("report->getUrlForReportAsCsv", await _api.ReportAsync("getUrlForReportAsCsv", 38,
            ("reportTitle", "t"), ("reportText", "x"), ("headers", "a;b"), ("ks", ks)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("days", "Sunday, March 1, 2026")]
    [InlineData("months", "Mar 2026")]
    [InlineData("hours", "Sunday, March 1, 2026 00:00")]
    public async Task Named_graph_has_dates_for_people(string interval, string first)
    {
        var file = await ExportFile.GetAsync(_api, 38, "a", ("dimension", "count_plays"), ("reportInputFilter[interval]", interval));
        var points = (await _api.GraphsAsync(38, ("reportInputFilter[interval]", interval)))["count_plays"];
        var rows = file.Section("# Graph")!.Skip(1).ToList();

        Assert.Equal(first, rows[0][0]);
        Assert.Equal(points.Select(p => p.Y), rows.Select(r => r[1]));
    }

    [Fact]
    public async Task Type_without_graphs_has_no_graph_section()
    {
        Assert.Null((await ExportFile.GetAsync(_api, 36, ";a")).Section("# Graph"));
        Assert.NotNull((await ExportFile.GetAsync(_api, 38, ";a")).Section("# Graph"));
        var dropOff = (await ExportFile.GetAsync(_api, 2, ";a", ("dimension", "content_dropoff"))).Section("# Graph")!;
        Assert.Equal(["count_plays", "count_plays_25", "count_plays_50", "count_plays_75", "count_plays_100", "play_through_ratio"], dropOff.Skip(1).Select(r => r[0]));
    }

    [Fact]
    public async Task Days_instead_of_times_leave_1970_in_the_file()
    {
        var file = await ExportFile.GetAsync(_api, 38, ";a", ("reportInputFilter[fromDate]", null), ("reportInputFilter[toDate]", null),
            ("reportInputFilter[fromDay]", "20260301"), ("reportInputFilter[toDay]", "20260302"));

        Assert.Equal(["Thursday, January 1, 1970", "Thursday, January 1, 1970"], file.Records[1]);
    }

    [Theory]
    [InlineData("-4", "'-4")]
    [InlineData("=SUM(A1)", "'=SUM(A1)")]
    [InlineData("  \"-dash\" 'x' ", "'-dash x")]
    [InlineData("+1", "'+1")]
    [InlineData("@a", "'@a")]
    [InlineData(",a", "',a")]
    [InlineData("1.0E-5", "1.0E-5")]
    [InlineData(" padded 'x'", " padded 'x'")]
    [InlineData("", "")]
    public void Cell_that_a_spreadsheet_would_run_is_protected(string value, string cell) => Assert.Equal(cell, CsvCell.Protect(value));

    [Fact]
    public void Gigabyte_labels_divide_only_over_their_own_columns()
    {
        var table = new TableReply { Header = ["date_id", "bandwidth_consumption", "average_storage"], Rows = { new[] { "20260301", "2048", "1" } }, TotalCount = 1 };
        var file = new CsvReport { Title = "t", Text = "x", From = 0, To = 0, Table = (["Day", "Bandwidth (GB)", "Bandwidth (GB)"], table) };

        Assert.EndsWith("\"20260301\",\"2\",\"1\"\n", Encoding.UTF8.GetString(file.ToBytes()), StringComparison.Ordinal);
    }

    private static string Print(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.Number => Sandbox.Wire.PhpNumber.Format(value.GetDouble()),
        _ => value.GetString()!,
    };

    private static JsonElement Load(string id) => JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", "csv-1.json")))
        .RootElement.EnumerateArray().Single(v => v.GetProperty("id").GetString() == id);

    [GeneratedRegex("\"([^\"]|\"\")*\"")]
    private static partial Regex QuotedCell();
}
