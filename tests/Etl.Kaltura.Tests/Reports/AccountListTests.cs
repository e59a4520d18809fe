using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>Accounts from a report, and calls on behalf of an account.</summary>
public sealed class AccountListTests
{
    private const string Header = "status|partner_name|partner_id|created_at|total_plays";
    private static readonly DateTimeOffset s_from = new(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), s_to = new(2026, 3, 3, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Accounts_come_from_the_report_once_each_without_the_excepted_and_the_nameless()
    {
        await using var rig = new Rig().TableAnswers(Table(["1|A|300|0|5", "1|B|20|0|0", "2|C||0|0", "1|P|1234567|0|9", "1|Z|0|0|1"], 5, Header));
        Assert.Equal(["20", "300"], await AskAsync(rig, new AccountReport("42", ["1234567"])));
        var call = Assert.Single(rig.Server.Calls);
        Assert.Equal(("42", "1769904000", "1772496000"), (call.Form["reportType"], call.Filter("fromDate"), call.Filter("toDate")));
        Assert.DoesNotContain("partnerId", call.Form.Keys);
    }

    [Fact]
    public async Task Report_63_names_its_accounts_in_its_id()
    {
        await using var rig = new Rig().TableAnswers(Table(["20|1|2|3|4"], 1, "id|count_plays|bandwidth_size|transcoding_user_cpu_sec|total_storage"));
        Assert.Equal(["20"], await AskAsync(rig, new AccountReport("63", [])));
    }

    [Fact]
    public async Task Report_without_accounts_is_a_fault_and_not_an_empty_job()
    {
        await using var rig = new Rig().TableAnswers(Table(["1|P|1234567|0|9"], 1, Header));
        var failure = await Assert.ThrowsAsync<EtlException>(() => AskAsync(rig, new AccountReport("42", ["1234567"])));
        Assert.Equal("no-accounts", failure.Code);
    }

    [Fact]
    public async Task Refused_report_stops_the_plan_with_its_own_fault()
    {
        await using var rig = new Rig().TableAnswers(Error("SERVICE_FORBIDDEN"));
        Assert.Equal(FaultKind.Refused, (await Assert.ThrowsAnyAsync<EtlException>(() => AskAsync(rig, new AccountReport("42", [])))).Kind);
    }

    [Fact]
    public async Task Looking_ahead_asks_nothing()
    {
        await using var rig = new Rig();
        var factory = new KalturaSourceFactory(rig.Connection, KalturaCatalog.Shared, looksAhead: true);
        Assert.Null(await factory.AccountsAsync(Rig.Spec() with { AccountsFrom = new AccountReport("42", []) }, s_from, s_to, default));
        Assert.Equal(["7", "8"], await factory.AccountsAsync(Rig.Spec() with { Accounts = ["7", "8"] }, s_from, s_to, default));
        Assert.Equal(["1234567"], await factory.AccountsAsync(Rig.Spec(), s_from, s_to, default));
        Assert.Empty(rig.Server.Calls);
    }

    [Theory]
    [InlineData("entries", "baseEntry")]
    [InlineData("captions", "baseEntry")]
    public async Task Lists_act_for_the_account_of_their_window(string action, string service)
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => """{"totalCount":0,"objects":[]}""";
        var source = new KalturaSourceFactory(rig.Connection, KalturaCatalog.Shared).Create(new SourceSpec { Action = action, Accounts = ["77", "1234567"] }, "77");
        await source.PullAsync(Rig.Request(), rig.Sink, default);
        Assert.All(rig.Server.Calls, c => Assert.Equal("77", c.Form["partnerId"]));
        Assert.Contains($"/service/{service}/", rig.Server.Calls[0].Path, StringComparison.Ordinal);
    }

    [Fact]
    public void Variants_over_child_accounts_are_those_of_the_catalogue_and_know_their_report()
    {
        var catalog = KalturaCatalog.Shared;
        var variants = catalog.Reports.Where(r => r.Family == "multi-account").ToList();
        Assert.Equal(23, variants.Count);
        Assert.All(variants, v => Assert.Same(v, catalog.VariantOf(catalog.BaseOf(v)!)));
        Assert.Equal("20015", catalog.VariantOf(catalog.FindReport("38")!)!.Id);
        Assert.Null(catalog.VariantOf(catalog.FindReport("4")!));
        // A user of that name may exist in several accounts.
        Assert.Equal(["name", "partner_id"], catalog.FindReport("20003")!.Key);
        Assert.Equal(["19", "42", "63", "64", "65", "66"], catalog.Reports.Where(r => r.AccountColumn is not null).Select(r => r.Id).OrderBy(int.Parse));
    }

    private static Task<IReadOnlyList<string>?> AskAsync(Rig rig, AccountReport report) =>
        new KalturaSourceFactory(rig.Connection, KalturaCatalog.Shared).AccountsAsync(Rig.Spec() with { AccountsFrom = report }, s_from, s_to, default);
}
