namespace Etl.Pipeline.Tests.Jobs;

public class JobFaultTests
{
    [Fact]
    public void Fault_reads_like_a_compilers_and_carries_its_parts()
    {
        var fault = Assert.Single(Yaml.Read(Yaml.With("windw: { every: day }")).Faults);

        Assert.Equal("jobs/a.yaml:5:1: 'windw' is not a key of a job. Did you mean 'window'?", fault.ToString());
        Assert.Equal(("jobs/a.yaml", 5, 1, "$.windw", "small"), (fault.File, fault.Line, fault.Column, fault.Path, fault.Job));
    }

    [Fact]
    public void All_faults_of_a_file_are_listed_at_once_in_order()
    {
        Assert.Equal(
            [
                "1:6: 'Nightly' is not a value of 'job'. Expected 1 to 63 lower-case letters, digits and hyphens, beginning with a letter or a digit.",
                "3:11: Report 'TOP_CONTENT_CREATER' is not in the catalogue. Did you mean 'TOP_CONTENT_CREATOR'? 'etl reports' lists them all.",
                "4:11: 'tabel' is not an action. Expected 'table', 'total', 'graphs', 'base-total', 'csv', 'custom-csv', 'microservice', 'entries', 'captions', 'events', 'live-events', 'beacons' or 'stream-status'. Did you mean 'table'?",
                "5:13: 'entryIDsIn' is not a filter field. Did you mean 'entryIdIn'?",
                "6:18: 'daily' is not a value of 'every'. Expected 'minute', 'hour', 'day' or 'month'. Did you mean 'day'?",
                "6:35: Time zone 'America/NewYork' is not known here. Write an IANA id such as 'America/New_York'. Did you mean 'America/New_York'?",
                "6:62: '0' is not a value of 'lookback'. Expected a whole number from 1 to 3660.",
                "6:73: '2 hours' is not a value of 'settle'. Expected a whole number and a unit, at most 366 days: 30s, 90m, 2h or 1d.",
                "8:14: A parquet landing needs 'dataset'. Write the name of a folder, such as 'dataset: content_daily'.",
                "8:16: 'datset' is not a key of a parquet landing. Did you mean 'dataset'?",
            ],
            Yaml.Faults("""
                job: Nightly
                source:
                  report: TOP_CONTENT_CREATER
                  action: tabel
                  filter: { entryIDsIn: [1_a] }
                window: { every: daily, timezone: America/NewYork, lookback: 0, settle: 2 hours }
                land:
                  - parquet: { datset: x }
                """));
    }

    [Theory]
    [InlineData("about: [a]", "5:8: 'about' takes one value, not a list.")]
    [InlineData("about:", "5:1: 'about' has no value. Give one, or leave the key out.")]
    [InlineData("about: ~", "5:1: 'about' has no value. Give one, or leave the key out.")]
    [InlineData("about: ''", "5:8: 'about' is an empty text.")]
    [InlineData("job: other", "5:1: 'job' occurs twice; the first is on line 1.")]
    [InlineData("window: day", "5:9: 'window' takes keys with values, not a single value.")]
    [InlineData("window: { lookback: many }", "5:21: 'many' is not a value of 'lookback'. Expected a whole number from 1 to 3660.")]
    [InlineData("window: { lookback: 99999999999 }", "5:21: '99999999999' is not a value of 'lookback'. Expected a whole number from 1 to 3660.")]
    [InlineData("window: { timezone: america/new_york }", "5:21: Time zone 'america/new_york' is not known here. Write an IANA id such as 'America/New_York'. Did you mean 'America/New_York'?")]
    [InlineData("window: { timezone: localtime }", "5:21: Time zone 'localtime' depends on the machine. Write an IANA id such as 'America/New_York' or 'UTC'.")]
    [InlineData("schedule: { timezone: UTC }", "5:11: A schedule needs 'cron'. Write 'cron: \"15 2 * * *\"' for a quarter past two every night, for example.")]
    [InlineData("schedule: nightly", "5:11: 'schedule' takes keys with values, not a single value.")]
    [InlineData("checks: { totals: no }", "5:19: 'no' is not a value of 'totals'. Expected 'hold', 'warn' or 'off'.")]
    [InlineData("checks: { tolerance: 0.001 }", "5:22: '0.001' is not a value of 'tolerance'. Expected a percentage from 0% to 100%, such as 0.1% or 50%.")]
    [InlineData("checks: { tolerance: off }", "5:22: 'off' is not a value of 'tolerance'. Expected a percentage from 0% to 100%, such as 0.1% or 50%.")]
    [InlineData("checks: { shrink: 101% }", "5:19: '101%' is not a value of 'shrink'. Expected a percentage from 0% to 100%, such as 0.1% or 50%, or off.")]
    [InlineData("checks: { quarantine: 100 }", "5:23: '100' is not a value of 'quarantine'. Expected a percentage of the rows such as 0.1%, or a number of them such as '100 rows', or off.")]
    [InlineData("checks: { quarantine: -1 rows }", "5:23: '-1 rows' is not a value of 'quarantine'. Expected a percentage of the rows such as 0.1%, or a number of them such as '100 rows', or off.")]
    [InlineData("checks: { second-path: total }", "5:24: 'total' is not a value of 'second-path'. Expected 'csv', 'table', 'order', 'same' or 'off'.")]
    [InlineData("checks: { empty: warn }", "5:18: 'warn' is not a value of 'empty'. Expected 'hold' or 'accept'.")]
    [InlineData("schema: evolv", "5:9: 'evolv' is not a value of 'schema'. Expected 'evolve', 'hold' or 'ignore'. Did you mean 'evolve'?")]
    [InlineData("sources: { x: { report: 38, action: table } }", "5:1: A job has 'source' or 'sources', not both.")]
    public void Fault_of_a_job_key_is_named_at_its_place(string line, string fault) =>
        Assert.Contains(fault, Yaml.Faults(Yaml.With(line)));

    [Theory]
    [InlineData("{ report: 38 }", "2:9: A source needs 'action'. Write 'action: table' for rows or 'action: total' for one row of sums.")]
    [InlineData("{ action: table }", "2:9: A source needs 'report'. Write its name or id, such as 'report: TOP_CONTENT_CREATOR' or 'report: 38'.")]
    [InlineData("{ report: 38, action: graphs }", "2:31: Report 38 (TOP_CONTENT_CREATOR) has no 'graphs'. It has 'table', 'total' or 'csv'.")]
    [InlineData("{ report: 38, action: base-total }", "2:31: Report 38 (TOP_CONTENT_CREATOR) has no 'base-total'. It has 'table', 'total' or 'csv'.")]
    [InlineData("{ report: 38, action: table, parameters: { a: b } }", "2:38: 'parameters' is not a key of a source.")]
    [InlineData("{ action: microservice }", "2:9: A microservice source needs 'name'. Write the name of the report, such as 'name: pollsActivity'.")]
    [InlineData("{ name: pollsActivity, action: microservice, filter: { a: b } }", "2:54: 'filter' is not a key of a microservice source.")]
    [InlineData("{ name: pollsActivity, action: microservice, dates: ids }", "2:61: 'ids' is not a value of 'dates'. Expected 'iso', 'unix' or 'none'.")]
    [InlineData("{ name: pollsActivity, action: microservice, parameters: {} }", "2:66: 'parameters' is empty. Give a parameter, or leave the key out.")]
    [InlineData("{ name: pollsActivity, action: microservice, parameters: { a: { b: 1 } } }", "2:71: Parameter 'a' takes a value or a list. Write parameters inside it with dots: 'a.name: value'.")]
    [InlineData("{ name: pollsActivity, action: microservice, parameters: { a: [] } }", "2:71: 'a' is an empty list. Give a value, or leave the key out.")]
    [InlineData("{ name: pollsActivity, action: microservice, parameters: { a: ~ } }", "2:68: 'a' has no value. Give one, or leave the key out.")]
    [InlineData("{ report: 38, action: table, params: { a: b } }", "2:38: 'params' is not a key of a source.")]
    [InlineData("{ report: 38, action: csv, pageSize: 500 }", "2:36: A file has one page of 60,000 rows; leave 'pageSize' out.")]
    [InlineData("{ report: 99, action: csv }", "2:31: Report 99 (ONLY_TOTALS) has no 'csv'. It has 'total'.")]
    [InlineData("{ action: custom-csv }", "2:9: A custom-csv source needs 'custom'. Write the id of the custom report, such as 'custom: 3007'.")]
    [InlineData("{ custom: 3007, action: custom-csv, filter: { a: b } }", "2:45: 'filter' is not a key of a custom-csv source.")]
    [InlineData("{ custom: viewers, action: custom-csv }", "2:19: 'viewers' is not a custom report. Expected its id, or a name that 'etl reports custom-csv' lists.")]
    [InlineData("{ report: 38, action: table, accounts: { report: 38 } }", "2:58: '38' is not a report that lists accounts.")]
    [InlineData("{ report: 38, action: table, accounts: { except: [1] } }", "2:48: A map of accounts needs 'report'. Write the report that lists them, such as 'accounts: { report: 42 }'.")]
    [InlineData("{ report: 38, action: table, crossAccount: true }", "2:52: Report 38 (TOP_CONTENT_CREATOR) has no variant over child accounts. List the accounts instead: 'accounts: [...]'.")]
    [InlineData("{ action: entries, report: 38 }", "2:28: 'report' is not a key of an entries source.")]
    [InlineData("{ action: captions, take: some }", "2:35: 'some' is not a value of 'take'. Expected 'all', 'created' or 'updated'.")]
    [InlineData("{ action: entries, filter: {} }", "2:36: 'filter' is empty. Give a field, or leave the key out.")]
    [InlineData("{ action: entries, search: { tags: [] } }", "2:44: 'tags' is an empty list. Give a value, or leave the key out.")]
    [InlineData("{ action: entries, filter: { idIn: { a: b } } }", "2:44: Field 'idIn' takes one value, not a map.")]
    [InlineData("{ custom: 9999, action: custom-csv, dates: iso }", "2:52: 'iso' is not a value of 'dates'. Expected 'ids' or 'unix'.")]
    [InlineData("{ custom: 9999, action: custom-csv, params: {} }", "2:53: 'params' is empty. Give a parameter, or leave the key out.")]
    [InlineData("{ custom: 9999, action: custom-csv, params: { a: [1] } }", "2:58: Parameter 'a' takes one value, not a list.")]
    [InlineData("{ custom: 9999, action: custom-csv, exclude: ['a,b'] }", "2:55: 'a,b' holds a comma, which separates names. Write one column per item.")]
    [InlineData("{ report: 99, action: table }", "2:31: Report 99 (ONLY_TOTALS) has no 'table'. It has 'total'.")]
    [InlineData("{ report: nothing like it, action: table }", "2:19: Report 'nothing like it' is not in the catalogue. 'etl reports' lists them all.")]
    [InlineData("{ report: 38, action: table, filter: { fromDate: 1 } }", "2:48: 'fromDate' is not written in a filter. It is filled in from the window.")]
    [InlineData("{ report: 38, action: table, filter: { interval: days } }", "2:48: 'interval' is not written in a filter. Write 'interval' beside 'filter', not in it.")]
    [InlineData("{ report: 38, action: table, filter: { searchInAdminTags: true } }", "2:48: The service no longer reads filter field 'searchInAdminTags'. Leave it out.")]
    [InlineData("{ report: 38, action: table, filter: { entryOperator: { a: b } } }", "2:48: Filter field 'entryOperator' comes with a later version of etl.")]
    [InlineData("{ report: 38, action: table, filter: { searchInTags: yes } }", "2:62: 'yes' is not a value of filter field 'searchInTags'. Expected true or false.")]
    [InlineData("{ report: 38, action: table, filter: { entryCreatedAtLessThanOrEqual: soon } }", "2:79: 'soon' is not a value of filter field 'entryCreatedAtLessThanOrEqual'. Expected a whole number.")]
    [InlineData("{ report: 38, action: table, filter: { keywords: [a, b] } }", "2:58: Filter field 'keywords' takes one value, not a list.")]
    [InlineData("{ report: 38, action: table, filter: { entryIdIn: [] } }", "2:59: 'entryIdIn' is an empty list. Give a value, or leave the key out.")]
    [InlineData("{ report: 38, action: table, filter: { entryIdIn: [a, null] } }", "2:63: An item of 'entryIdIn' is 'null', which means nothing in YAML. Put quotes around it if it is a text.")]
    [InlineData("{ report: 38, action: table, filter: { entryIdIn: { a: b } } }", "2:59: Filter field 'entryIdIn' takes one value, not a map.")]
    [InlineData("{ report: 38, action: table, filter: {} }", "2:46: 'filter' is empty. Give a field, or leave the key out.")]
    [InlineData("{ report: 38, action: table, order: -plays }", "2:45: 'plays' is not a column of report 38 (TOP_CONTENT_CREATOR). Did you mean 'count_plays'?")]
    [InlineData("{ report: 38, action: table, order: -- }", "2:45: '--' is not an order. Expected '-column' for descending or '+column' for ascending.")]
    [InlineData("{ report: 38, action: table, pageSize: 12001 }", "2:48: '12001' is not a value of 'pageSize'. Expected a whole number from 1 to 12000.")]
    [InlineData("{ report: 38, action: table, delimiter: ';' }", "2:49: ';' is not a value of 'delimiter'. Expected a text without ';', quotes and line breaks: the service ends rows with ';'.")]
    [InlineData("{ report: 38, action: table, objectIds: 1_a }", "2:49: 'objectIds' takes a list such as [a, b], not a single value.")]
    [InlineData("{ report: 38, action: table, interval: tenSeconds }", "2:48: 'tenSeconds' is not an interval. Expected 'years', 'months', 'days', 'hours', 'minutes', 'ten_minutes' or 'ten_seconds'. Did you mean 'ten_seconds'?")]
    [InlineData("{ report: 38, action: table, skipEmptyDates: yes }", "2:54: 'yes' is not a value of 'skipEmptyDates'. Expected true or false.")]
    [InlineData("{ report: 38, action: table, privileges: ['a:1,b:2'] }", "2:51: 'a:1,b:2' holds a comma, which separates privileges. Write one privilege per item.")]
    [InlineData("{ report: 38, action: table, accounts: [0123] }", "2:49: '0123' is not an account id. Expected a positive number without leading zeros.")]
    [InlineData("{ report: 38, action: table, accounts: [12, 12] }", "2:53: '12' stands twice in 'accounts'.")]
    public void Fault_of_a_source_is_the_only_one_and_names_its_place(string source, string fault) =>
        Assert.Equal([fault], Yaml.Faults(Yaml.WithSource(source)));

    [Fact]
    public void Source_of_events_takes_all_of_a_window() =>
        Assert.Equal(
            ["2:27: 'take' is not a key of an events source."],
            Yaml.Faults("job: a\nsource: { action: events, take: created }\nland: [ parquet: { dataset: x } ]"));

    [Fact]
    public void Unquoted_bar_as_delimiter_says_what_happened() =>
        Assert.Equal(
            ["5:14: 'delimiter' is an empty text. An unquoted '|' or '>' begins a block of lines: put quotes around it."],
            Yaml.Faults("job: a\nsource:\n  report: 38\n  action: table\n  delimiter: |\nland: [ parquet: { dataset: x } ]"));
}
