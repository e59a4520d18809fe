using System.Globalization;
using System.Text.Json;
using Etl.Sandbox.Catalogue;

namespace Etl.Sandbox.Tests.Custom;

/// <summary>getCsv and getCsvFromStringParams (wire facts 4.3).</summary>
[Collection(SharedSandbox.Name)]
public class CustomTests(SandboxFixture fixture)
{
    private const string Days = "from_date_id=20260301;to_date_id=20260307;timezone_offset=0";
    private const string Times = "from_date=1772323200;to_date=1772928000";

    private readonly Api _api = fixture.Api;

    public static TheoryData<string, string> Reports => new()
    {
        { "3006", Days },
        { "3007", Days },
        { "3008", Days },
        { "3009", Times },
        { "3010", Times + ";user_id=user7@example.com" },
        { "3030", Times + ";virtual_event_ids=70001,70002" },
        { "3035", Times + ";virtual_event_ids=70001" },
        { "3037", Times + ";virtual_event_ids=70001" },
        { "4021", Times + ";virtualeventid=70003" },
        { "6000", Times },
        { "6001", Times },
        { "6002", Times },
    };

    private async Task<CustomFile> GetAsync(string id, string? parameters, params (string, string?)[] fields) =>
        await CustomFile.GetAsync(_api, id, parameters, id == "4021" ? [.. fields, ("ks", await _api.StartSessionAsync(("privileges", "virtualeventid:70003")))] : fields);

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task File_holds_the_rows_of_the_truth(string id, string parameters)
    {
        var file = await GetAsync(id, parameters);
        var truth = await CustomFile.TruthAsync(_api, id, parameters);

        Assert.Equal([0xEF, 0xBB, 0xBF], file.Bytes[..3]);
        Assert.Equal((byte)'\n', file.Bytes[^1]);
        Assert.NotEmpty(truth);
        Assert.Equal(truth[0].Keys, file.Columns);
        Assert.Equal(truth.Count, file.Rows.Count);
        foreach (var (expected, row) in truth.Zip(file.Rows))
        {
            Assert.Equal(file.Columns.Length, row.Length);
            Assert.Equal(expected.Values.Select(Clean), row.Select(Unquote));
        }
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Columns_are_those_of_the_catalogue(string id, string parameters)
    {
        var declared = CatalogueData.Load().Require(int.Parse(id, CultureInfo.InvariantCulture));
        var columns = (await GetAsync(id, parameters)).Columns;

        // Nothing is published about the columns of 6002.
        if (id != "6002")
            Assert.Equal(declared.Dimensions.Concat(declared.Metrics).Order(), columns.Order());
    }

    /// <summary>Commas and line breaks become blanks; null is an empty cell.</summary>
    private static string Clean(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => "",
        JsonValueKind.Number => Sandbox.Wire.PhpNumber.Format(value.GetDouble()),
        _ => value.GetString()!.Replace(',', ' ').Replace('\n', ' ').Replace('\r', ' '),
    };

    private static string Unquote(string cell) =>
        cell.Length >= 2 && cell[0] == '"' && cell[^1] == '"' ? cell[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : cell;

    [Fact]
    public async Task Some_columns_are_quoted_by_the_engine_and_the_rest_stands_raw()
    {
        var quoted = await GetAsync("3037", Times + ";virtual_event_ids=70002");
        var raw = await GetAsync("3007", Days);

        Assert.All(quoted.Cells("entry_name"), cell => Assert.Matches("^\"([^\"]|\"\")*\"$", cell));
        Assert.Contains("\"Q&A; part 1  \"\"live\"\"\"", quoted.Cells("entry_name"));
        Assert.Contains("Q&A; part 1  \"live\"", raw.Cells("entry_name"));
        Assert.Contains("a b c", raw.Cells("entry_name"));
        Assert.DoesNotContain('"', string.Concat(raw.Columns));
    }

    [Fact]
    public async Task Users_are_looked_up_as_in_reports()
    {
        var file = await GetAsync("3007", Days);
        var anonymous = file.Rows.First(r => r[0] == "Unknown");

        Assert.Equal("Unknown", anonymous[1]);
        Assert.Equal("Unknown", anonymous[^1]);
        Assert.Contains(file.Rows, r => r[0] == "" && r[1] == "" && r[^1] == "");
        Assert.Contains("a;b  c|d@example.com", file.Cells("user_id"));
    }

    [Fact]
    public async Task Plays_agree_with_the_report_of_users()
    {
        var file = await GetAsync("3007", "from_date_id=20260302;to_date_id=20260303;timezone_offset=240");
        var users = await _api.TableAsync(13, ("reportInputFilter[fromDay]", "20260302"), ("reportInputFilter[toDay]", "20260303"),
            ("reportInputFilter[timeZoneOffset]", "240"), ("reportInputFilter[playbackTypeIn]", "vod|live|dvr"));
        var plays = file.Cells("user_id").Zip(file.Cells("play"), (user, play) => (user, play: int.Parse(play, CultureInfo.InvariantCulture)))
            .GroupBy(p => p.user).ToDictionary(g => g.Key, g => g.Sum(p => p.play));
        var expected = users.Cells("name").Zip(users.Numbers("count_plays")).Where(p => p.Second > 0 && !p.First.Contains(';', StringComparison.Ordinal) && p.First.Length > 0)
            .Where(p => plays.ContainsKey(p.First)).ToList();

        Assert.True(expected.Count > 30);
        Assert.All(expected, p => Assert.Equal(p.Second, plays[p.First]));
    }

    [Theory]
    [InlineData("3007", Days + ";cat_ids=1002,1003")]
    [InlineData("3006", Days + ";entries_ids=1e5,00123")]
    [InlineData("4021", Times + ";virtualeventid=70003;entry_ids=1e5")]
    public async Task Optional_parameter_narrows(string id, string parameters)
    {
        var whole = await GetAsync(id, parameters[..parameters.LastIndexOf(';')]);
        var part = await GetAsync(id, parameters);

        Assert.InRange(part.Rows.Count, 0, whole.Rows.Count - 1);
        if (id == "3006")
            Assert.All(part.Cells("entry_id"), entry => Assert.True(entry is "1e5" or "00123"));
    }

    [Fact]
    public async Task Certificate_is_about_one_user()
    {
        var mine = await GetAsync("3010", Times + ";user_id=user7@example.com");
        var all = await GetAsync("3009", Times);

        Assert.Equal(all.Rows.Count(r => r[0] == "user7@example.com"), mine.Rows.Count);
        Assert.Empty((await GetAsync("3010", Times + ";user_id=nobody")).Rows);
    }

    [Fact]
    public async Task Excluded_fields_are_exact_names()
    {
        var file = await GetAsync("3007", Days, ("excludedFields", "email,Company,first_name,nonsense"));

        Assert.Equal(["user_id", "entry_id", "entry_name", "media_type", "view_time", "play", "last_name", "company"], file.Columns);
        Assert.All(file.Rows, row => Assert.Equal(8, row.Length));
    }

    [Fact]
    public async Task Key_value_objects_do_the_same_as_the_text()
    {
        var text = await GetAsync("3007", " from_date_id=20260301 ;to_date_id=20260307; timezone_offset=0;partner_id=999");
        var list = await CustomFile.PostAsync(_api, "getCsv",
        [
            ("ks", _api.Ks), ("id", "3007"), ("params[0][objectType]", "KalturaKeyValue"), ("params[0][key]", "from_date_id"), ("params[0][value]", "20260301"),
            ("params:1:key", "to_date_id"), ("params:1:value", "20260307"), ("params:2:key", "timezone_offset"), ("params:2:value", "0"),
        ]);

        Assert.Equal(text.Bytes, list.Bytes);
        Assert.Equal("text/csv", list.ContentType);
        Assert.Equal("attachment; filename=\"Report_3007_1234567_from_date_id_20260301_to_date_id_20260307_timezone_offset_0_partner_id_1234567.csv\"", list.Headers["Content-Disposition"]);
        Assert.Equal("attachment; filename=\"Report_3007_1234567_from_date_id_20260301_to_date_id_20260307_timezone_offset_0___partner_id_1234567.csv\"", text.Headers["Content-Disposition"]);
        Assert.Contains("max-age=8640000", list.Headers["Cache-Control"], StringComparison.Ordinal);
        Assert.StartsWith("public", list.Headers["Cache-Control"], StringComparison.Ordinal);
        Assert.DoesNotContain("Pragma", list.Headers.Keys);
    }

    [Fact]
    public async Task Long_file_name_is_cut_between_pairs()
    {
        var file = await GetAsync("3007", Days + ";cat_ids=" + string.Join(',', Enumerable.Repeat("1002", 50)));

        Assert.Equal("attachment; filename=\"Report_3007_1234567_from_date_id_20260301_to_date_id_20260307_timezone_offset_0.csv\"", file.Headers["Content-Disposition"]);
    }

    [Fact]
    public async Task Unknown_id_is_an_empty_answer_with_headers()
    {
        var file = await GetAsync("9999", Days);

        Assert.Empty(file.Bytes);
        Assert.Equal("error-REPORT_NOT_FOUND", file.Headers["X-Kaltura"]);
        Assert.Equal("exiting on error REPORT_NOT_FOUND - Report id \"9999\" not found", file.Headers["X-Kaltura-App"]);
    }

    [Theory]
    [InlineData("3007", "from_date_id=20260301;timezone_offset=0")]
    [InlineData("3007", "from_date_id=20260301;to_date_id;timezone_offset=0")]
    [InlineData("3009", "from_date=1772323200")]
    [InlineData("3010", Times)]
    [InlineData("3030", Times)]
    [InlineData("3007", null)]
    public async Task Missing_parameter_is_an_internal_error(string id, string? parameters) =>
        Assert.Equal("""{"code":"INTERNAL_SERVERL_ERROR","message":"Internal server error occurred","objectType":"KalturaAPIException","args":[]}""",
            (await GetAsync(id, parameters)).Text);

    [Fact]
    public async Task Id_session_and_right_are_checked_before_as_ordinary_errors()
    {
        Assert.Equal("MISSING_MANDATORY_PARAMETER", Api.CodeOf((await GetAsync("", Days, ("id", null))).Text));
        Assert.Equal("INVALID_KS", Api.CodeOf((await GetAsync("3007", Days, ("ks", "broken"))).Text));
        Assert.Equal("MISSING_KS", Api.CodeOf((await GetAsync("3007", Days, ("ks", null))).Text));
        Assert.Equal("SERVICE_FORBIDDEN", Api.CodeOf((await GetAsync("3007", Days, ("ks", await _api.StartSessionAsync(("type", "0"))))).Text));
        Assert.Equal("SERVICE_FORBIDDEN", Api.CodeOf((await CustomFile.GetAsync(_api, "4021", Times + ";virtualeventid=70003")).Text));
        Assert.NotEmpty((await GetAsync("4021", Times + ";virtualeventid=70003")).Rows);
    }

    [Fact]
    public async Task Limit_parameter_lowers_the_cap() => Assert.Equal(5, (await GetAsync("3007", Days + ";limit=5")).Rows.Count);

    [Fact]
    public async Task Empty_result_has_its_header() =>
        Assert.Equal("\uFEFFentry_id,entry_name,session_start_time,session_end_time\n", (await GetAsync("6000", "from_date=1;to_date=2")).Text);

    [Fact]
    public async Task Hundred_thousand_rows_are_cut_without_a_mark()
    {
        await using var big = await Api.StartAsync(SandboxFixture.Options with { Entries = 51_000, Users = 400, Days = 10 });
        const string Three = "from_date_id=20260301;to_date_id=20260303;timezone_offset=0";
        var file = await CustomFile.GetAsync(big, "3007", Three);

        Assert.Equal(100_000, file.Rows.Count);
        Assert.True((await CustomFile.TruthAsync(big, "3007", Three)).Count > 100_000);
    }

    [Fact]
    public async Task File_in_a_multirequest_replaces_the_whole_answer()
    {
        var answer = await _api.PostAsync("multirequest", "null", ("ks", _api.Ks), ("1:service", "session"), ("1:action", "get"),
            ("2:service", "report"), ("2:action", "getCsvFromStringParams"), ("2:id", "3007"), ("2:params", Days));

        Assert.StartsWith("user_id,email,", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("id=1")]
    [InlineData("id=3007&params=x")]
    public async Task Truth_names_what_it_cannot_tell(string query)
    {
        using var answer = await _api.Http.GetAsync(new Uri(_api.Server.BaseUrl, "sandbox/truth-custom?" + query));

        Assert.Equal(400, (int)answer.StatusCode);
        Assert.NotEmpty(await answer.Content.ReadAsStringAsync());
    }
}
