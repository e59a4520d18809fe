using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

public class GraphSourceTests
{
    private const string NewYork = "America/New_York";
    private static readonly SourceSpec s_dates = Rig.Spec("34", "graphs");
    private static readonly SourceSpec s_lines = Rig.Spec("21", "graphs");
    private static readonly SourceSpec s_names = Rig.Spec("2", "graphs");
    private static readonly SourceSpec s_labels = Rig.Spec("22", "graphs");

    [Fact]
    public async Task Graphs_of_different_lengths_meet_by_date_and_missing_points_are_null()
    {
        await using var rig = new Rig()
            .GraphAnswers(Graphs(("count_plays", "20260310|5;20260312|7;"), ("sum_time_viewed", "20260311|1.5;20260312|2.5;20260310|0;"), ("unique_known_users", "")))
            .TotalAnswers(Total("count_plays|sum_time_viewed|unique_known_users", "12|4|3"));

        var outcome = await rig.PullAsync(s_dates);

        Assert.Equal([["20522", "5", "0", null], ["20523", null, "1.5", null], ["20524", "7", "2.5", null]], rig.Sink.Rows);
        Assert.Equal(
            [("date_id", ColumnType.Date), ("count_plays", ColumnType.Int64), ("sum_time_viewed", ColumnType.Double), ("unique_known_users", ColumnType.Int64)],
            outcome.Schema.Columns.Select(c => (c.Name, c.Type)));
        Assert.Equal(["date_id"], outcome.Schema.Key);
        Assert.Equal(Additivity.Full, outcome.Schema.Columns[1].Additivity);
        Assert.Equal((3, 12.0, "date-rows"), (outcome.Rows, outcome.Totals!["count_plays"], outcome.Proof.Chains.Single().Stop));
        Assert.Contains("Column 'count_loads' was expected and not sent.", outcome.Proof.Notes);
    }

    [Fact]
    public async Task Request_names_the_interval_the_dates_and_the_empty_dates()
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", "2026031000|1;"))).TotalAnswers(Plays(1));

        await rig.PullAsync(s_dates with { Interval = "hours", SkipEmptyDates = false }, Rig.Request(zone: NewYork));

        var call = rig.Server.Calls[0];
        Assert.Equal("/api_v3/service/report/action/getGraphs", call.Path);
        Assert.Equal(("hours", "240", "34", "false"),
            (call.Filter("interval"), call.Filter("timeZoneOffset"), call.Form["reportType"], call.Form["responseOptions[skipEmptyDates]"]));
        Assert.Equal(["getGraphs", "getTotal"], rig.Server.Calls.Select(c => c.Action));
    }

    [Theory]
    [InlineData(WindowUnit.Month, "2026-03", "months", "202603|1;", "month_id", "20513")]
    [InlineData(WindowUnit.Hour, "2026-03-10T05+0000", "hours", "2026031005|1;", "date_id", "1773118800000000")]
    [InlineData(WindowUnit.Day, "2026-03-10", "days", "20260310|1;", "date_id", "20522")]
    public async Task Interval_left_out_is_that_of_the_window(WindowUnit unit, string label, string interval, string data, string column, string expected)
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", data))).TotalAnswers(Plays(1));

        await rig.PullAsync(s_dates, Rig.Request(label, unit: unit));

        Assert.Equal(interval, rig.Server.Calls[0].Filter("interval"));
        Assert.Equal(column, rig.Sink.Schema!.Columns[0].Name);
        Assert.Equal(expected, Assert.Single(rig.Sink.Rows)[0]);
    }

    [Theory]
    [InlineData("34", "years", "2026|1;", "year_id", "20454")]
    [InlineData("34", "minutes", "2026-03-10T05:01:00.000Z|1;", "date_id", "1773118860000000")]
    [InlineData("10005", "days", "1773100800|1;", "date_id", "1773100800000000")]
    [InlineData("30001", "hours", "1773118800|1;", "date_id", "1773118800000000")]
    [InlineData("30001", "months", "202603|1;", "month_id", "20513")]
    [InlineData("30001", "years", "2026-01-01T00:00:00.000Z|1;", "year_id", "1767225600000000")]
    [InlineData("10005", "ten_minutes", "2026-03-10T05:10:00.000Z|1;", "date_id", "1773119400000000")]
    [InlineData("24", "months", "2026031005|1;", "date_id", "1773118800000000")]
    [InlineData("17", "days", "20260310|1;", "date_id", "20522")]
    public async Task Date_of_a_point_is_read_by_family_and_interval(string report, string interval, string data, string column, string expected)
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", data))).TotalAnswers(Plays(1));

        await rig.PullAsync(Rig.Spec(report, "graphs") with { Interval = interval });

        Assert.Equal((column, expected), (rig.Sink.Schema!.Columns[0].Name, Assert.Single(rig.Sink.Rows)[0]));
    }

    [Fact]
    public async Task Hours_of_a_day_of_25_hours_are_25_instants_and_the_late_one_comes_under_the_next_date()
    {
        var hours = Enumerable.Range(0, 25).Select(h => $"{(h < 24 ? "20261101" : "20261102")}{h % 24:00}|1;");
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", string.Concat(hours)))).TotalAnswers(Plays(25));

        var outcome = await rig.PullAsync(s_dates with { Interval = "hours" }, Rig.Request("2026-11-01", NewYork));

        var first = new DateTimeOffset(2026, 11, 1, 4, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds();
        Assert.Equal(Enumerable.Range(0, 25).Select(h => $"{(first + h * 3600) * 1_000_000}"), rig.Sink.Column("date_id"));
        Assert.Equal(25, outcome.Rows);
    }

    [Fact]
    public async Task Date_outside_of_the_window_stays_and_is_noted()
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", "20261101|9;20261102|1;"))).TotalAnswers(Plays(10));

        var outcome = await rig.PullAsync(s_dates, Rig.Request("2026-11-01", NewYork));

        Assert.Equal(2, outcome.Rows);
        Assert.Contains(outcome.Proof.Notes, n => n.StartsWith("1 row(s) carry the date 2026-11-02", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Lines_of_a_date_are_rows_by_date_and_label()
    {
        await using var rig = new Rig()
            .GraphAnswers(Graphs(
                ("count_plays", "20260310|Computer:12,Mobile:3;20260311|Computer:9;"),
                ("sum_time_viewed", "20260311|Tablet:0.5,Computer:1;20260310|Mobile:2;")))
            .TotalAnswers(Total("count_plays|sum_time_viewed", "24|3.5"));

        var outcome = await rig.PullAsync(s_lines);

        Assert.Equal(
            [["20522", "Computer", "12", null], ["20522", "Mobile", "3", "2"], ["20523", "Computer", "9", "1"], ["20523", "Tablet", null, "0.5"]],
            rig.Sink.Rows);
        Assert.Equal(["date_id", "label"], outcome.Schema.Key);
        Assert.Equal(24, outcome.Totals!["count_plays"]);
    }

    [Theory]
    [InlineData(",", "20260310,Computer:12,Mobile:3;")]
    [InlineData("|", "20260310|TV, connected:12,Mobile:3;")]
    [InlineData("|", "20260310|a|b:12,Mobile:3;")]
    [InlineData("|", "20260310|a:b:12,Mobile:3;")]
    public async Task Line_whose_name_holds_separators_keeps_its_value(string delimiter, string data)
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", data))).TotalAnswers(Plays(15));

        await rig.PullAsync(s_lines with { Delimiter = delimiter });

        Assert.Equal(["12", "3"], rig.Sink.Column("count_plays"));
        Assert.Equal([data.Split(delimiter, 2)[1].Split(":12")[0], "Mobile"], rig.Sink.Column("label"));
    }

    [Theory]
    [InlineData("20260310|Computer;")]
    [InlineData("20260310|Computer:12,;")]
    [InlineData("20260310|Computer:many,Mobile:3;")]
    public async Task Lines_that_cannot_be_split_for_sure_fail_the_window(string data)
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", data)));

        Assert.Equal("bad-row", (await rig.FailAsync(s_lines)).Code);
        Assert.Equal(0, rig.Sink.Starts);
    }

    [Fact]
    public async Task Lines_asked_with_object_ids_are_points_by_label()
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", "Windows|5;iOS|7;")));

        var outcome = await rig.PullAsync(s_lines with { ObjectIds = ["Computer"] });

        Assert.Equal([["Windows", "5"], ["iOS", "7"]], rig.Sink.Rows);
        Assert.Equal(["label"], outcome.Schema.Key);
    }

    [Fact]
    public async Task Graph_by_metric_name_is_a_row_per_name_and_is_not_summed()
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("content_dropoff", "count_plays|120;count_plays_25|90;play_through_ratio|0.25;")));

        var outcome = await rig.PullAsync(s_names);

        Assert.Equal([["count_plays", "120"], ["count_plays_25", "90"], ["play_through_ratio", "0.25"]], rig.Sink.Rows);
        Assert.Equal(ColumnType.Double, outcome.Schema.Columns[1].Type);
        Assert.Null(outcome.Totals);
        Assert.Equal("label-rows", outcome.Proof.Chains.Single().Stop);
        Assert.Single(rig.Server.Calls);
    }

    [Fact]
    public async Task Label_that_holds_the_delimiter_or_looks_like_a_date_is_kept_whole()
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", "2026|x|5;a|b|6;|7;plain|8;"), ("count_loads", "a|b|1;")));

        await rig.PullAsync(s_labels);

        Assert.Equal(["2026|x", "a|b", "", "plain"], rig.Sink.Column("label"));
        Assert.Equal([null, "1", null, null], rig.Sink.Column("count_loads"));
    }

    [Theory]
    [InlineData("34", "20260310|1;20260311|2;20260310|3;", "2026-03-10")]
    [InlineData("21", "20260310|A:1,B:2,A:3;", "'A' at 2026-03-10")]
    [InlineData("22", "Linux|1;Linux|2;", "'Linux'")]
    public async Task Two_points_of_one_graph_at_one_key_fail_the_window(string report, string data, string words)
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", data)));

        var failure = await rig.FailAsync(Rig.Spec(report, "graphs"));

        Assert.Equal("duplicate-key", failure.Code);
        Assert.Contains(words, failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, rig.Sink.Starts);
    }

    [Theory]
    [InlineData("34", "days", "2026-03-10|1;")]
    [InlineData("34", "days", "20261301|1;")]
    [InlineData("34", "months", "20260310|1;")]
    [InlineData("10005", "days", "Unknown|1;")]
    [InlineData("21", "days", "|A:1;")]
    public async Task Date_that_does_not_fit_its_form_fails_the_window(string report, string interval, string data)
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", data)));

        var failure = await rig.FailAsync(Rig.Spec(report, "graphs") with { Interval = interval });

        Assert.Equal(("bad-date", false), (failure.Code, failure.IsTransient));
        Assert.Contains("belongs to no row", failure.Message, StringComparison.Ordinal);
        Assert.NotEmpty(rig.Sink.Raw);
    }

    [Fact]
    public async Task Joined_row_with_a_value_that_cannot_be_typed_is_refused_and_minus_zero_is_zero()
    {
        await using var rig = new Rig()
            .GraphAnswers(Graphs(("count_plays", "20260310|many;20260311|-0;20260312|;"), ("sum_time_viewed", "20260310|-0;")))
            .TotalAnswers(Plays(0));

        await rig.PullAsync(s_dates);

        Assert.Equal([null, "0", null], rig.Sink.Column("count_plays"));
        Assert.Equal("0", rig.Sink.Column("sum_time_viewed").First());
        var note = Assert.Single(rig.Sink.Notes);
        Assert.Equal((1L, "count_plays", "many", "is not a whole number of 64 bits"), (note.Row, note.Column, note.Raw, note.Reason));
        Assert.Equal("""{"date_id":"20260310","count_plays":"many","sum_time_viewed":"-0"}""", Assert.Single(rig.Sink.Refused).Raw);
    }

    [Fact]
    public async Task Graph_that_the_catalogue_does_not_know_follows_the_schema_policy()
    {
        foreach (var policy in new[] { SchemaPolicy.Evolve, SchemaPolicy.Ignore })
        {
            await using var rig = new Rig().GraphAnswers(Graphs(("brand_new", "20260310|x;"), ("count_plays", "20260310|1;"))).TotalAnswers(Plays(1));

            await rig.PullAsync(s_dates, Rig.Request(policy: policy));

            Assert.Equal(policy == SchemaPolicy.Evolve ? ["20522", "x", "1"] : ["20522", "1", """{"brand_new":"x"}"""], Assert.Single(rig.Sink.Rows));
            Assert.Equal(policy == SchemaPolicy.Ignore, rig.Sink.Schema!.Columns[1].Known);
        }
    }

    [Theory]
    [InlineData("count_plays")]
    [InlineData("date_id")]
    public async Task Graph_that_comes_twice_or_is_called_like_the_key_fails_the_window(string name)
    {
        await using var rig = new Rig().GraphAnswers(Graphs(("count_plays", "20260310|1;"), (name, "20260310|2;")));

        Assert.Equal("bad-header", (await rig.FailAsync(s_dates)).Code);
    }

    [Theory]
    [InlineData("34", "[]", true)]
    [InlineData("34", "[{\"id\":\"count_plays\",\"data\":\"\"}]", false)]
    [InlineData("2", "[]", true)]
    [InlineData("21", "[{\"id\":\"count_plays\",\"data\":\"\"}]", false)]
    public async Task No_points_are_known_empty_when_the_totals_are_empty_too(string report, string body, bool isBare)
    {
        await using var rig = new Rig().GraphAnswers(body).TotalAnswers(Total("count_plays|sum_time_viewed", "|"));

        var outcome = await rig.PullAsync(Rig.Spec(report, "graphs"));

        Assert.True(outcome.Proof.KnownEmpty);
        Assert.Equal((0, 1, "known-empty"), (rig.Sink.Rows.Count, rig.Sink.Starts, outcome.Proof.Chains.Single().Stop));
        if (isBare) Assert.True(outcome.Schema.Columns.Count > 1);
    }

    [Fact]
    public async Task No_points_against_totals_with_values_are_asked_again()
    {
        await using var rig = new Rig()
            .GraphAnswers(Graphs(("count_plays", "")), "[]", Graphs(("count_plays", "20260310|4;")))
            .TotalAnswers(Plays(4));

        var outcome = await rig.PullAsync(s_dates);

        Assert.Equal((1, 2), (outcome.Rows, outcome.Proof.Restarts.Count));
    }

    [Fact]
    public async Task No_points_that_stay_against_totals_with_values_fail_the_window()
    {
        await using var rig = new Rig().GraphAnswers("[]", "[]", "[]", "[]").TotalAnswers(Plays(4));

        var failure = await rig.FailAsync(s_dates);

        Assert.Equal(("empty-unproven", true), (failure.Code, failure.IsTransient));
        Assert.Equal(0, rig.Sink.Starts);
    }

    [Fact]
    public async Task Session_that_ended_is_renewed_and_damage_on_the_way_is_asked_again()
    {
        var whole = Graphs(("count_plays", "20260310|4;"));
        await using var rig = new Rig()
            .GraphAnswers(InvalidKs("EXPIRED"), Error("DRUID_QUERY_TIMED_OUT"), whole[..^9], whole)
            .TotalAnswers(Plays(4));

        Assert.Equal(1, (await rig.PullAsync(s_dates)).Rows);
        Assert.Equal(["getGraphs-1", "getGraphs-2", "getGraphs-3", "getGraphs-4"], rig.Sink.Raw.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Error_of_the_service_is_that_error()
    {
        await using var rig = new Rig().GraphAnswers(Error("SERVICE_FORBIDDEN"));

        Assert.Equal("SERVICE_FORBIDDEN", (await rig.FailAsync(s_dates)).Code);
    }

    [Fact]
    public async Task Interval_without_points_is_refused_before_anything_is_asked()
    {
        await using var rig = new Rig();

        var failure = await rig.FailAsync(Rig.Spec("17", "graphs"), Rig.Request("2026-03-10T05+0000", unit: WindowUnit.Hour));

        Assert.Equal("bad-source", failure.Code);
        Assert.Empty(rig.Server.Calls);
    }

    [Fact]
    public async Task Rows_of_random_graphs_equal_a_plain_join()
    {
        await using var rig = new Rig().TotalAnswers(Plays(1));
        string[] names = ["count_plays", "count_loads", "unique_known_users"];
        for (var seed = 1; seed <= 80; seed++)
        {
            var random = new Random(seed);
            var isLines = seed % 2 == 0;
            var truth = new Dictionary<(string Day, string Label), string?[]>();
            var data = new string[names.Length];
            for (var g = 0; g < names.Length; g++)
            {
                var days = Enumerable.Range(1, 28).Where(_ => random.Next(3) > 0).ToArray();
                random.Shuffle(days);
                foreach (var day in days.Select(d => $"202603{d:00}"))
                {
                    var labels = isLines ? Enumerable.Range(0, 6).Where(_ => random.Next(2) > 0).Append(6).Select(l => l % 2 == 0 ? $"L{l}" : $"L{l}, x").ToArray() : [""];
                    random.Shuffle(labels);
                    var values = labels.Select(l => (Label: l, Value: $"{random.Next(1000)}")).ToList();
                    foreach (var (label, value) in values)
                    {
                        if (!truth.TryGetValue((day, label), out var cells)) truth.Add((day, label), cells = new string?[names.Length]);
                        cells[g] = value;
                    }
                    data[g] += $"{day}|{(isLines ? string.Join(',', values.Select(v => $"{v.Label}:{v.Value}")) : values[0].Value)};";
                }
            }
            rig.GraphAnswers(Graphs([.. names.Select((n, g) => (n, data[g] ?? ""))]));

            await rig.PullAgainAsync(isLines ? s_lines : s_dates);

            var epoch = new DateOnly(1970, 1, 1).DayNumber;
            var expected = truth.Select(t => $"{DateOnly.ParseExact(t.Key.Day, "yyyyMMdd").DayNumber - epoch}/{(isLines ? t.Key.Label + "/" : "")}{string.Join('/', t.Value)}");
            Assert.True(expected.Order().SequenceEqual(rig.Sink.Rows.Select(r => string.Join('/', r)).Order()), $"seed {seed}");
        }
    }
}
