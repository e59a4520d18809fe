using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Etl.Core.Errors;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Connections;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Audit;

/// <summary>Keys in files and in key vaults.</summary>
public sealed class KeyTests : IDisposable
{
    private const string Vault = "https://ours.vault.azure.net/keys/audit/0123456789abcdef0123456789abcdef";

    private static readonly byte[] s_text = "to be signed"u8.ToArray();
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task New_key_is_its_owners_alone_and_signs()
    {
        var fingerprint = AuditKeys.Create(_folder["a/key.pem"]);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder["a/key.pem"]));
        using var signer = PemSigner.Open(_folder["a/key.pem"], "X");
        var key = await signer.KeyAsync(default);
        Assert.Equal(fingerprint, "sha256:" + key.Id);
        Assert.True(await SignsAsync(signer));
        Assert.Equal("audit-key", Assert.Throws<EtlException>(() => AuditKeys.Create(_folder["a/key.pem"])).Code);
    }

    [SkippableFact]
    public void Key_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows()) throw new SkipException("Windows has no such modes.");
        AuditKeys.Create(_folder["key.pem"]);
        foreach (var mode in (UnixFileMode[])[UnixFileMode.GroupRead, UnixFileMode.OtherRead, UnixFileMode.GroupWrite])
        {
            File.SetUnixFileMode(_folder["key.pem"], UnixFileMode.UserRead | UnixFileMode.UserWrite | mode);
            var fault = Assert.Throws<EtlException>(() => PemSigner.Open(_folder["key.pem"], "ETL_AUDIT_KEY"));
            Assert.Equal((FaultKind.Usage, "audit-key-mode"), (fault.Kind, fault.Code));
            Assert.Contains("chmod 600", fault.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("ecparam -name prime256v1 -genkey -noout", true)]
    [InlineData("ecparam -name prime256v1 -genkey", true)]
    [InlineData("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256", true)]
    [InlineData("ecparam -name secp384r1 -genkey -noout", false)]
    [InlineData("genpkey -algorithm ed25519", false)]
    [InlineData("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048", false)]
    public async Task Keys_of_openssl_are_taken_when_they_are_on_p256(string arguments, bool good)
    {
        using (var process = Process.Start("openssl", [.. arguments.Split(' '), "-out", _folder["key.pem"]]))
        {
            await process.WaitForExitAsync();
            Assert.Equal(0, process.ExitCode);
        }
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder["key.pem"], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (!good)
        {
            Assert.Contains("P-256", Assert.Throws<EtlException>(() => PemSigner.Open(_folder["key.pem"], "X")).Message, StringComparison.Ordinal);
            return;
        }
        using var signer = PemSigner.Open(_folder["key.pem"], "X");
        Assert.True(await SignsAsync(signer));
    }

    [Fact]
    public void Public_keys_missing_files_and_other_texts_are_refused()
    {
        AuditKeys.Create(_folder["key.pem"]);
        File.WriteAllText(_folder["text.pem"], "no key");
        if (!OperatingSystem.IsWindows())
            foreach (var file in (string[])["key.pem.pub", "text.pem"]) File.SetUnixFileMode(_folder[file], UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var file in (string[])["key.pem.pub", "text.pem", "missing.pem"]) Assert.Equal("audit-key", Assert.Throws<EtlException>(() => PemSigner.Open(_folder[file], "X")).Code);
    }

    [Fact]
    public void Key_of_a_log_comes_before_that_of_all()
    {
        var set = new Dictionary<string, string> { ["ETL_AUDIT_KEY"] = "file:all", ["ETL_AUDIT_KEY_REG_FD"] = "file:one" };
        var settings = new ConnectionSettings(set.GetValueOrDefault, _folder.Path);
        Assert.Equal(("one", "ETL_AUDIT_KEY_REG_FD"), (settings.AuditKey("reg-fd").Rest, settings.AuditKey("reg-fd").Variable));
        Assert.Equal("all", settings.AuditKey("compliance").Rest);
        set.Clear();
        var fault = Assert.Throws<EtlException>(() => settings.AuditKey("reg-fd"));
        Assert.Contains("ETL_AUDIT_KEY_REG_FD", fault.Message, StringComparison.Ordinal);
        Assert.Null(settings.TimeStampAuthority());
        set["ETL_AUDIT_TSA"] = "tsa.example.com";
        Assert.Throws<EtlException>(settings.TimeStampAuthority);
        Assert.Throws<EtlException>(() => AuditSigners.Open(new ConnectionValue("X", "card", "1")));
    }

    [Theory]
    [InlineData("http://ours.vault.azure.net/keys/audit/0123456789abcdef0123456789abcdef")]
    [InlineData("https://ours.vault.azure.net/keys/audit")]
    [InlineData("https://ours.vault.azure.net/secrets/audit/0123456789abcdef0123456789abcdef")]
    [InlineData("https://ours.vault.azure.net.evil.test/keys/audit/0123456789abcdef0123456789abcdef")]
    [InlineData("https://user@ours.vault.azure.net/keys/audit/0123456789abcdef0123456789abcdef")]
    [InlineData("audit")]
    public void Other_addresses_are_no_key_vault(string url) =>
        Assert.Equal(FaultKind.Usage, Assert.Throws<EtlException>(() => KeyVaultSigner.Open(url, "X", new Login())).Kind);

    [Fact]
    public async Task Key_vault_signs_and_its_answer_becomes_der()
    {
        using var vault = new VaultStub();
        using var signer = KeyVaultSigner.Open(Vault, "ETL_AUDIT_KEY", new Login(), vault.Transport);
        // Many signatures: r and s begin with a zero or a set bit in some of them, where DER differs.
        for (var i = 0; i < 300; i++) Assert.True(await SignsAsync(signer));
        Assert.Equal(["GET /keys/audit/0123456789abcdef0123456789abcdef?api-version=7.4", "POST /keys/audit/0123456789abcdef0123456789abcdef/sign?api-version=7.4"], vault.Asked.Distinct());
        Assert.All(vault.Logins, l => Assert.Equal("Bearer token-for-https://vault.azure.net/.default", l));
    }

    [Theory]
    [InlineData(403, FaultKind.Usage, "permissions")]
    [InlineData(404, FaultKind.Usage, "version")]
    [InlineData(500, FaultKind.Unreachable, "HTTP 500")]
    public async Task Refusals_of_a_key_vault_say_what_to_do(int status, FaultKind kind, string says)
    {
        using var vault = new VaultStub { Status = status };
        using var signer = KeyVaultSigner.Open(Vault, "ETL_AUDIT_KEY", new Login(), vault.Transport);
        var fault = await Assert.ThrowsAsync<EtlException>(() => signer.SignAsync(s_text, default));
        Assert.Equal(kind, fault.Kind);
        Assert.Contains(says, fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("token-for", fault.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signature_that_is_not_the_keys_is_refused()
    {
        using var vault = new VaultStub { SignsWrong = true };
        using var signer = KeyVaultSigner.Open(Vault, "ETL_AUDIT_KEY", new Login(), vault.Transport);
        Assert.Contains("does not confirm", (await Assert.ThrowsAsync<EtlException>(() => signer.SignAsync(s_text, default))).Message, StringComparison.Ordinal);
    }

    private static async Task<bool> SignsAsync(IAuditSigner signer)
    {
        var signature = await signer.SignAsync(s_text, default);
        return (await signer.KeyAsync(default)).Verify(s_text, signature);
    }

    private sealed class Login : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) => new("token-for-" + requestContext.Scopes[0], DateTimeOffset.MaxValue);

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) => new(GetToken(requestContext, cancellationToken));
    }

    /// <summary>A vault with one key, by its REST interface.</summary>
    private sealed class VaultStub : HttpMessageHandler
    {
        private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

        public int Status { get; init; } = 200;

        public bool SignsWrong { get; init; }

        public List<string> Asked { get; } = [];

        public List<string> Logins { get; } = [];

        public HttpPipelineTransport Transport => new HttpClientTransport(this);

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Asked.Add($"{request.Method} {request.RequestUri!.PathAndQuery}");
            Logins.Add(request.Headers.Authorization!.ToString());
            if (Status != 200) return new HttpResponseMessage((HttpStatusCode)Status) { Content = new StringContent("""{"error":{"code":"x","message":"y"}}""") };
            object answer;
            if (request.Method == HttpMethod.Get)
            {
                var point = _key.ExportParameters(false).Q;
                answer = new { key = new { kid = "x", kty = "EC", crv = "P-256", x = Text(point.X!), y = Text(point.Y!) } };
            }
            else
            {
                using var asked = JsonDocument.Parse(await request.Content!.ReadAsStreamAsync(cancellationToken));
                Assert.Equal("ES256", asked.RootElement.GetProperty("alg").GetString());
                var hash = Convert.FromBase64String(asked.RootElement.GetProperty("value").GetString()!.Replace('-', '+').Replace('_', '/') + "=");
                if (SignsWrong) hash[0] ^= 1;
                answer = new { kid = "x", value = Text(_key.SignHash(hash)) };
            }
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(JsonSerializer.Serialize(answer), Encoding.UTF8, "application/json") };
        }

        protected override void Dispose(bool disposing)
        {
            _key.Dispose();
            base.Dispose(disposing);
        }

        private static string Text(byte[] bytes) => Convert.ToBase64String(bytes).TrimEnd('=').Replace('+', '-').Replace('/', '_');
    }
}
