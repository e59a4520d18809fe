using Etl.Core.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public class PersonalFormTests
{
    private const string Two = """
        job: a
        sources:
          plays: { report: 38, action: table }
          sums: { report: 99, action: total }
        land:
          - { from: plays, parquet: { dataset: x } }
          - { from: sums, parquet: { dataset: y } }

        """;

    [Fact]
    public void Rules_go_to_the_sources_that_have_the_column_and_no_raw_reply_is_kept()
    {
        var job = Yaml.Job(Two + "pii: { object_id: { hmac: crm-1 }, entry_name: drop, sums.anything: mask, else: allow }");
        Assert.Equal(
            [new PersonalRule("object_id", Treatment.Hmac, "crm-1", true), new("entry_name", Treatment.Drop, null, true)],
            job.Sources[0].Personal);
        // Nobody knows the columns of the other one before it answers.
        Assert.Equal(
            [new PersonalRule("object_id", Treatment.Hmac, "crm-1", false), new("entry_name", Treatment.Drop, null, false), new("anything", Treatment.Mask, null, true), new("else", Treatment.Allow, null, false)],
            job.Sources[1].Personal);
        Assert.Equal(TimeSpan.Zero, job.Raw);
    }

    [Fact]
    public void Rules_that_allow_change_nothing()
    {
        var job = Yaml.Job(Yaml.With("pii: { object_id: allow }"));
        Assert.Equal(JobDefinition.DefaultRaw, job.Raw);
        Assert.Equal(Yaml.Job(Yaml.Smallest).Sources[0].DefinitionHash("UTC"), job.Sources[0].DefinitionHash("UTC"));
    }

    [Theory]
    [InlineData("pii: { objct_id: drop }", "5:8: No source has a column 'objct_id', so nothing would be kept out. Did you mean 'object_id'?")]
    [InlineData("pii: { object_id: dorp }", "5:19: 'dorp' is nothing that 'pii' can do. Expected 'allow', 'drop', 'mask' or '{ hmac: KEY }'. Did you mean 'drop'?")]
    [InlineData("pii: { object_id: { key: crm } }", "5:21: 'key' is not a key of a rule of 'pii'.|5:19: A rule of 'pii' needs 'hmac'. Write '{ hmac: crm }', where 'crm' names the key in ETL_PII_KEY_CRM.")]
    [InlineData("pii: { object_id: { hmac: CRM } }", "5:27: 'CRM' is not a value of 'hmac'. Expected a name from the settings: lower-case letters, digits and hyphens, beginning with a letter.")]
    [InlineData("pii: {}", "5:6: 'pii' names no column.")]
    [InlineData("raw: 7d\npii: { object_id: drop }", "5:1: Raw replies hold what 'pii' takes out, so a job with rules of 'pii' keeps none. Leave 'raw' out or write 'raw: off'.")]
    public void Fault_names_its_place(string line, string faults) => Assert.Equal(faults.Split('|').Order(), Yaml.Faults(Yaml.With(line)).Order());

    [Fact]
    public void Key_of_a_table_cannot_be_dropped() =>
        Assert.Equal(
            ["3:33: Column 'object_id' does not land: 'pii' drops it. Take it out of 'key', or write 'pii: { object_id: { hmac: KEY } }'."],
            Yaml.Faults("job: a\nsource: { report: 38, action: table }\nland: [ table: { name: x, key: [object_id] } ]\npii: { object_id: drop }"));

    [Fact]
    public void Audited_source_cannot_be_treated() =>
        Assert.Equal(
            ["3:9: A snapshot holds the raw replies, and with them what 'pii' takes out of this source. Leave 'audit' out, or audit in a job of its own without 'pii'."],
            Yaml.Faults("job: a\nsource: { report: 38, action: table }\nland: [ audit: { log: l } ]\npii: { object_id: mask }"));

    [Theory]
    [InlineData("email: object_id", "mask", "'pii' changes column 'object_id', so nobody can be found by it. Write 'allow' for it, or find people by 'user'.")]
    [InlineData("email: object_id", "{ hmac: crm }", "'pii' changes column 'object_id', so nobody can be found by it. Write 'allow' for it, or find people by 'user'.")]
    [InlineData("user: object_id", "drop", "'pii' changes column 'object_id', so nobody can be found by it. Write 'allow' or 'hmac' for it.")]
    [InlineData("user: object_id", "{ hmac: crm }", null)]
    [InlineData("email: object_id", "allow", null)]
    public void Export_needs_the_person(string person, string rule, string? fault)
    {
        var faults = Yaml.Faults($$"""
            job: a
            source: { report: 38, action: table }
            land:
              - export: { name: leads, profile: csv, by: {{person[..person.IndexOf(':', StringComparison.Ordinal)]}}, people: { main: { {{person}} } }, columns: { Plays: main.count_plays } }
            pii: { object_id: {{rule}} }
            """);
        Assert.Equal(fault is null ? 0 : 1, faults.Length);
        if (fault is not null) Assert.EndsWith(fault, faults[0], StringComparison.Ordinal);
    }
}
