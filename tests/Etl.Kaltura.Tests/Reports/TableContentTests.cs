using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Kaltura.Reports;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>What comes out of a table: text exact, numbers typed, days of any length.</summary>
public class TableContentTests
{
    [Theory]
    [InlineData("00123")]
    [InlineData("1_23456789")]
    [InlineData("0_1234e567")]
    [InlineData("nan")]
    [InlineData("1e5")]
    [InlineData("two\nlines")]
    [InlineData("say \"hi\"")]
    [InlineData("=SUM(A1)")]
    [InlineData("-x")]
    [InlineData("@home")]
    [InlineData("'quoted'")]
    [InlineData("caf\u00e9 \u4e2d \ud83d\ude00")]
    public async Task Id_and_name_are_the_same_text(string text)
    {
        await using var rig = new Rig().TableAnswers(Table([$"{text}|{text}|-5|4.0E-5"], 1, "object_id|entry_name|count_plays|avg_view_drop_off")).TotalAnswers(Plays(-5));

        await rig.PullAsync();

        Assert.Equal([text, text, "-5", "4E-05"], Assert.Single(rig.Sink.Rows));
    }

    [Fact]
    public async Task Row_with_cells_that_cannot_be_typed_is_refused_with_its_raw_text()
    {
        await using var rig = new Rig().TableAnswers(Table(["1_a|many|Unknown", "1_b|2|1700000000"], 2, "object_id|count_plays|created_at")).TotalAnswers(Plays(2));

        await rig.PullAsync();

        Assert.Equal(["1_a", null, null], rig.Sink.Rows[0]);
        Assert.Equal(["1_b", "2", "1700000000000000"], rig.Sink.Rows[1]);
        var refused = Assert.Single(rig.Sink.Refused);
        Assert.Equal((0, 1L, 1, ""), (refused.Index, refused.Number, refused.Page, refused.Part));
        Assert.Equal("""{"object_id":"1_a","count_plays":"many","created_at":"Unknown"}""", refused.Raw);
        Assert.Equal([("count_plays", "many"), ("created_at", "Unknown")], refused.Cells.Select(c => (c.Column, c.Text)));
    }

    [Theory]
    [InlineData("Unknown|3|Unknown", false)]
    [InlineData("Error|3|Error", false)]
    [InlineData("Unknown|3|Error", true)]
    [InlineData("Unknown|Unknown|Unknown", true)]
    [InlineData("|3|Unknown", true)]
    [InlineData("1_a|3|Unknown", true)]
    public async Task Word_of_a_key_that_was_not_looked_up_is_null_in_looked_up_columns_and_its_row_lands(string row, bool isRefused)
    {
        await using var rig = new Rig().TableAnswers(Table([row], 1, "object_id|count_plays|created_at")).TotalAnswers(Plays(3));

        var outcome = await rig.PullAsync();

        Assert.Equal(isRefused ? 1 : 0, rig.Sink.Refused.Count);
        Assert.Null(Assert.Single(rig.Sink.Rows)[2]);
        Assert.Equal(!isRefused, outcome.Proof.Notes.Any(n => n.Contains("such cells are null", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Columns_renamed_added_removed_and_reordered_never_shift()
    {
        await using var rig = new Rig().TableAnswers(Table(["7|x|1_a"], 1, "count_plays|brand_new|object_id")).TotalAnswers(Plays(7));

        var outcome = await rig.PullAsync();

        Assert.Equal("1_a", rig.Sink.Column("object_id").Single());
        Assert.Equal("7", rig.Sink.Column("count_plays").Single());
        Assert.False(outcome.Schema.Columns[1].Known);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("'entry_name' was expected", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Raw_capture_is_the_body_as_sent()
    {
        var body = Table(Entries(0, 3), 3);
        await using var rig = new Rig().TableAnswers(Gzip(body)).TotalAnswers(Plays(3));

        var outcome = await rig.PullAsync();

        Assert.Equal($"[{body},{Plays(3)}]", Assert.Single(rig.Sink.Raw).Value);
        var page = outcome.Proof.Chains[0].Pages[0];
        Assert.Equal((1, 12_000, 3L, 3L, (long)body.Length), (page.Number, page.Asked, page.Rows, page.TotalCount, page.Bytes));
        Assert.Equal(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(body))), page.Sha256);
    }

    [Theory]
    [InlineData("2026-11-01", 25, "240", 1)]
    [InlineData("2026-03-08", 23, "300", 0)]
    public async Task Day_of_23_or_25_hours_has_exact_bounds_and_its_spilled_row_is_noted(string label, int hours, string offset, int spilled)
    {
        var request = Rig.Request(label, "America/New_York");
        var day = label.Replace("-", "", StringComparison.Ordinal);
        var rows = spilled == 0 ? new[] { $"{day}|5" } : [$"{day}|5", "20261102|1"];
        await using var rig = new Rig().TableAnswers(Table(rows, rows.Length, "date_id|count_plays")).TotalAnswers(Plays(5 + spilled));

        var outcome = await rig.PullAsync(Rig.Spec("34"), request);

        var call = rig.Server.Tables.Single();
        Assert.Equal(hours * 3600, long.Parse(call.Filter("toDate"), null) - long.Parse(call.Filter("fromDate"), null));
        Assert.Equal(offset, call.Filter("timeZoneOffset"));
        Assert.Equal(1 + spilled, outcome.Rows);
        Assert.Equal(spilled, outcome.Proof.Notes.Count(n => n.Contains("carry the date 2026-11-02", StringComparison.Ordinal)));
        Assert.Equal(ColumnType.Date, outcome.Schema.Columns[0].Type);
    }

    [Fact]
    public async Task Month_rows_of_a_month_window_are_inside()
    {
        await using var rig = new Rig().TableAnswers(Table(["202603|5"], 1, "month_id|count_plays")).TotalAnswers(Plays(5));

        var outcome = await rig.PullAsync(Rig.Spec("34"), Rig.Request("2026-03", unit: WindowUnit.Month));

        Assert.DoesNotContain(outcome.Proof.Notes, n => n.Contains("carry the date", StringComparison.Ordinal));
        Assert.Equal(["month_id"], outcome.Schema.Key);
    }

    [Fact]
    public async Task Longer_delimiter_keeps_commas_and_bars()
    {
        await using var rig = new Rig().TableAnswers(Table(["1_a|~|a, b | c|~|3"], 1, "object_id|~|entry_name|~|count_plays")).TotalAnswers(Plays(3));

        await rig.PullAsync(Rig.Spec() with { Delimiter = "|~|" });

        Assert.Equal("a, b | c", rig.Sink.Column("entry_name").Single());
        Assert.Equal("|~|", rig.Server.Tables.Single().Form["responseOptions[delimiter]"]);
    }

    [Fact]
    public async Task Unknown_columns_go_to_the_side_map_by_ignore_whatever_their_order()
    {
        await using var rig = new Rig()
            .TableAnswers(Table(["1_a|x|3|say \"hi\" \\ é <b>", "1_b||4|"], 2, "object_id|novel|count_plays|brand \"new\""))
            .TotalAnswers(Plays(7));
        await rig.PullAsync(request: Rig.Request(policy: SchemaPolicy.Ignore));
        Assert.Equal(["1_a", "3", """{"brand \"new\"":"say \"hi\" \\ é <b>","novel":"x"}"""], rig.Sink.Rows[0]);
        Assert.Equal(["1_b", "4", null], rig.Sink.Rows[1]);

        rig.TableAnswers(Table(["say \"hi\" \\ é <b>|1_a|x|3", "|1_b||4"], 2, "brand \"new\"|object_id|novel|count_plays"));
        var before = rig.Sink.Rows;
        await rig.PullAgainAsync(request: Rig.Request(policy: SchemaPolicy.Ignore));
        Assert.Equal(before, rig.Sink.Rows);
    }

    [Fact]
    public async Task Column_that_landed_as_text_stays_text_as_it_is_sent()
    {
        await using var rig = new Rig().TableAnswers(Table(["1_a|007|3"], 1, "object_id|unique_viewers|count_plays")).TotalAnswers(Plays(3));

        var outcome = await rig.PullAsync(request: Rig.Request() with { StaysText = ["unique_viewers", "entry_name"] });

        Assert.Equal(["1_a", "007", "3"], Assert.Single(rig.Sink.Rows));
        Assert.Equal((ColumnType.Text, Additivity.None), (outcome.Schema.Columns[1].Type, outcome.Schema.Columns[1].Additivity));
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("'unique_viewers' landed as text", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("_pull")]
    [InlineData("_extra")]
    public async Task Column_with_a_name_of_ours_is_refused_and_lands_in_the_side_map_by_ignore(string name)
    {
        var body = Table(["1_a|x|3"], 1, $"object_id|{name}|count_plays");
        await using var rig = new Rig().TableAnswers(body, body).TotalAnswers(Plays(3));
        Assert.Equal("bad-header", (await rig.FailAsync()).Code);
        await rig.PullAgainAsync(request: Rig.Request(policy: SchemaPolicy.Ignore));
        Assert.Equal(["1_a", "3", $$"""{"{{name}}":"x"}"""], Assert.Single(rig.Sink.Rows));
    }

    [Theory]
    [InlineData("38", "split by entryCreatedAt ranges, then entryIdIn values")]
    [InlineData("34", "none: one row per date")]
    [InlineData("6", "cannot be split and fails")]
    [InlineData("10009", "cannot be split and fails")]
    public void Forecast_tells_calls_and_cap_risk_without_a_call(string report, string risk)
    {
        using var connection = new KalturaConnection(new KalturaSettings { PartnerId = "1", AdminSecret = new Etl.Core.Secrets.Secret("x") });
        var forecast = new KalturaSourceFactory(connection, KalturaCatalog.Shared).Create(Rig.Spec(report), "1").Forecast(Rig.Request());

        Assert.Equal(1, forecast.Calls);
        Assert.Contains(risk, forecast.CapRisk, StringComparison.Ordinal);
    }
}
