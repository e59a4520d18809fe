using Etl.Core.Columns;
using Etl.Core.Exports;
using Etl.Landing.Exports.Profiles;
using Etl.Testing;
using Etl.Testing.Exports;

namespace Etl.Landing.Tests.Exports;

/// <summary>Files of the ready-made profiles, byte for byte; the samples were written by hand.</summary>
public sealed class SampleTests
{
    private static readonly DateOnly s_epoch = new(1970, 1, 1);

    private static readonly Dictionary<string, object?> s_ann = new()
    {
        ["email"] = "ann@example.com", ["first"] = "Ann", ["last"] = "Lee", ["name"] = "Ann Lee", ["company"] = "Example, Inc.", ["phone"] = "+49 30 1234567", ["tier"] = "Hot", ["minutes"] = 42L, ["score"] = 63.5,
        ["out"] = false, ["since"] = new DateOnly(2026, 11, 1), ["seen"] = new DateTime(2026, 11, 19, 14, 5, 30, 250, DateTimeKind.Utc), ["why"] = "minutes 42 x 1.5 = 63", ["lead"] = "00Q000000000001AAA",
        ["status"] = "Attended",
    };

    private static readonly Dictionary<string, object?> s_mueller = new()
    {
        ["email"] = "mueller@example.com", ["first"] = "Jörg \"Jo\"", ["last"] = "Müller", ["name"] = "Jörg \"Jo\" Müller", ["company"] = "=cmd|' /C calc'!A0", ["phone"] = null, ["tier"] = "Cold", ["minutes"] = -5L,
        ["score"] = -0.125, ["out"] = true, ["since"] = null, ["seen"] = null, ["why"] = "two\r\nlines", ["lead"] = "00Q000000000002AAA", ["status"] = "Registered",
    };

    private static readonly Dictionary<string, object?> s_yamada = new()
    {
        ["email"] = "yamada@example.com", ["first"] = "健", ["last"] = "山田", ["name"] = "健 山田", ["company"] = "＝SUM(1)", ["phone"] = "=1+1", ["tier"] = "Warm", ["minutes"] = 0L, ["score"] = 1234567890123456d,
        ["out"] = null, ["since"] = new DateOnly(1969, 12, 31), ["seen"] = new DateTime(1969, 12, 31, 23, 59, 59, 999, DateTimeKind.Utc), ["why"] = "a;b", ["lead"] = "00Q000000000003AAA", ["status"] = "No, Show",
    };

    private static readonly Dictionary<string, (string Header, string Field)[]> s_columns = new()
    {
        ["salesforce-lead"] =
        [
            ("FirstName", "first"), ("LastName", "last"), ("Company", "company"), ("Email", "email"), ("Phone", "phone"), ("LeadSource", "!Webinar"), ("Rating", "tier"), ("Minutes__c", "minutes"),
            ("Score__c", "score"), ("HasOptedOutOfEmail", "out"), ("First_Seen__c", "since"), ("Last_Seen__c", "seen"), ("Why__c", "why"),
        ],
        ["salesforce-campaign-member"] = [("CampaignId", "!701000000000001AAA"), ("LeadId", "lead"), ("Status", "status"), ("Minutes__c", "minutes")],
        ["hubspot-contacts"] =
        [
            ("Email", "email"), ("First Name", "first"), ("Last Name", "last"), ("Company Name", "company"), ("Phone Number", "phone"), ("Lifecycle Stage", "!Lead"), ("Webinar minutes", "minutes"),
            ("Webinar score", "score"), ("Unsubscribed", "out"), ("First seen", "since"), ("Last seen", "seen"),
        ],
        ["dynamics-lead"] =
        [
            ("Topic", "!Webinar"), ("First Name", "first"), ("Last Name", "last"), ("Company Name", "company"), ("Email", "email"), ("Business Phone", "phone"), ("Rating", "tier"), ("Webinar minutes", "minutes"),
            ("Webinar score", "score"), ("Do not allow Emails", "out"), ("First seen", "since"), ("Last seen", "seen"), ("Description", "why"),
        ],
        ["csv"] =
        [
            ("email", "email"), ("=name", "name"), ("company", "company"), ("phone", "phone"), ("minutes", "minutes"), ("score", "score"), ("opted_out", "out"), ("first_seen", "since"), ("last_seen", "seen"), ("why", "why"),
        ],
    };

    public static TheoryData<string, int> Profiles() => new() { { "salesforce-lead", 3 }, { "salesforce-campaign-member", 0 }, { "hubspot-contacts", 3 }, { "dynamics-lead", 3 }, { "csv", 4 } };

    [Theory]
    [MemberData(nameof(Profiles))]
    public async Task File_is_the_sample_byte_for_byte(string profile, int defused)
    {
        await using var bench = await ExportBench.StartAsync();
        bench.Export = ExportJobs.Export(profile);
        bench.Leads = () => Leads(s_columns[profile]);
        var outcome = await bench.RunAsync();
        Assert.Null(outcome.Fault);
        Assert.Equal(new ExportCounts(3, 0, 0, 0, defused), outcome.Written);
        Assert.Equal(File.ReadAllBytes(Repository.PathOf("schemas", "crm", "samples", profile + ".csv")), File.ReadAllBytes(Path.Combine(bench.Here, outcome.Record!.File)));
    }

    [Fact]
    public void Every_ready_made_profile_has_its_sample()
    {
        Assert.Equal(s_columns.Keys.Order(StringComparer.Ordinal), CrmProfiles.ReadyMade);
        Assert.Equal(CrmProfiles.ReadyMade, Directory.EnumerateFiles(Repository.PathOf("schemas", "crm"), "*.json").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal));
        Assert.Equal(CrmProfiles.ReadyMade, Directory.EnumerateFiles(Repository.PathOf("schemas", "crm", "samples")).Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal));
    }

    private static LeadRows Leads((string Header, string Field)[] columns) => new(
        [.. columns.Select(c => new LeadColumn(c.Header, TypeOf(c.Field)))],
        new[] { s_ann, s_mueller, s_yamada }.ToDictionary(l => (string)l["email"]!, l => columns.Select(c => Cell(c.Field[0] == '!' ? c.Field[1..] : l[c.Field])).ToArray()),
        "one cut");

    private static ColumnType TypeOf(string field) => field switch
    {
        "minutes" => ColumnType.Int64, "score" => ColumnType.Double, "out" => ColumnType.Bool, "since" => ColumnType.Date, "seen" => ColumnType.Timestamp, _ => ColumnType.Text,
    };

    private static LeadCell Cell(object? value) => value switch
    {
        null => LeadCell.Null,
        string text => LeadCell.Of(text),
        long number => LeadCell.Of(number),
        double number => LeadCell.Of(number),
        bool truth => LeadCell.Of(truth),
        DateOnly day => LeadCell.Of((long)(day.DayNumber - s_epoch.DayNumber)),
        DateTime moment => LeadCell.Of((moment - DateTime.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond),
        _ => throw new ArgumentException($"No cell holds a {value.GetType().Name}.", nameof(value)),
    };
}
