using Etl.Core.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public class LandFaultTests
{
    [Theory]
    [InlineData("land: []", "3:7: 'land' is empty, so the job would land nowhere. Give a parquet, table or export item.")]
    [InlineData("land: { parquet: { dataset: x } }", "3:7: 'land' takes a list whose items begin with '- ', not a map.")]
    [InlineData("about: x", "1:1: A job needs 'land'. Write a list such as '- parquet: { dataset: content_daily }'.")]
    [InlineData("land: [ parquet ]", "3:9: An item of 'land' is a map such as 'parquet: { dataset: content_daily }', not a single value.")]
    [InlineData("land: [ { parqet: { dataset: x } } ]", "3:11: 'parqet' is not a kind of landing. Expected 'parquet', 'table', 'export' or 'audit'. Did you mean 'parquet'?")]
    [InlineData("land: [ { parquet: } ]", "3:11: 'parquet' has no value. Write 'parquet: { dataset: content_daily }', for example.")]
    [InlineData("land: [ { parquet: { dataset: x }, table: { name: y } } ]", "3:36: A land item has one kind, and this one has 'parquet' already. Begin another item with '- '.")]
    [InlineData("land: [ { from: main } ]", "3:9: A land item needs its kind. Expected 'parquet', 'table', 'export' or 'audit'.")]
    [InlineData("land: [ { parquet: { dataset: x }, from: plays } ]", "3:42: There is no source 'plays': a job with one 'source' needs no 'from'.")]
    [InlineData("land: [ { parquet: { dataset: x, from: main } } ]", "3:34: 'from' stands beside 'parquet', not in it.")]
    [InlineData("land: [ { parquet: { dataset: ../x } } ]", "3:31: '../x' is not a value of 'dataset'. Expected 1 to 100 letters, digits, '_', '-' and '.', not beginning or ending with '.' or beginning with '-'.")]
    [InlineData("land: [ { parquet: { dataset: \"x\\n\" } } ]", "3:31: 'x ' is not a value of 'dataset'. Expected 1 to 100 letters, digits, '_', '-' and '.', not beginning or ending with '.' or beginning with '-'.")]
    [InlineData("land: [ { parquet: { dataset: x, codec: zstd } } ]", "3:41: 'zstd' is not a value of 'codec'. Expected 'snappy', 'gzip' or 'none'.")]
    [InlineData("land: [ { parquet: { dataset: x, store: My Lake } } ]", "3:41: 'My Lake' is not a value of 'store'. Expected a name from the settings: lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("land: [ { table: { key: [object_id] } } ]", "3:18: A table landing needs 'name'. Write the name of a table, such as 'name: content_daily'.")]
    [InlineData("land: [ { table: { name: x; drop } } ]", "3:26: 'x; drop' is not a value of 'name'. Expected letters, digits and '_' (at most 63, not beginning with a digit), optionally as 'schema.table'.")]
    [InlineData("land: [ { audit: { retention: 7y } } ]", "3:18: An audit landing needs 'log'. Write the name of a log, such as 'log: compliance'.")]
    [InlineData("land: [ { audit: } ]", "3:11: 'audit' has no value. Write 'audit: { log: compliance }', for example.")]
    [InlineData("land: [ { audit: { log: ../x } } ]", "3:25: '../x' is not a value of 'log'. Expected the name of a log: lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("land: [ { audit: { log: x, retention: 7 } } ]", "3:39: '7' is not a value of 'retention'. Expected a whole number of years or days: 7y or 400d, at most 100y or 9999d.")]
    [InlineData("land: [ { audit: { log: x, retention: 101y } } ]", "3:39: '101y' is not a value of 'retention'. Expected a whole number of years or days: 7y or 400d, at most 100y or 9999d.")]
    [InlineData("land: [ { audit: { log: x, codec: gzip } } ]", "3:28: 'codec' is not a key of an audit landing.")]
    [InlineData("land: [ { parquet: { dataset: etl_windows } } ]", "3:31: 'etl_windows' is not a value of 'dataset': names that begin with 'etl_' are taken.")]
    [InlineData("land: [ { table: { name: dbo.ETL_landing } } ]", "3:26: 'dbo.ETL_landing' is not a value of 'name': names that begin with 'etl_', 'sqlite_' or 'pg_' are taken.")]
    [InlineData("land: [ { table: { name: x, mode: replace } } ]", "3:35: 'replace' is not a value of 'mode'. Expected 'replace-window', 'merge', 'append' or 'history'. Did you mean 'replace-window'?")]
    [InlineData("land: [ { table: { name: x, mode: merge } } ]", "3:35: Mode 'merge' compares rows by their key. Add 'key: [_window, object_id]', for example.")]
    [InlineData("land: [ { table: { name: x, key: [_window, objct_id] } } ]", "3:44: 'objct_id' is not a column of report 38 (TOP_CONTENT_CREATOR). Did you mean 'object_id'?")]
    [InlineData("land: [ { table: { name: x, key: [object_id, object_id] } } ]", "3:46: 'object_id' stands twice in 'key'.")]
    public void Fault_of_a_landing_is_the_only_one_and_names_its_place(string land, string fault) =>
        Assert.Equal([fault], Yaml.Faults($"job: a\nsource: {{ report: 38, action: table }}\n{land}"));

    [Fact]
    public void Key_of_a_report_with_unknown_columns_is_not_judged() =>
        Yaml.Job("job: a\nsource: { report: 99, action: total }\nland: [ table: { name: x, key: [anything] } ]");

    [Fact]
    public void Land_items_of_several_sources_need_from_and_every_source_needs_an_item() =>
        Assert.Equal(
            [
                "3:10: Source 'plays' lands nowhere: no item of 'land' says 'from: plays'.",
                "6:5: A land item of a job with 'sources' needs 'from'. Expected 'plays' or 'sums'.",
                "7:13: There is no source 'sum'. Expected 'plays' or 'sums'. Did you mean 'sums'?",
            ],
            Yaml.Faults("""
                job: a
                sources:
                  plays: { report: 38, action: table }
                  sums: { report: 38, action: total }
                land:
                  - parquet: { dataset: x }
                  - { from: sum, parquet: { dataset: y } }
                  - { from: sums, parquet: { dataset: z } }
                """));

    [Fact]
    public void Names_of_sources_follow_the_rule_of_jobs() =>
        Assert.Equal(
            ["3:3: 'My plays' is not a name for a source. Expected 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or a digit."],
            Yaml.Faults("job: a\nsources:\n  My plays: { report: 38, action: table }\nland: [ { from: My plays, parquet: { dataset: x } } ]"));

    [Fact]
    public void Two_items_at_one_place_are_refused_within_a_job() =>
        Assert.Equal(
            [
                "4:5: 'parquet:x' is landed by line 5 too. Every land item needs a place of its own.",
                "5:5: 'parquet:X' is landed by line 4 too. Every land item needs a place of its own.",
            ],
            Yaml.Faults("job: a\nsource: { report: 38, action: table }\nland:\n  - parquet: { dataset: x }\n  - parquet: { dataset: X }"));

    [Fact]
    public void Audit_log_is_shared_by_sources_and_takes_each_once()
    {
        const string sources = "job: a\nsources:\n  plays: { report: 38, action: table }\n  sums: { report: 38, action: total }\nland:\n";
        var job = Yaml.Job(sources + "  - { from: plays, audit: { log: compliance, retention: 7y } }\n  - { from: sums, audit: { log: compliance } }");
        Assert.Equal(
            [new AuditLandSpec { From = "plays", Log = "compliance", Retention = new AuditRetention(7, IsYears: true) }, new AuditLandSpec { From = "sums", Log = "compliance" }],
            job.Land);
        Assert.True(job.IsAudited("plays") && job.IsAudited("sums") && !job.IsAudited("others"));
        Assert.Equal(
            [
                "6:5: 'audit:compliance of source a/plays' is landed by line 7 too. Every land item needs a place of its own.",
                "7:5: 'audit:compliance of source a/plays' is landed by line 6 too. Every land item needs a place of its own.",
            ],
            Yaml.Faults(sources + "  - { from: plays, audit: { log: compliance } }\n  - { from: plays, audit: { log: compliance, retention: 7y } }\n  - { from: sums, table: { name: x } }"));
    }

    [Theory]
    [InlineData("7y", "2024-02-29", "2031-02-28")]
    [InlineData("1y", "2026-11-19", "2027-11-19")]
    [InlineData("400d", "2026-11-19", "2027-12-24")]
    public void Retention_ends_on_a_day_of_the_calendar(string text, string from, string end) =>
        Assert.Equal(Day(end), AuditRetention.Parse(text)!.Value.EndOf(Day(from)));

    private static DateTimeOffset Day(string text) => DateTimeOffset.Parse(text + "T00:00:00Z", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public void Table_at_the_view_of_an_appended_table_is_refused() =>
        Assert.Equal(
            [
                "4:5: 'table:warehouse:t_current', the view of this table, is landed by line 5 too. Every land item needs a place of its own.",
                "5:5: 'table:warehouse:t_current' is landed by line 4 too. Every land item needs a place of its own.",
            ],
            Yaml.Faults("job: a\nsource: { report: 38, action: table }\nland:\n  - table: { name: t, mode: append }\n  - table: { name: t_current }"));
}
