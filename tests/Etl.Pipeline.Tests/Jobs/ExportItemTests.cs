using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public class ExportItemTests
{
    private const string Job = """
        job: nightly
        sources:
          people: { custom: 3007, action: custom-csv }
          reactions: { custom: 9999, action: custom-csv }
          content: { report: 38, action: table }
        land:
          - from: [people, reactions, content]
            export:
              name: leads
              profile: salesforce-lead
              by: email
              people: { people: { email: Email, user: UserId }, reactions: { email: email }, content: { user: object_id } }
              windows: 30
              duplicates: first
              measures: { plays: { sum: content.count_plays }, claps: { count: reactions, where: { type: [clap, heart] } }, last: { max: people._window } }
              score: { weights: { plays: 1, claps: 2.5 }, hot: 5%, warm: 50%, population: 7 }
              columns: { Email: email, FirstName: people.first.name, LeadSource: { constant: Webinar }, Plays__c: plays, Rating: tier, Score__c: score, Why__c: score-parts, Key__c: lead-key, User: user }
              leave: { domains: [Example.com], suppression: lists/no.txt, consent: people.consent }
              delta: false
              accept: ack
              raw: true
              deliver: { webhook: crm, batch: 100 }
        """;

    private static JobDefinition Read(string yaml, ICrmProfiles? profiles = null)
    {
        var set = JobFileReader.Parse(yaml, "jobs/a.yaml", TestCatalog.Small, profiles: profiles);
        Assert.Empty(set.Faults.Select(f => f.ToString()));
        return Assert.Single(set.Jobs);
    }

    private static string[] Faults(string replace, string with, ICrmProfiles? profiles = null)
    {
        Assert.Contains(replace, Job, StringComparison.Ordinal);
        return [.. JobFileReader.Parse(Job.Replace(replace, with, StringComparison.Ordinal), "jobs/a.yaml", TestCatalog.Small, profiles: profiles).Faults.Select(f => f.ToString()["jobs/a.yaml:".Length..])];
    }

    [Fact]
    public void Everything_that_an_item_says_is_read()
    {
        var job = Read(Job);
        var export = Assert.Single(job.Exports);

        Assert.Equal(("leads", "salesforce-lead", LeadBy.Email, 30, DuplicateRule.First), (export.Name, export.Profile, export.By, export.Windows, export.Duplicates));
        Assert.Equal((false, false, true, (DeliverySpec)new WebhookDelivery("crm", 100)), (export.Delta, export.AcceptAtOnce, export.Raw, export.Deliver));
        Assert.Equal([new("people", "Email", "UserId"), new("reactions", "email", null), new("content", null, "object_id")], export.Sources);
        Assert.Equal(
            [("plays", MeasureKind.Sum, "content", "count_plays"), ("claps", MeasureKind.Count, "reactions", null), ("last", MeasureKind.Max, "people", "_window")],
            export.Measures.Select(m => (m.Name, m.Kind, m.Source, m.Column)));
        Assert.Equal("type: clap heart", $"{export.Measures[1].Where!.Value.Column}: {string.Join(' ', export.Measures[1].Where!.Value.Values)}");
        Assert.Equal([new("plays", 1), new("claps", 2.5)], export.Score!.Weights);
        Assert.Equal((0.05, 0.5, 7), (export.Score.Hot, export.Score.Warm, export.Score.Population));
        Assert.Equal(
            [
                new("Email", new LeadValue(LeadField.Email)), new("FirstName", new SourceValue("people", "first.name")), new("LeadSource", new ConstantValue("Webinar")),
                new("Plays__c", new MeasureValue("plays")), new("Rating", new LeadValue(LeadField.Tier)), new("Score__c", new LeadValue(LeadField.Score)),
                new("Why__c", new LeadValue(LeadField.ScoreParts)), new("Key__c", new LeadValue(LeadField.Key)), new("User", new LeadValue(LeadField.User)),
            ],
            export.Columns);
        Assert.Equal(["example.com"], export.Leave.Domains);
        Assert.Equal(("lists/no.txt", new SourceValue("people", "consent")), (export.Leave.Suppression, export.Leave.Consent));
        Assert.Equal(
            ["export:nightly:leads:people", "export:nightly:leads:reactions", "export:nightly:leads:content"], job.Land.Select(LandNames.Of));
        Assert.Equal(["people", "reactions", "content"], job.Land.Select(l => l.From));
    }

    [Fact]
    public void Smallest_item_has_the_defaults()
    {
        var job = Read("job: a\nsource: { report: 38, action: table }\nland:\n  - export: { name: x, profile: csv, people: { main: { email: object_id } }, columns: { Email: email } }");
        var export = Assert.Single(job.Exports);

        Assert.Equal((LeadBy.Email, null, DuplicateRule.Latest, true, true, false), (export.By, export.Windows, export.Duplicates, export.Delta, export.AcceptAtOnce, export.Raw));
        Assert.Equal(((DeliverySpec)new FolderDelivery(null), null, null), (export.Deliver, export.Score, export.Leave.Consent));
        Assert.Equal("export:a:x:main", Assert.Single(job.Land.Select(LandNames.Of)));
    }

    [Theory]
    [InlineData("name: leads", "nam: leads", "9:7: 'nam' is not a key of an export. Did you mean 'name'?", "9:7: An export needs 'name'. Files begin with it: 'name: leads', for example.")]
    [InlineData("name: leads", "name: my leads", "9:13: 'my leads' is not a value of 'name'. Expected 1 to 63 letters, digits, '_' and '-', beginning with a letter or a digit.")]
    [InlineData("user: object_id", "user: objct_id", "12:103: 'objct_id' is not a column of source 'content', report 38 (TOP_CONTENT_CREATOR). Did you mean 'object_id'?")]
    [InlineData("sum: content.count_plays", "sum: content.count_play", "15:33: 'count_play' is not a column of source 'content', report 38 (TOP_CONTENT_CREATOR). Did you mean 'count_plays'?")]
    [InlineData("sum: content.count_plays", "sum: contents.count_plays", "15:33: 'contents' is not a source of this export. Expected 'people', 'reactions' or 'content'. Did you mean 'content'?")]
    [InlineData("sum: content.count_plays", "sum: count_plays", "15:33: 'count_plays' is not a column of a source. Write the source, a point and the column: 'people.country', for example.")]
    [InlineData("sum: content.count_plays", "sum: people._window", "15:33: Column 'people._window' has no sum: it holds text or dates. 'count' counts rows.")]
    [InlineData("sum: content.count_plays }", "sum: content.count_plays, max: content.count_plays }", "15:26: Measure 'plays' needs one of 'sum', 'count', 'max' or 'min' and has 2.")]
    [InlineData("count: reactions", "count: reaction", "15:72: 'reaction' is not a source of this export. Expected 'people', 'reactions' or 'content'. Did you mean 'reactions'?")]
    [InlineData("weights: { plays: 1,", "weights: { play: 1,", "16:27: 'play' is not a measure of this export. Expected 'plays', 'claps' or 'last'. Did you mean 'plays'?")]
    [InlineData("weights: { plays: 1,", "weights: { last: 1,", "16:27: Measure 'last' is no number, so it cannot be weighted.")]
    [InlineData("weights: { plays: 1, claps: 2.5 }", "weights: {}", "16:25: 'weights' names no measure, so there is nothing to score by. Give one such as 'minutes: 1', or leave 'score' out.")]
    [InlineData("weights: { plays: 1, claps: 2.5 }, ", "", "16:14: A score needs 'weights'. A score is the weighted sum of measures: 'weights: { minutes: 1 }', for example.")]
    [InlineData("hot: 5%, warm: 50%", "hot: 50%, warm: 5%", "16:67: 'warm' is the share that is Hot or Warm, so it is not less than 'hot'.")]
    [InlineData("population: 7", "population: 0", "16:83: '0' is not a value of 'population'. Expected a whole number from 1 to 1000000000.")]
    [InlineData("Rating: tier", "Rating: teir", "17:122: 'teir' is not a value of a lead. Expected 'email', 'user', 'score', 'score-parts', 'tier', 'lead-key', 'plays', 'claps' or 'last', a column such as 'people.country', or '{ constant: text }'. Did you mean 'tier'?")]
    [InlineData("      score: { weights: { plays: 1, claps: 2.5 }, hot: 5%, warm: 50%, population: 7 }\n", "", "16:122: 'tier' needs a 'score': write 'score: { weights: { minutes: 1 } }', for example.", "16:138: 'score' needs a 'score': write 'score: { weights: { minutes: 1 } }', for example.", "16:153: 'score-parts' needs a 'score': write 'score: { weights: { minutes: 1 } }', for example.")]
    [InlineData("domains: [Example.com]", "domains: [me@example.com]", "18:26: 'me@example.com' is not a domain. Expected one such as 'example.com'.")]
    [InlineData("consent: people.consent", "consent: peple.consent", "18:76: 'peple' is not a source of this export. Expected 'people', 'reactions' or 'content'. Did you mean 'people'?")]
    [InlineData("{ webhook: crm, batch: 100 }", "ftp", "22:16: 'ftp' is not a value of 'deliver'. Expected folder, { folder: PATH }, { store: NAME } or { webhook: NAME }.")]
    [InlineData("{ webhook: crm, batch: 100 }", "{ store: lake, batch: 100 }", "22:31: 'batch' is the number of leads in a post, so it goes with 'webhook' only.")]
    [InlineData("from: [people, reactions, content]", "from: [people, reactions, content, contents]", "7:40: There is no source 'contents'. Expected 'people', 'reactions' or 'content'. Did you mean 'content'?")]
    [InlineData("from: [people, reactions, content]", "from: [people, people, reactions, content]", "7:20: 'people' stands twice in 'from'.")]
    [InlineData(", content: { user: object_id }", "", "12:15: 'people' does not say where source 'content' names the person. Write 'content: { email: email }' or '{ user: object_id }', for example.")]
    [InlineData("email: Email, user: UserId", "email: Email", "12:15: Source 'content' names people by 'user' only, and no source has both, so its rows would find no lead. Join a source that has both 'email' and 'user'.")]
    public void Fault_of_an_item_names_its_place(string replace, string with, params string[] faults) =>
        Assert.Equal(faults, Faults(replace.Replace("\n", Environment.NewLine, StringComparison.Ordinal), with));

    [Fact]
    public void Export_by_user_needs_a_user_somewhere() =>
        Assert.Equal(
            ["4:46: No source names people by 'user', which the export goes by. Give one its 'user' column, or write 'by: email'."],
            Yaml.Faults("job: a\nsource: { report: 38, action: table }\nland:\n  - export: { name: x, profile: csv, people: { main: { email: object_id } }, by: user, columns: { Email: email } }"));

    [Fact]
    public void Two_exports_of_one_name_are_refused()
    {
        const string Item = "  - export: { name: {0}, profile: csv, people: { main: { email: object_id } }, columns: { Email: email } }\n";
        Assert.Equal(
            ["5:21: Two exports of this job are called 'LEADS'."],
            Yaml.Faults("job: a\nsource: { report: 38, action: table }\nland:\n" + Item.Replace("{0}", "leads", StringComparison.Ordinal) + Item.Replace("{0}", "LEADS", StringComparison.Ordinal)));
    }

    [Fact]
    public void Distinct_counts_and_averages_are_not_summed()
    {
        var catalog = TestCatalog.FromSchemas();
        var set = JobFileReader.Parse(
            "job: a\nsource: { report: 38, action: table }\nland:\n  - export: { name: x, profile: csv, people: { main: { user: object_id } }, by: user, measures: { n: { sum: main.entry_name } }, columns: { N: n } }", "a.yaml", catalog);
        Assert.Contains("has no sum: it holds text or dates", Assert.Single(set.Faults).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Profile_is_looked_up_and_judges_the_headers()
    {
        var profiles = new Profiles();
        Read(Job.Replace("salesforce-lead", "any", StringComparison.Ordinal), profiles);
        Assert.Equal(
            ["10:16: 'salesforce-lead' is not a profile. Expected 'any', 'broken' or 'strict', or the name of a file in 'schemas/crm/' beside the jobs."],
            Faults("by: email", "by: email", profiles));
        Assert.Equal(["10:16: File 'broken.json' is no profile."], Faults("salesforce-lead", "broken", profiles));
        Assert.Equal(
            [
                "17:16: Profile 'strict' takes no row without 'LastName'. Add a column of that header.",
                "17:16: Profile 'strict' takes no row without 'LeadId' or 'ContactId'. Add a column of such a header.",
                "17:32: 'FirstNam' is not a header of profile 'strict', which takes no others. Did you mean 'FirstName'?",
            ],
            JobFileReader.Parse(
                Job.Replace("salesforce-lead", "strict", StringComparison.Ordinal)
                    .Replace("{ Email: email, FirstName: people.first.name, LeadSource: { constant: Webinar }, Plays__c: plays, Rating: tier, Score__c: score, Why__c: score-parts, Key__c: lead-key, User: user }", "{ Email: email, FirstNam: people.first.name }", StringComparison.Ordinal),
                "jobs/a.yaml", TestCatalog.Small, profiles: profiles).Faults.Select(f => f.ToString()["jobs/a.yaml:".Length..]));
    }

    private sealed class Profiles : ICrmProfiles
    {
        public IReadOnlyList<string> Names => ["any", "broken", "strict"];

        public CrmProfile? Find(string name) => name switch
        {
            "any" => new CrmProfile { Name = name, About = "" },
            "broken" => throw new EtlException(FaultKind.Usage, "File 'broken.json' is no profile."),
            "strict" => new CrmProfile
            {
                Name = name,
                About = "",
                AllowsOtherHeaders = false,
                Headers = [new("Email", CrmType.Email), new("FirstName", CrmType.Text), new("LastName", CrmType.Text) { IsRequired = true }, new("LeadId", CrmType.Text), new("ContactId", CrmType.Text)],
                OneOf = [["LeadId", "ContactId"]],
            },
            _ => null,
        };
    }
}
