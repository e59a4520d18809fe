using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Connections;
using Etl.Landing.Parquet;
using Etl.Landing.Stores;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Tests.Staging;
using Etl.Landing.Tests.Stores.Fakes;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Stores;

/// <summary>
/// What goes wrong between us and the service, through a proxy before a real Azurite: each fault is typed and says what to do, what was
/// published stays readable, and the next run succeeds.
/// </summary>
public sealed class BlobFaultTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken s_none = CancellationToken.None;
    private static readonly ParquetLandSpec s_land = new() { Dataset = "content_daily" };

    private readonly TempFolder _folder = new();
    private readonly InstantClock _clock = new();
    private AzuriteContainer? _container;
    private BlobProxy? _proxy;
    private int _pulls;

    private Dictionary<string, string> Parts => _container!.ConnectionString.Split(';', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1]);

    private BlobProxy Proxy => _proxy!;

    private string Endpoint => new Uri(Proxy.Url, new Uri(Parts["BlobEndpoint"]).AbsolutePath).AbsoluteUri.TrimEnd('/');

    public async Task InitializeAsync()
    {
        _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
        _proxy = new BlobProxy(new Uri(Parts["BlobEndpoint"]));
    }

    public async Task DisposeAsync()
    {
        if (_proxy is not null) await _proxy.DisposeAsync();
        if (_container is not null) await _container.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    private string KeySetting(string? key = null, string? container = null) =>
        $"DefaultEndpointsProtocol=http;AccountName={Parts["AccountName"]};AccountKey={key ?? Parts["AccountKey"]};BlobEndpoint={Endpoint};Container={container ?? _container!.Name}/lake";

    private ParquetTarget Target(string? setting = null)
    {
        var address = BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", setting ?? KeySetting()));
        return new ParquetTarget(new BlobObjectStore(BlobApis.Of(address, _clock), address, _clock), s_land, severalAccounts: false, _ => { });
    }

    private IStagedPull Pull(long fence, int rows = 5)
    {
        var id = $"p{++_pulls:0000}";
        return Staged.Pull(_folder.Path, Keys.Key(), Keys.Stamp(id, fence, rows, "hash-of-" + id), Plays.Schema, [Plays.Batch(rows, fence * 100)]);
    }

    private static LandingOrder Order(IStagedPull pull) => new(pull.Key, Keys.Day(), pull.Stamp);

    private Task<LandingReceipt> LandAsync(IStagedPull pull, string? setting = null) => Target(setting).LandAsync(Order(pull), pull, s_none);

    private async Task ShowsAsync(IStagedPull pull)
    {
        Assert.Equal(pull.Stamp.Pull, (await Target().FindAsync(pull.Key, Keys.Day(), s_none))?.Pull);
        using var rows = await Target().OpenPublishedAsync(pull.Key, Keys.Day(), s_none);
        Assert.Equal(RowText.Lines(pull.Read()), RowText.Lines(rows!.Read()));
    }

    /// <summary>Lands a pull, lets another one fail, and sees that the first stays and the second lands in the next run.</summary>
    private async Task<EtlException> FailsAsync(Action spoil)
    {
        using var old = Pull(1);
        using var next = Pull(2);
        await LandAsync(old);
        spoil();
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(next));
        await ShowsAsync(old);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(next)).Outcome);
        await ShowsAsync(next);
        AssertNoSecret(fault);
        return fault;
    }

    private void AssertNoSecret(Exception fault)
    {
        Assert.DoesNotContain(Parts["AccountKey"], fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("SharedKey ", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("sig=", fault.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("the text that was signed", fault.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Block_is_sent_again_after_throttling_and_broken_connections()
    {
        using var pull = Pull(1);
        Proxy.Answer("PUT block", 503, "ServerBusy", times: 2, ("Retry-After", "7"));
        Proxy.Break("PUT block");
        Proxy.Answer("PUT block", 500, "InternalError");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        await ShowsAsync(pull);
        Assert.Equal(5, Proxy.Requests.Count(r => r == "PUT block"));
        Assert.Equal(2, _clock.Waits.Count(w => w == TimeSpan.FromSeconds(7)));
        Assert.Equal(1, Proxy.Requests.Count(r => r == "PUT blocklist"));
    }

    [SkippableFact]
    public async Task Throttling_that_does_not_end_is_a_transient_fault()
    {
        var fault = await FailsAsync(() => Proxy.Answer("PUT block", 503, "ServerBusy", times: BlobRetry.Attempts, ("Retry-After", "3")));
        Assert.Equal(("store-busy", true, TimeSpan.FromSeconds(3)), (fault.Code, fault.IsTransient, fault.RetryAfter));
    }

    [SkippableFact]
    public async Task Connection_that_stays_broken_is_a_transient_fault()
    {
        var fault = await FailsAsync(() => Proxy.Break("PUT block", BlobRetry.Attempts));
        Assert.Equal(("store-unreachable", true), (fault.Code, fault.IsTransient));
        Assert.Contains("nightly", fault.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Commit_whose_answer_is_lost_is_read_back_and_not_sent_again()
    {
        using var old = Pull(1);
        using var pull = Pull(2);
        await LandAsync(old);
        Proxy.Requests.Clear();
        Proxy.LoseAnswer("PUT blocklist");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        await ShowsAsync(pull);
        Assert.Equal(1, Proxy.Requests.Count(r => r == "PUT blocklist"));
    }

    [SkippableFact]
    public async Task N56_Commit_whose_answer_is_lost_may_be_overtaken()
    {
        using var old = Pull(1);
        using var pull = Pull(2);
        using var newer = Pull(3);
        await LandAsync(old);
        Proxy.LoseAnswer("PUT blocklist", then: async () => Assert.Equal(LandingOutcome.Landed, (await LandAsync(newer)).Outcome));
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync(pull)).Outcome);
        await ShowsAsync(newer);
    }

    [SkippableFact]
    public async Task N56_Commit_that_never_arrived_is_sent_again_after_a_look()
    {
        using var old = Pull(1);
        using var pull = Pull(2);
        await LandAsync(old);
        Proxy.Requests.Clear();
        Proxy.Answer("PUT blocklist", 500, "InternalError");
        Proxy.Break("PUT blocklist");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        await ShowsAsync(pull);
        // Before each commit a look, at the window and (the second HEAD) at its restatements: the order of requests is that of the protocol.
        Assert.Equal(
            ["PUT block", "HEAD", "GET", "HEAD", "PUT blocklist", "HEAD", "GET", "HEAD", "PUT blocklist", "HEAD", "GET", "HEAD", "PUT blocklist"],
            Proxy.Requests.SkipWhile(r => r != "PUT block").Take(13));
    }

    [SkippableFact]
    public async Task N56_Commits_that_never_get_an_answer_end_as_unclear()
    {
        var fault = await FailsAsync(() => Proxy.Break("PUT blocklist", times: 10));
        Assert.Equal(("unclear", true), (fault.Code, fault.IsTransient));
    }

    [SkippableFact]
    public async Task Blocks_that_another_commit_dropped_are_staged_again()
    {
        using var old = Pull(1);
        using var middle = Pull(2);
        using var newest = Pull(3);
        await LandAsync(old);
        var prepared = await Target().PrepareAsync(Order(newest), newest, s_none);
        await using (prepared)
        {
            await LandAsync(middle);
            Proxy.Requests.Clear();
            Assert.Equal(LandingOutcome.Landed, (await prepared.PublishAsync(s_none)).Outcome);
        }
        await ShowsAsync(newest);
        Assert.Equal(["HEAD", "GET", "HEAD", "PUT blocklist", "PUT block", "HEAD", "GET", "HEAD", "PUT blocklist"], Proxy.Requests.Take(9));
    }

    [SkippableFact]
    public async Task Block_list_that_is_refused_is_answered_by_staging_again()
    {
        using var pull = Pull(1);
        Proxy.Answer("PUT blocklist", 400, "InvalidBlockList");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        await ShowsAsync(pull);
        Assert.Equal(2, Proxy.Requests.Count(r => r == "PUT block"));
    }

    [SkippableFact]
    public async Task Block_lists_that_are_always_refused_end_as_contended()
    {
        var fault = await FailsAsync(() => Proxy.Answer("PUT blocklist", 400, "InvalidBlockList", times: 10));
        Assert.Equal(("contended", true), (fault.Code, fault.IsTransient));
    }

    [SkippableFact]
    public async Task Newer_pull_that_lands_between_look_and_commit_wins()
    {
        using var old = Pull(1);
        using var pull = Pull(2);
        using var newer = Pull(3);
        await LandAsync(old);
        Proxy.Before("PUT blocklist", async () => Assert.Equal(LandingOutcome.Landed, (await LandAsync(newer)).Outcome));
        Assert.Equal(LandingOutcome.Superseded, (await LandAsync(pull)).Outcome);
        await ShowsAsync(newer);
    }

    [SkippableFact]
    public async Task First_landing_that_meets_another_first_landing_compares_fences()
    {
        using var pull = Pull(2);
        using var older = Pull(1);
        Proxy.Before("PUT blocklist", async () => Assert.Equal(LandingOutcome.Landed, (await LandAsync(older)).Outcome));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        await ShowsAsync(pull);
    }

    [SkippableTheory]
    [InlineData("infinite", false)]
    [InlineData("fixed", true)]
    public async Task Lease_of_somebody_else_is_a_clear_fault(string duration, bool isTransient)
    {
        using var old = Pull(1);
        await LandAsync(old);
        var seconds = duration == "infinite" ? -1 : 60;
        var lease = await _container!.LeaseAsync("lake/content_daily/date=2026-11-19/data.parquet", seconds);
        using var next = Pull(2);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(next));
        Assert.Equal(("leased", isTransient), (fault.Code, fault.IsTransient));
        await ShowsAsync(old);
        AssertNoSecret(fault);
        await _container.ReleaseAsync("lake/content_daily/date=2026-11-19/data.parquet", lease);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(next)).Outcome);
    }

    [SkippableTheory]
    [InlineData(409, "BlobImmutableDueToPolicy", "immutable", false)]
    [InlineData(409, "InvalidBlobType", "foreign-file", false)]
    [InlineData(400, "InvalidBlobOrBlock", "foreign-blocks", false)]
    [InlineData(403, "AuthorizationPermissionMismatch", "store-rights", false)]
    [InlineData(403, "AuthorizationFailure", "store-rights", false)]
    [InlineData(403, "AuthenticationFailed", "store-refused", false)]
    [InlineData(409, "ContainerBeingDeleted", "store-container", true)]
    [InlineData(403, "AccountIsDisabled", "store-container", false)]
    [InlineData(400, "SomethingNew", "store", false)]
    public async Task Refusal_is_typed_and_changes_nothing(int status, string answer, string code, bool isTransient)
    {
        foreach (var request in (string[])["PUT block", "PUT blocklist"])
        {
            // Each time in a fresh place in the order of fences.
            using var old = Pull(_pulls + 1);
            using var next = Pull(_pulls + 1);
            await LandAsync(old);
            Proxy.Answer(request, status, answer);
            var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(next));
            Assert.Equal((code, isTransient), (fault.Code, fault.IsTransient));
            Assert.Contains(answer, fault.Message, StringComparison.Ordinal);
            Assert.Contains("req-1", fault.Message, StringComparison.Ordinal);
            AssertNoSecret(fault);
            await ShowsAsync(old);
            Assert.Equal(LandingOutcome.Landed, (await LandAsync(next)).Outcome);
        }
    }

    [SkippableFact]
    public async Task Archived_object_is_a_clear_fault()
    {
        var fault = await FailsAsync(() => Proxy.Answer("GET", 409, "BlobArchived"));
        Assert.Equal("archived", fault.Code);
    }

    [SkippableFact]
    public async Task Bytes_damaged_on_the_way_are_sent_again()
    {
        using var pull = Pull(1);
        Proxy.Answer("PUT block", 400, "Md5Mismatch");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        await ShowsAsync(pull);
    }

    [SkippableFact]
    public async Task Wrong_key_is_refused_without_showing_any()
    {
        var wrong = Convert.ToBase64String(Encoding.ASCII.GetBytes("not the key of this account"));
        using var pull = Pull(1);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(pull, KeySetting(wrong)));
        // Azurite says AuthorizationFailure where Azure says AuthenticationFailed, see Refusal_is_typed_and_changes_nothing.
        Assert.Equal(("store-rights", false), (fault.Code, fault.IsTransient));
        Assert.DoesNotContain(wrong, fault.ToString(), StringComparison.Ordinal);
        AssertNoSecret(fault);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
    }

    [SkippableFact]
    public async Task Container_is_made_with_the_first_object_and_never_by_looking()
    {
        using var pull = Pull(1);
        var setting = KeySetting(container: "made-" + _container!.Name[1..20]);
        Assert.Null(await Target(setting).FindAsync(pull.Key, Keys.Day(), s_none));
        await Target(setting).SweepAsync(pull.Key, Keys.Day(), s_none);
        Assert.DoesNotContain("PUT container", Proxy.Requests);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull, setting)).Outcome);
        Assert.Equal(1, Proxy.Requests.Count(r => r == "PUT container"));
        Assert.Equal(pull.Stamp.Pull, (await Target(setting).FindAsync(pull.Key, Keys.Day(), s_none))!.Pull);
    }

    [SkippableFact]
    public async Task Container_that_may_not_be_made_is_a_clear_fault()
    {
        using var pull = Pull(1);
        Proxy.Answer("PUT container", 403, "AuthorizationFailure");
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(pull, KeySetting(container: "absent-" + _container!.Name[1..20])));
        Assert.Equal("store-container", fault.Code);
        Assert.Contains("az storage container create", fault.Message, StringComparison.Ordinal);
        AssertNoSecret(fault);
    }

    [SkippableFact]
    public async Task Host_that_is_not_known_is_a_transient_fault()
    {
        using var pull = Pull(1);
        var key = Parts["AccountKey"];
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(pull, $"AccountName=nobody;AccountKey={key};EndpointSuffix=storage.invalid;Container=lake"));
        Assert.Equal(("store-unreachable", true), (fault.Code, fault.IsTransient));
        Assert.Contains("nobody.blob.storage.invalid", fault.Message, StringComparison.Ordinal);
        AssertNoSecret(fault);
    }

    [SkippableFact]
    public async Task Shared_access_signature_lands_and_reads_what_it_allows()
    {
        using var pull = Pull(1);
        using var next = Pull(2);
        var all = Sas("racwdl");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull, $"{Endpoint}/{_container!.Name}/lake?{all}")).Outcome);
        await ShowsAsync(pull);

        var reading = $"{Endpoint}/{_container.Name}/lake?{Sas("rl")}";
        Assert.Equal(pull.Stamp.Pull, (await Target(reading).FindAsync(pull.Key, Keys.Day(), s_none))!.Pull);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(next, reading));
        Assert.Equal(("store-rights", false), (fault.Code, fault.IsTransient));
        AssertNoSecret(fault);
        Assert.DoesNotContain("?", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("sig", Target(reading).Locate(pull.Key, Keys.Day()), StringComparison.Ordinal);
        await ShowsAsync(pull);

        var byString = $"BlobEndpoint={Endpoint};SharedAccessSignature={all};Container={_container.Name}/lake";
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(next, byString)).Outcome);
        await ShowsAsync(next);
    }

    [SkippableFact]
    public async Task Landed_blob_carries_its_facts_for_other_tools()
    {
        using var pull = Pull(7, rows: 9);
        await LandAsync(pull);
        var address = BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", KeySetting()));
        var found = await new BlobObjectStore(BlobApis.Of(address, _clock), address, _clock).LookAsync("content_daily/date=2026-11-19/data.parquet", s_none);
        Assert.Equal(
            ("nightly", "main", "101", "2026-11-19", pull.Stamp.Pull, "7", "9", pull.Stamp.ContentHash, "def"),
            (Of("job"), Of("source"), Of("account"), Of("window"), Of("pull"), Of("fence"), Of("rows"), Of("content_hash"), Of("definition")));
        var head = await _container!.HeadersAsync("lake/content_daily/date=2026-11-19/data.parquet");
        Assert.Equal("application/vnd.apache.parquet", head["Content-Type"]);
#pragma warning disable CA5351 // What the service stores.
        Assert.Equal(Convert.ToBase64String(MD5.HashData(await File.ReadAllBytesAsync(pull.Path))), head["Content-MD5"]);
#pragma warning restore CA5351

        string Of(string name) => found!.Metadata["etl_" + name];
    }

    /// <summary>A service signature for the container, made as the service's documentation lays down for version 2020-12-06 and later.</summary>
    private string Sas(string permissions)
    {
        const string version = "2021-12-02";
        var expiry = TimeProvider.System.GetUtcNow().AddHours(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        string[] fields = [permissions, "", expiry, $"/blob/{Parts["AccountName"]}/{_container!.Name}", "", "", "", version, "c", "", "", "", "", "", "", ""];
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(Parts["AccountKey"]), Encoding.UTF8.GetBytes(string.Join('\n', fields))));
        return $"sv={version}&sr=c&sp={permissions}&se={Uri.EscapeDataString(expiry)}&sig={Uri.EscapeDataString(signature)}";
    }
}
