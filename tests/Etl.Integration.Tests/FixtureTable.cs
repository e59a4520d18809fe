using System.Reflection;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>
/// Every way in which the service is known to lead a client astray, and the tests that show what this client does. A test of this
/// project is looked up by reflection; one of another project ('Project: Class.Method') in its sources. A row whose test was renamed
/// or deleted fails, so the table cannot rot.
/// </summary>
public sealed class FixtureTable
{
    public static TheoryData<string, string> Rows => new()
    {
        { "zero rows, everything null: known empty, landed", "FixtureTests.Zero_rows_land_as_a_known_empty_window" },
        { "zero rows over rows: old rows cleared", "FixtureTests.Zero_rows_over_rows_clear_the_window_where_the_job_accepts_it" },
        { "zero rows over rows: held by the guard", "FaultTests.Day_that_was_emptied_at_the_service_is_held_and_the_landed_rows_stay" },
        { "12,000 exact; 12,001", "FixtureTests.Table_at_the_cap_is_split_and_never_done_at_the_cap" },
        { "15,000 rows", "FaultTests.Table_of_more_rows_than_the_cap_is_split_and_landed_once" },
        { "page 2 throws beyond the cap", "Kaltura: PageChainTests.N43_Next_page_beyond_the_cap_turns_into_one_large_page" },
        { "totalCount 0 with rows; estimate 3 % too low or too high", "FixtureTests.TotalCount_that_is_zero_or_an_estimate_neither_ends_the_paging_nor_fails_it" },
        { "row on pages 1 and 2, another on none", "FixtureTests.Row_on_two_pages_and_another_on_none_is_seen_and_the_table_asked_again_in_one_page" },
        { "row twice within a page", "FixtureTests.Row_that_stands_twice_within_a_page_holds_the_window" },
        { "gap that only totals can tell", "FaultTests.Row_that_only_the_totals_can_miss_holds_the_window_and_release_publishes_it" },
        { "ids that look like numbers", "FixtureTests.Ids_and_names_that_look_like_something_else_land_as_the_text_they_are" },
        { "newline, quote, leading = - @ + in a value", "FixtureTests.Ids_and_names_that_look_like_something_else_land_as_the_text_they_are" },
        { "comma-joined ids under the bar", "FixtureTests.Comma_joined_ids_are_refused_before_anything_is_sent_or_touched" },
        { "CSV URL: null; file that is empty, markup or cut", "CsvFaultTests.Fault_that_stays_fails_the_window_with_its_name_and_lands_nothing" },
        { "CSV file: BOM and title sections", "Parsing: CsvReaderTests.Report_file_with_points_in_its_graph_and_totals_reads_all_sections" },
        { "CSV file: header that cannot be split", "Parsing: CsvReaderTests.Damaged_report_file_is_refused_with_its_code" },
        { "CSV file: '-12.5 loses its guard", "Parsing: CsvReaderTests.Report_file_lands_typed_with_its_guards_taken_off" },
        { "CSV file lands what the table lands", "CsvTests.Landed_rows_are_those_of_the_truth_and_of_the_table" },
        { "export of exactly 60,000 rows; 60,001", "CsvFaultTests.File_of_as_many_rows_as_the_cap_is_split_and_landed_once" },
        { "graph series missing one date; different lengths", "Kaltura: GraphSourceTests.Graphs_of_different_lengths_meet_by_date_and_missing_points_are_null" },
        { "graph points: each with its own date", "Parsing: SmallReplyTests.Graph_points_split_at_the_delimiter_that_parts_x_from_y" },
        { "graph that cannot be split", "Parsing: SmallReplyTests.Graph_that_cannot_be_split_is_refused" },
        { "column renamed, added, removed, reordered", "SchemaTests.Column_that_changes_at_the_service_follows_the_jobs_policy_and_never_shifts" },
        { "session expires in mid-paging; 429; 503", "FixtureTests.Session_that_ends_in_mid_paging_is_renewed_and_the_window_is_whole" },
        { "HTTP 200 with an error body", "FixtureTests.Error_body_with_status_200_on_a_later_page_lands_nothing_and_leaves_the_old_rows" },
        { "faults that pass", "FaultTests.Fault_that_passes_is_survived_and_the_rows_are_whole" },
        { "day of 23 or 25 hours; host in another zone", "FixtureTests.Day_of_23_or_25_hours_has_exact_bounds_whatever_the_hosts_zone" },
        { "the hour that comes twice", "WindowShapeTests.Hour_that_comes_twice_is_two_windows_in_two_folders" },
        { "late rows after landing", "FixtureTests.Rows_that_arrive_late_replace_the_window_and_both_pulls_are_in_its_history" },
        { "same job twice, one waits", "FixtureTests.Same_job_started_twice_leaves_the_window_to_the_first" },
        { "same job twice, the older comes last", "Pipeline: RivalRunsTests.Worker_that_lost_its_lease_publishes_nothing_over_the_newer_pull" },
        { "two processes, one dataset", "Landing: KillTests.Two_processes_never_publish_an_older_file_over_a_newer" },
        { "crash in a first landing", "KillTests.Kill_in_a_first_landing_leaves_nothing_or_all_and_a_rerun_completes_it" },
        { "crash in a re-landing", "KillTests.Kill_in_a_relanding_leaves_old_or_new_and_a_rerun_reaches_the_new" },
        { "three missed nights, one run", "Pipeline: DuePlannerTests.Three_missed_nights_owe_three_windows_and_one_more_pull_of_each_window_whose_lookback_the_outage_swallowed" },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Fixture_has_its_test(string fixture, string test)
    {
        var (project, name) = test.Split(": ") is [var p, var n] ? (p, n) : (null, test);
        var (type, method) = name.Split('.') is [var t, var m] ? (t, m) : ("", "");
        if (project is null)
        {
            var found = typeof(FixtureTable).Assembly.GetType($"Etl.Integration.Tests.{type}")?.GetMethod(method);
            Assert.True(found?.GetCustomAttribute<FactAttribute>() is not null, $"'{fixture}': there is no test '{test}'.");
            return;
        }
        var sources = Directory.GetFiles(Path.Combine(Tools.Root, "tests", $"Etl.{project}.Tests"), $"{type}.cs", SearchOption.AllDirectories);
        Assert.True(sources.Any(f => File.ReadAllText(f).Contains($" {method}(", StringComparison.Ordinal)), $"'{fixture}': there is no test '{test}'.");
    }
}
