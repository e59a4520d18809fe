using System.Text;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Landing.Exports.Profiles;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Exports;

/// <summary>Profile files are read whole or refused with what is wrong.</summary>
public sealed class CrmProfilesTests : IDisposable
{
    private readonly TempFolder _jobs = new();

    public void Dispose() => _jobs.Dispose();

    [Fact]
    public void Own_profile_stands_beside_the_ready_made_ones()
    {
        Write("own", """
            { "about": "Ours.", "documentation": ["Manual"], "bom": true, "delimiter": ";", "line-end": "lf", "quote": "all", "date": "dd.MM.yyyy", "datetime": "dd.MM.yyyy HH:mm", "true": "ja", "false": "nein",
              "decimals": 2, "max-rows": 10, "max-bytes": 1000, "other-headers": false, "one-of": [["Mail", "Name"]],
              "headers": [{ "name": "Mail", "type": "email", "required": true, "max-length": 80 }, { "name": "Name" }, { "name": "Tier", "values": ["A", "B"] }] } // ours
            """);
        var profiles = new CrmProfiles(_jobs.Path);
        Assert.Equal([.. CrmProfiles.ReadyMade.Append("own").Order(StringComparer.Ordinal)], profiles.Names);
        var own = profiles.Find("own")!;
        Assert.Equal(
            new CrmForm { HasByteOrderMark = true, Delimiter = ';', EndsLinesWithCrLf = false, Quote = CrmQuote.All, Date = "dd.MM.yyyy", DateTime = "dd.MM.yyyy HH:mm", True = "ja", False = "nein", Decimals = 2 }, own.Form);
        Assert.Equal(("own", "Ours.", 10L, 1000L, false), (own.Name, own.About, own.MaxRows, own.MaxBytes, own.AllowsOtherHeaders));
        Assert.Equal(["Mail"], own.RequiredHeaders);
        Assert.Equal(["Mail", "Name"], Assert.Single(own.OneOf));
        Assert.Equal((CrmType.Email, 80, CrmType.Text), (own.Find("Mail")!.Type, own.Find("Mail")!.MaxLength, own.Find("Name")!.Type));
        Assert.Equal(["A", "B"], own.Find("Tier")!.Values);
    }

    [Fact]
    public void Profile_that_there_is_not_is_not_found()
    {
        var profiles = new CrmProfiles(_jobs.Path);
        Assert.Null(profiles.Find("none"));
        Assert.Null(profiles.Find("../../etc/passwd"));
        Assert.Null(new CrmProfiles(null).Find("own"));
        Assert.NotNull(profiles.Find("csv"));
    }

    [Theory]
    [InlineData("{", "it is not of the form that docs/exports.md describes:")]
    [InlineData("[]", "it is not of the form that docs/exports.md describes:")]
    [InlineData("{}", "in the profile, 'about' is missing: one line that says what the profile is for.")]
    [InlineData("""{"about":"x","max-row":1}""", "in the profile, 'max-row' is no key of it. Did you mean 'max-rows'?")]
    [InlineData("""{"about":"x","about":"y"}""", "in the profile, 'about' occurs twice.")]
    [InlineData("""{"about":"x","quote":"al"}""", "in the profile, 'quote' is 'al', and may be needed, text, all. Did you mean 'all'?")]
    [InlineData("""{"about":"x","delimiter":"::"}""", "in the profile, 'delimiter' is none of ',', ';', '|' and a tab.")]
    [InlineData("""{"about":"x","max-rows":0}""", "in the profile, 'max-rows' is no whole number that is large enough.")]
    [InlineData("""{"about":"x","decimals":16}""", "in the profile, 'decimals' is more than 15 digits.")]
    [InlineData("""{"about":"x","date":"%"}""", "in the profile, 'date' is no format such as yyyy-MM-dd.")]
    [InlineData("""{"about":"x","date":"HH:mm"}""", "in the profile, 'date' is no format such as yyyy-MM-dd.")]
    [InlineData("""{"about":"x","headers":[{"name":"A"},{"name":"A"}]}""", "header 'A' occurs twice.")]
    [InlineData("""{"about":"x","headers":[{"nam":"A"}]}""", "in header 1, 'nam' is no key of it. Did you mean 'name'?")]
    [InlineData("""{"about":"x","headers":[{"type":"text"}]}""", "in header 1, 'name' is missing.")]
    [InlineData("""{"about":"x","headers":[{"name":"A","type":"mail"}]}""", "in header 1, 'type' is 'mail', and may be text, email, phone, url, number, date, datetime, boolean. Did you mean 'email'?")]
    [InlineData("""{"about":"x","one-of":[["Mail"]],"headers":[{"name":"Email"}]}""", "'one-of' names 'Mail', which is no header of it. Did you mean 'Email'?")]
    public void File_that_is_no_profile_says_what_is_wrong(string text, string what)
    {
        Write("own", text);
        var fault = Assert.Throws<EtlException>(() => new CrmProfiles(_jobs.Path).Find("own"));
        Assert.StartsWith($"The profile '{_jobs[Path.Combine("schemas", "crm", "own.json")]}' cannot be used: {what}", fault.Message, StringComparison.Ordinal);
        Assert.Equal(FaultKind.Usage, fault.Kind);
    }

    [Fact]
    public void Own_profile_takes_no_name_of_a_ready_made_one()
    {
        Write("csv", """{ "about": "Mine." }""");
        Assert.Contains("has the name of the ready-made profile 'csv'", Assert.Throws<EtlException>(() => new CrmProfiles(_jobs.Path).Find("own")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ready_made_profiles_say_what_their_importers_document()
    {
        var profiles = new CrmProfiles(null);
        Assert.Equal(["LastName", "Company"], profiles.Find("salesforce-lead")!.RequiredHeaders);
        Assert.Equal(["CampaignId"], profiles.Find("salesforce-campaign-member")!.RequiredHeaders);
        Assert.Equal(["Topic", "Last Name"], profiles.Find("dynamics-lead")!.RequiredHeaders);
        Assert.Equal((1_048_575L, 512_000_000L), (profiles.Find("hubspot-contacts")!.MaxRows, profiles.Find("hubspot-contacts")!.MaxBytes));
        Assert.All(CrmProfiles.ReadyMade, n => Assert.True(profiles.Find(n)!.AllowsOtherHeaders && !Encoding.ASCII.GetBytes(profiles.Find(n)!.About).Contains((byte)'?')));
    }

    private void Write(string name, string text)
    {
        var path = _jobs[Path.Combine("schemas", "crm", name + ".json")];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
