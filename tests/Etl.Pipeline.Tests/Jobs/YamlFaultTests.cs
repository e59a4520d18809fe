namespace Etl.Pipeline.Tests.Jobs;

public class YamlFaultTests
{
    [Theory]
    [InlineData("", "The file holds no job. Write at least 'job', 'source' and 'land'.")]
    [InlineData("# nothing\n", "The file holds no job. Write at least 'job', 'source' and 'land'.")]
    [InlineData("- job: a\n", "1:1: A job file is a map that begins with 'job: <name>', not a list.")]
    [InlineData("job\n", "1:1: A job file is a map that begins with 'job: <name>', not a single value.")]
    [InlineData("job: a\nwindow:\n\tevery: day\n", "3:1: A tab stands in the indentation. YAML is indented with spaces.")]
    [InlineData("job: a\nwindow:\n  every: day\n\tlookback: 3\n", "4:1: A tab stands in the indentation. YAML is indented with spaces.")]
    [InlineData("job: a\nabout: one: two\n", "2:11: This is not YAML: while scanning a plain scalar value, found invalid mapping. Look for a text with ': ' in it, which needs quotes, or for wrong indentation.")]
    [InlineData("job: a\nabout: @x\n", "2:8: This is not YAML: while scanning for the next token, found character that cannot start any token. Put quotes around a text that starts with '%', '@' or '`'.")]
    [InlineData("job: a\nschedule: { cron: */5 * * * * }\n", "2:23: This is not YAML: while scanning an anchor or alias, found value containing disallowed: []{},. Put quotes around a text that starts with '*' or '&'.")]
    public void File_that_is_not_yaml_gives_one_fault_with_its_place(string yaml, string fault) =>
        Assert.Equal([fault], Yaml.Read(yaml).Faults.Select(f => f.Line == 0 ? f.Message : f.ToString()["jobs/a.yaml:".Length..]));

    [Theory]
    [InlineData("job: {a: 1\nabout: x\n")]
    [InlineData("job: [1, 2\n")]
    [InlineData("job: \"a\nabout: x\n")]
    [InlineData("job: a\n  about: x\n")]
    [InlineData("job: a\n}\n")]
    [InlineData("job: \"\\ud83d\"\n")]
    public void Broken_brackets_quotes_and_indentation_give_one_fault_with_a_line(string yaml)
    {
        var fault = Assert.Single(Yaml.Read(yaml).Faults);
        Assert.InRange(fault.Line, 1, 3);
        Assert.StartsWith("This is not YAML: ", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Anchors_aliases_and_tags_are_each_refused() =>
        Assert.Equal(
            [
                "1:6: '&name' is a YAML anchor. Write the value out where it is needed; put quotes around a text that starts with '&'.",
                "5:8: '*name' is a YAML alias; write the value out. Put quotes around a text that starts with '*'.",
                "6:9: A YAML tag stands here. Leave it out; put quotes around a text that starts with '!'.",
            ],
            Yaml.Faults("job: &name a\nsource: { report: 38, action: table }\nland:\n  - parquet: { dataset: x }\nabout: *name\nschema: !!str evolve\n"));

    [Fact]
    public void Second_document_is_refused() =>
        Assert.Equal(["5:1: A second document begins here. Write one job per file."], Yaml.Faults(Yaml.Smallest + "\n---\njob: b\n"));

    [Fact]
    public void Nesting_without_end_is_refused_and_not_followed() =>
        Assert.StartsWith("1:38: This is not YAML: values are nested more than 32 levels deep.", Assert.Single(Yaml.Faults("job: " + new string('[', 100_000))), StringComparison.Ordinal);

    [Fact]
    public void Map_without_end_is_refused_and_not_followed() =>
        Assert.Equal(
            "1001:1: This is not YAML: a map holds more than 1000 keys.",
            Assert.Single(Yaml.Faults(string.Concat(Enumerable.Range(0, 20_000).Select(i => $"k{i}: 1\n")))));

    [Theory]
    [InlineData("job: a\rwindow:\r\tevery: day\r")]
    [InlineData("job: a\u0085window:\u0085\tevery: day\u0085")]
    public void Tab_after_other_line_ends_is_still_one_fault(string yaml) =>
        Assert.StartsWith("This is not YAML: ", Assert.Single(Yaml.Read(yaml).Faults).Message, StringComparison.Ordinal);

    [Fact]
    public void Key_that_is_no_text_is_refused() =>
        Assert.Equal(["5:1: A key must be a text."], Yaml.Faults(Yaml.With("[a, b]: c")));

    [Fact]
    public void Message_stays_one_bounded_line_whatever_the_file_holds()
    {
        var fault = Assert.Single(Yaml.Read(Yaml.With($"schema: \"{string.Concat(Enumerable.Repeat("x\\n\\u2028", 10_000))}\"")).Faults);
        Assert.InRange(fault.Message.Length, 100, 700);
        Assert.DoesNotContain('\n', fault.Message);
        Assert.DoesNotContain('\u2028', fault.Message);
    }
}
