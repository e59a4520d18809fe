using Etl.Core.Jobs;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Jobs;

public class JobFormTests
{
    [Fact]
    public void Job_with_every_key_is_read_as_written()
    {
        var job = Yaml.Job(Yaml.Full);

        Assert.Equal("nightly-content", job.Name);
        Assert.Equal("Plays and minutes per entry and day.", job.About);
        Assert.Equal("jobs/a.yaml", job.File);
        Assert.Equal(new ScheduleSpec("15 2 * * *", "America/New_York"), job.Schedule);
        Assert.Equal(new WindowSpec { Every = WindowUnit.Day, TimeZone = "America/New_York", Lookback = 4, Settle = TimeSpan.FromMinutes(90) }, job.Window);
        Assert.Equal(SchemaPolicy.Hold, job.Schema);
        Assert.Equal(TimeSpan.FromDays(30), job.Raw);
        Assert.Equal(
            new CheckSpec { Totals = CheckPolicy.Warn, Tolerance = 0.01, Keys = CheckPolicy.Off, ShrinkShare = null, Empty = CheckPolicy.Off },
            job.Checks);
        Assert.Equal(new ParquetLandSpec { Dataset = "content_daily", Codec = "gzip", Store = "lake" }, job.Land[0]);
        var table = Assert.IsType<TableLandSpec>(job.Land[1]);
        Assert.Equal(("archive", "content_daily", LandMode.Merge, "main"), (table.Connection, table.Table, table.Mode, table.From));
        Assert.Equal(["_window", "object_id"], table.Key);
    }

    [Fact]
    public void Job_with_the_least_keys_has_the_defaults_of_the_model()
    {
        var job = Yaml.Job(Yaml.Smallest);

        Assert.Null(job.Schedule);
        Assert.Equal("", job.About);
        Assert.Equal(new WindowSpec(), job.Window);
        Assert.Equal(new CheckSpec(), job.Checks);
        Assert.Equal(SchemaPolicy.Evolve, job.Schema);
        Assert.Equal(JobDefinition.DefaultRaw, job.Raw);
        Assert.Equal(JobDefinition.DefaultFreeze, job.Freeze);
        Assert.Null(job.Hooks);
        Assert.Equal((HookAim.Due, HookAim.Window), (Yaml.Job(Yaml.With("hooks: due")).Hooks, Yaml.Job(Yaml.With("hooks: window")).Hooks));
        Assert.Equal((null, 5), (Yaml.Job(Yaml.With("freeze: off")).Freeze, Yaml.Job(Yaml.With("freeze: 5")).Freeze));
        Assert.Equal(JobDefinition.DefaultAttempts, job.Attempts);
        Assert.Equal((null, 9), (Yaml.Job(Yaml.With("attempts: off")).Attempts, Yaml.Job(Yaml.With("attempts: 9")).Attempts));
        Assert.Equal(TimeSpan.Zero, Yaml.Job(Yaml.With("raw: off")).Raw);
        Assert.Equal(new ParquetLandSpec { Dataset = "small" }, Assert.Single(job.Land));
        var source = Assert.Single(job.Sources);
        Assert.Equal(("main", "table", "38", 12_000, "|", true), (source.Name, source.Action, source.Report, source.PageSize, source.Delimiter, source.SkipEmptyDates));
        Assert.Equal((null, null, 0, 0, 0, 0), (source.Order, source.Interval, source.Filter.Count, source.ObjectIds.Count, source.Privileges.Count, source.Accounts.Count));
    }

    [Theory]
    [InlineData("38")]
    [InlineData("\"38\"")]
    [InlineData("TOP_CONTENT_CREATOR")]
    [InlineData("top_content_creator")]
    [InlineData("topContentCreator")]
    public void Report_by_id_name_or_alias_becomes_its_id(string report) =>
        Assert.Equal("38", Yaml.Job(Yaml.WithSource($"{{ report: {report}, action: table }}")).Sources[0].Report);

    [Fact]
    public void Source_keys_are_read_as_written()
    {
        var source = Yaml.Job(Yaml.WithSource("""
            { report: 34, action: total, order: +date_id, pageSize: 500, delimiter: "|~|", objectIds: [1_a, 1_b],
                      interval: ten_seconds, skipEmptyDates: false, privileges: ["virtualeventid:99", "appid:portal"], accounts: [123, 456] }
            """)).Sources[0];

        Assert.Equal(("34", "total", "+date_id", 500, "|~|", "ten_seconds", false),
            (source.Report, source.Action, source.Order, source.PageSize, source.Delimiter, source.Interval, source.SkipEmptyDates));
        Assert.Equal(["1_a", "1_b"], source.ObjectIds);
        Assert.Equal(["virtualeventid:99", "appid:portal"], source.Privileges);
        Assert.Equal(["123", "456"], source.Accounts);
    }

    [Theory]
    [InlineData("00123")]
    [InlineData("1e5")]
    [InlineData("no")]
    [InlineData("on")]
    [InlineData("true")]
    [InlineData("0x1F")]
    [InlineData("1_000")]
    [InlineData(".5")]
    [InlineData("2026-11-19")]
    [InlineData("12:30:45")]
    [InlineData("+7")]
    [InlineData("Ünïcode 𝒳")]
    public void Filter_value_without_quotes_stays_the_text_that_was_written(string text)
    {
        var source = Yaml.Job(Yaml.WithSource($"{{ report: 38, action: table, objectIds: [{text}], filter: {{ keywords: {text}, entryIdIn: [x, {text}] }} }}")).Sources[0];

        Assert.Equal([text], source.ObjectIds);
        Assert.Equal([text], source.Filter["keywords"].Values);
        Assert.False(source.Filter["keywords"].IsList);
        Assert.Equal(["x", text], source.Filter["entryIdIn"].Values);
        Assert.True(source.Filter["entryIdIn"].IsList);
    }

    [Fact]
    public void Filter_value_that_looks_like_nothing_survives_in_quotes() =>
        Assert.Equal(["null", "~"], Yaml.Job(Yaml.WithSource("{ report: 38, action: table, filter: { entryIdIn: ['null', \"~\"] } }")).Sources[0].Filter["entryIdIn"].Values);

    [Fact]
    public void Several_sources_land_where_the_items_say()
    {
        var job = Yaml.Job("""
            job: two
            sources:
              plays: { report: 38, action: table }
              sums: { report: 99, action: total }
            land:
              - { from: plays, parquet: { dataset: plays } }
              - parquet: { dataset: sums }
                from: sums
            """);

        Assert.Equal(["plays", "sums"], job.Sources.Select(s => s.Name));
        Assert.Equal(["plays", "sums"], job.Land.Select(l => l.From));
    }

    [Fact]
    public void Schedule_without_zone_takes_that_of_the_window() =>
        Assert.Equal("Asia/Kathmandu", Yaml.Job(Yaml.With("schedule: { cron: 0 3 * * * }\nwindow: { timezone: Asia/Kathmandu }")).Schedule!.TimeZone);

    [Theory]
    [InlineData("replace-window", LandMode.ReplaceWindow)]
    [InlineData("merge", LandMode.Merge)]
    [InlineData("append", LandMode.Append)]
    [InlineData("history", LandMode.History)]
    public void Table_mode_is_read_from_its_word(string word, LandMode mode)
    {
        var job = Yaml.Job($"job: a\nsource: {{ report: 38, action: table }}\nland: [ {{ table: {{ name: dbo.plays, key: [object_id], mode: {word} }} }} ]");
        Assert.Equal(mode, Assert.IsType<TableLandSpec>(job.Land[0]).Mode);
    }
}
