using Azure.Core;
using Azure.Identity;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Connections;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Stores.AzureBlob.Portable;
using Etl.Landing.Tests.Stores.Fakes;
using Etl.Testing.Rows;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Stores;

/// <summary>The login of an identity: what it asks for, where its token goes, and what is said when there is none.</summary>
public sealed class BlobLoginTests : IDisposable
{
    private const string Setting = "https://acme.blob.core.windows.net/lake/etl";

    private readonly BlobService _service = new();
    private readonly InstantClock _clock = new();

    private static BlobAddress Address => BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", Setting));

    public void Dispose() => _service.Dispose();

    private ParquetTarget Target(Login login) => new(
        new BlobObjectStore(new HttpBlobApi(Address, _clock, login, _service.Transport), Address, _clock), new ParquetLandSpec { Dataset = "plays" }, severalAccounts: false, _ => { });

    private async Task<LandingReceipt> LandAsync(Login login, string pull = "p1", long fence = 1)
    {
        using var staged = Pull(pull, fence);
        return await Target(login).LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
    }

    private static MemoryStagedPull Pull(string pull, long fence) => new(Keys.Key(), Keys.Stamp(pull, fence, 9, "content of " + pull), Plays.Schema, [Plays.Batch(9, fence * 100)]);

    private async Task<IReadOnlyList<string>> RowsAsync()
    {
        using var rows = await Target(new Login()).OpenPublishedAsync(Keys.Key(), Keys.Day(), default);
        return RowText.Lines(rows!.Read());
    }

    [Fact]
    public async Task Each_request_of_a_landing_carries_a_token_for_storage_over_https()
    {
        var login = new Login();
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(login)).Outcome);
        Assert.Equal(["https://storage.azure.com/.default"], login.Asked);
        Assert.Equal(["GET list", "PUT block", "HEAD", "PUT blocklist"], _service.Requests.Select(r => r.Kind).Distinct());
        Assert.All(_service.Requests, r => Assert.Equal(("https", "acme.blob.core.windows.net", $"Bearer {Login.Token}"), (r.Url.Scheme, r.Url.Authority, r.Authorization)));
        Assert.All(_service.Requests, r => Assert.DoesNotContain(Login.Token, r.Url.ToString(), StringComparison.Ordinal));
        using var staged = Pull("p1", 1);
        Assert.Equal(RowText.Lines(staged.Read()), await RowsAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Login_that_fails_says_what_to_do_and_sends_nothing(bool isMissing)
    {
        await LandAsync(new Login());
        var before = await RowsAsync();
        _service.Requests.Clear();
        const string why = "The identity is not known here.\nTried one after the other: this and that.";
        var login = new Login { Fault = isMissing ? new CredentialUnavailableException(why) : new AuthenticationFailedException(why) };

        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(login, "p2", 2));

        Assert.Equal((FaultKind.Window, "store-refused", false), (fault.Kind, fault.Code, fault.IsTransient));
        foreach (var said in (string[])["https://acme.blob.core.windows.net/lake/etl/plays/", "The identity is not known here. ", "az login", "AZURE_CLIENT_ID", "shared access signature"])
            Assert.Contains(said, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("this and that", fault.Message, StringComparison.Ordinal);
        // Asked once: a login that is refused again and again locks people out.
        Assert.Single(login.Asked);
        Assert.Empty(_service.Requests);
        Assert.Equal(before, await RowsAsync());
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(new Login(), "p2", 2)).Outcome);
    }

    [Theory]
    [InlineData(401, "InvalidAuthenticationInfo", "store-refused", "was refused")]
    [InlineData(403, "AuthorizationPermissionMismatch", "store-rights", "'Storage Blob Data Contributor'")]
    public async Task Token_that_the_service_refuses_is_a_clear_fault_that_does_not_show_it(int status, string answer, string code, string says)
    {
        _service.Refusal = (status, answer);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(new Login()));
        Assert.Equal((code, false), (fault.Code, fault.IsTransient));
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Login.Token, fault.ToString(), StringComparison.Ordinal);
        _service.Refusal = null;
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(new Login())).Outcome);
    }

    [Fact]
    public async Task Token_follows_no_redirect()
    {
        (_service.Refusal, _service.Elsewhere) = ((307, "Moved"), new Uri("https://acme.evil.test/lake"));
        Assert.Equal("store", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(new Login()))).Code);
        Assert.All(_service.Requests, r => Assert.Equal("acme.blob.core.windows.net", r.Url.Host));
    }

    /// <summary>Settings refuse such an address already (<see cref="BlobSettingTests"/>); were one to get past them, nobody is asked for a token.</summary>
    [Fact]
    public async Task Token_never_goes_over_plain_http()
    {
        var login = new Login();
        var api = new HttpBlobApi(Address with { Container = new Uri("http://acme.blob.core.windows.net/lake") }, _clock, login, _service.Transport);
        await Assert.ThrowsAsync<InvalidOperationException>(() => api.ListAsync("", null, 1, default));
        Assert.Empty(login.Asked);
        Assert.Empty(_service.Requests);
    }

    private sealed class Login : TokenCredential
    {
        public const string Token = "token-of-the-identity";

        /// <summary>What a try to log in ends with; null for a token.</summary>
        public Exception? Fault { get; init; }

        /// <summary>Scopes asked for, in order.</summary>
        public List<string> Asked { get; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Asked.AddRange(requestContext.Scopes);
            return Fault is null ? new AccessToken(Token, DateTimeOffset.MaxValue) : throw Fault;
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }
}
