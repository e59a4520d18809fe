using Etl.Core.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public class SourceRulesTests
{
    private const string Source = "{ report: 38, action: table, filter: { entryIdIn: [a, 'b|c'] }, objectIds: [x, y] }";

    [Fact]
    public void Faults_of_the_client_stand_at_the_value_they_name()
    {
        var rules = new Rules(
            ("filter.entryIdIn[1]", "The value holds the delimiter."),
            ("objectIds", "Not with this report."),
            ("delimiter", "The delimiter is not written."),
            ("", "Not at all."));

        Assert.Equal(
            [
                ("2:9", "$.source.delimiter", "The delimiter is not written."),
                ("2:9", "$.source", "Not at all."),
                ("2:63", "$.source.filter.entryIdIn[1]", "The value holds the delimiter."),
                ("2:84", "$.source.objectIds", "Not with this report."),
            ],
            Yaml.Read(Yaml.WithSource(Source), rules).Faults.Select(f => ($"{f.Line}:{f.Column}", f.Path, f.Message)));
    }

    [Fact]
    public void Client_sees_the_source_as_it_will_be_pulled()
    {
        var rules = new Rules();
        Yaml.Read(Yaml.WithSource("{ report: topContentCreator, action: table }"), rules);
        Assert.Equal("38", Assert.Single(rules.Seen).Report);
    }

    [Fact]
    public void What_the_reader_found_is_not_said_twice() =>
        Assert.Equal(
            "'nope' is not a filter field.",
            Assert.Single(Yaml.Read(Yaml.WithSource("{ report: 38, action: table, filter: { nope: 1 } }"), new Rules(("filter.nope", "Unknown field."))).Faults).Message);

    [Fact]
    public void Faulty_source_without_report_is_not_shown_to_the_client()
    {
        var rules = new Rules();
        Yaml.Read(Yaml.WithSource("{ report: 12345, action: table }"), rules);
        Assert.Empty(rules.Seen);
    }

    [Fact]
    public void Actions_are_those_of_the_client()
    {
        Assert.Empty(Yaml.Read(Yaml.WithSource("{ report: 38, action: csv }"), new Rules { Actions = ["table", "csv"] }).Faults);
        Assert.Equal(
            "'total' is not an action. Expected 'table' or 'csv'.",
            Assert.Single(Yaml.Read(Yaml.WithSource("{ report: 38, action: total }"), new Rules { Actions = ["table", "csv"] }).Faults).Message);
    }

    [Theory]
    [InlineData("csv", SecondPathKind.Csv)]
    [InlineData("table", SecondPathKind.Table)]
    [InlineData("order", SecondPathKind.Order)]
    [InlineData("same", SecondPathKind.Same)]
    [InlineData("off", null)]
    public void Second_path_is_read_from_its_word(string word, SecondPathKind? kind)
    {
        var set = Yaml.Read(Yaml.With($"checks: {{ second-path: {word} }}"), new Rules());
        Assert.Empty(set.Faults);
        Assert.Equal(kind, Assert.Single(set.Jobs).Checks.SecondPath);
    }

    [Theory]
    [InlineData("", "", "p", "p Same")]
    [InlineData("checks: { totals: warn }", "", "p", "p Same")]
    [InlineData("checks: { second-path: off }", "", "", "")]
    [InlineData("checks: { second-path: csv }", "", "", "p Csv, q Csv")]
    [InlineData("checks: { second-path: same }", "", "", "p Same, q Same")]
    [InlineData("", "p", "", "")]
    [InlineData("", "q", "p", "p Same")]
    public void C8_Audited_sources_are_pulled_twice_unless_the_job_says_otherwise_or_their_rows_move(string checks, string moving, string twice, string paths)
    {
        var text = $"job: a\nsources: {{ p: {{ report: 38, action: table }}, q: {{ report: 99, action: total }} }}\nland: [ {{ from: p, audit: {{ log: x }} }}, {{ from: q, parquet: {{ dataset: y }} }} ]\n{checks}";
        var set = Yaml.Read(text, new Rules { WithoutSecond = moving });
        Assert.Empty(set.Faults);
        var job = Assert.Single(set.Jobs);
        Assert.Equal(twice, string.Join(", ", job.PulledTwice));
        Assert.Equal(paths, string.Join(", ", job.Sources.Where(s => job.SecondPathOf(s.Name) is not null).Select(s => $"{s.Name} {job.SecondPathOf(s.Name)}")));
    }

    [Fact]
    public void Source_without_the_second_path_is_refused_at_the_check()
    {
        var fault = Assert.Single(Yaml.Read(Yaml.With("checks: { second-path: csv }"), new Rules { WithoutSecond = "main" }).Faults);
        Assert.Equal(("5:24", "$.checks.second-path", "No 'Csv' here."), ($"{fault.Line}:{fault.Column}", fault.Path, fault.Message));
    }

    [Fact]
    public void Source_without_the_second_path_is_named_among_several()
    {
        const string Job = "job: a\nsources: { p: { report: 38, action: table }, q: { report: 99, action: total } }\nland: [ { from: p, parquet: { dataset: x } }, { from: q, parquet: { dataset: y } } ]\nchecks: { second-path: csv }";
        Assert.Equal("Source 'q': No 'Csv' here.", Assert.Single(Yaml.Read(Job, new Rules { WithoutSecond = "q" }).Faults).Message);
    }

    private sealed class Rules(params (string Path, string Message)[] faults) : ISourceRules
    {
        public List<SourceSpec> Seen { get; } = [];

        public IReadOnlyList<string> Actions { get; init; } = ["table", "total"];

        public IEnumerable<(string Path, string Message)> Check(SourceSpec spec)
        {
            Seen.Add(spec);
            return faults;
        }

        /// <summary>The source of this name has no second path.</summary>
        public string? WithoutSecond { get; init; }

        public string? FindSecondPathFault(SourceSpec spec, SecondPathKind kind) => spec.Name == WithoutSecond ? $"No '{kind}' here." : null;
    }
}
