using Etl.Core.Jobs;

namespace Etl.Core.Tests.Jobs;

public class SourceSpecTests
{
    private static readonly SourceSpec s_spec = new()
    {
        Action = "table",
        Report = "38",
        Filter = new Dictionary<string, FilterValue> { ["playbackTypeIn"] = new(["vod", "live"], true), ["entryIdIn"] = new(["1_é"], false) },
    };

    /// <summary>Stored with every window: another value shows all of them as a stale definition.</summary>
    [Fact]
    public void Definition_hash_is_the_same_in_every_version() => Assert.Equal("73c3753ef2ea64e0", s_spec.DefinitionHash("America/New_York"));

    [Fact]
    public void Definition_hash_ignores_what_does_not_decide_the_rows()
    {
        var hash = s_spec.DefinitionHash("UTC");
        var turned = new Dictionary<string, FilterValue> { ["entryIdIn"] = new(["1_é"], true), ["playbackTypeIn"] = new(["vod", "live"], true) };
        Assert.Equal(hash, (s_spec with { Filter = turned }).DefinitionHash("UTC"));
        Assert.Equal(hash, (s_spec with { Name = "plays", PageSize = 500, Order = "-count_plays", Accounts = ["1"] }).DefinitionHash("UTC"));
    }

    [Fact]
    public void Definition_hash_changes_with_all_that_decides_the_rows()
    {
        SourceSpec[] specs =
        [
            s_spec,
            s_spec with { Action = "total" },
            s_spec with { Report = "39" },
            s_spec with { Filter = new Dictionary<string, FilterValue>() },
            s_spec with { Filter = new Dictionary<string, FilterValue> { ["entryIdIn"] = new(["1_é"], false) } },
            s_spec with { Filter = new Dictionary<string, FilterValue> { ["playbackTypeIn"] = new(["vod,live"], true), ["entryIdIn"] = new(["1_é"], false) } },
            s_spec with { ObjectIds = ["1_a"] },
            s_spec with { Interval = "days" },
            s_spec with { SkipEmptyDates = false },
            s_spec with { Privileges = ["virtualeventid:99"] },
            s_spec with { Delimiter = "|~|" },
        ];
        Assert.Equal(specs.Length + 1, specs.Select(s => s.DefinitionHash("UTC")).Append(s_spec.DefinitionHash("Europe/Paris")).Distinct().Count());
    }

    [Fact]
    public void Definition_hash_of_a_background_report_changes_with_all_that_decides_the_rows()
    {
        static Dictionary<string, FilterValue> Given(string name, bool isList, params string[] values) => new() { [name] = new(values, isList) };
        SourceSpec spec = new() { Action = "microservice", Background = "pollsActivity", Parameters = Given("entries_ids", true, "1_a") };
        SourceSpec[] specs =
        [
            spec,
            spec with { Background = "attachment" },
            spec with { Dates = "unix" },
            spec with { Parameters = Given("entries_ids", true, "1_b") },
            spec with { Parameters = Given("entries_ids", false, "1_a") },
            spec with { Parameters = Given("entry_ids", true, "1_a") },
        ];
        Assert.Equal(specs.Length, specs.Select(s => s.DefinitionHash("UTC")).Distinct().Count());
    }
}
