using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Etl.Testing.Files;

namespace Etl.Server.Tests;

public sealed class DoorTests
{
    [Theory]
    [InlineData("http://0.0.0.0:0", null, null, "'http://0.0.0.0:0/' can be reached from other machines")]
    [InlineData("http://127.0.0.1:0", "etl.example", null, "ETL_HOSTS names another host")]
    [InlineData("http://127.0.0.1:0", null, "127.0.0.1", "ETL_PROXIES names a reverse proxy")]
    public async Task Server_for_others_does_not_start_without_users(string url, string? host, string? proxy, string why)
    {
        var fault = await Assert.ThrowsAsync<EtlException>(() => House.OpenAsync(locked: false, o => o with { Urls = [new Uri(url)], Hosts = host is null ? [] : [host], Proxies = proxy is null ? [] : [proxy] }));
        Assert.Equal((FaultKind.Usage, "no-users"), (fault.Kind, fault.Code));
        Assert.Contains(why, fault.Message, StringComparison.Ordinal);
        Assert.Contains("etl serve --new-user NAME --role operator", fault.Message, StringComparison.Ordinal);
        await using var house = await House.OpenAsync(locked: true, o => o with { Urls = [new Uri(url)], Hosts = host is null ? [] : [host], Proxies = proxy is null ? [] : [proxy] });
        Assert.NotEqual(0, house.Url.Port);
    }

    [Theory]
    [InlineData("localhost", true)]
    [InlineData("LOCALHOST:1234", true)]
    [InlineData("127.0.0.1", true)]
    [InlineData("[::1]:8080", true)]
    [InlineData("etl.example", true)]
    [InlineData("evil.example", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.2", false)]
    [InlineData("", false)]
    public async Task Server_answers_only_to_its_names(string host, bool answers)
    {
        await using var house = await House.OpenAsync(locked: true, o => o with { Hosts = ["etl.example"] });
        using var client = house.Client(Role.Viewer);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me") { Headers = { Host = host.Length == 0 ? null : host } };
        if (host.Length == 0)
        {
            Assert.Equal("HTTP/1.1 421 Misdirected Request", await RawRequest.StatusAsync(house.Url, $"GET /api/v1/me HTTP/1.1\r\nHost:\r\nAuthorization: Bearer {house.Keys[Role.Viewer]}\r\n\r\n"));
            return;
        }
        using var answer = await client.SendAsync(request);
        Assert.Equal(answers ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Answers_say_what_a_browser_may_do_and_not_what_made_them()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Viewer);
        foreach (var path in new[] { "/healthz", "/api/v1/me", "/nothing" })
        {
            using var answer = await client.GetAsync(path);
            Assert.Equal("default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.Contains("no-store", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
            Assert.Empty(answer.Headers.Server);
        }
    }

    [Fact]
    public async Task Proxy_is_believed_only_where_it_is_named()
    {
        // Not named, and from loopback: whoever it asks for is not the local person.
        await using var house = await House.OpenAsync(locked: false);
        using var client = house.Client();
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/me")).StatusCode);
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "127.0.0.1");
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/me")).StatusCode);
    }

    [Fact]
    public void Proxy_that_is_no_address_is_refused()
    {
        var fault = Assert.Throws<EtlException>(() => Doors.DoorRules.Forwarded(["proxy.example"]));
        Assert.Equal(("bad-proxy", true), (fault.Code, fault.Message.Contains("'proxy.example'", StringComparison.Ordinal)));
    }

    [Fact]
    public void OpenId_is_refused_in_a_build_that_has_none()
    {
        var fault = Assert.Throws<EtlException>(() => StatusServerOptions.FromSettings([], "data", name => name == "ETL_OPENID_CLIENT" ? "etl" : null, _ => { }));
        Assert.Equal("ETL_OPENID_CLIENT is set, and this build has no OpenID Connect: build with 'PackageSet=full', or leave the setting out and use '--new-user'.", fault.Message);
    }

    [Fact]
    public void Settings_are_read()
    {
        var settings = new Dictionary<string, string> { ["ETL_HOSTS"] = "etl.example, 10.0.0.4", ["ETL_PROXIES"] = "10.0.0.0/24", ["ETL_METRICS"] = "open", ["ETL_CERTIFICATE"] = "etl.pfx", ["ETL_CERTIFICATE_PASSWORD"] = "canary" };
        var options = StatusServerOptions.FromSettings([StatusServerOptions.DefaultUrl], "data", settings.GetValueOrDefault, _ => { });
        Assert.Equal(["etl.example", "10.0.0.4"], options.Hosts);
        Assert.Equal(["10.0.0.0/24"], options.Proxies);
        Assert.True(options.AreMetricsOpen);
        Assert.DoesNotContain("canary", options.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_speaks_https_with_the_certificate_that_is_set_and_marks_its_cookies()
    {
        using var folder = new TempFolder();
        using var key = ECDsa.Create();
        using var certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await File.WriteAllBytesAsync(folder["etl.pfx"], certificate.Export(X509ContentType.Pkcs12, "secret"));
        var https = (StatusServerOptions o) => o with { Urls = [new Uri("https://127.0.0.1:0")], Certificate = (folder["etl.pfx"], null, new Secret("secret")) };
        await using var house = await House.OpenAsync(more: https);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = { RemoteCertificateValidationCallback = (_, seen, _, _) => seen?.GetCertHashString() == certificate.GetCertHashString() } }) { BaseAddress = house.Url };
        using var login = await House.LoginAsync(client, "otto");
        Assert.All(login.Headers.GetValues("Set-Cookie"), c => Assert.Contains("; secure; samesite=strict; httponly", c, StringComparison.Ordinal));

        var none = await Assert.ThrowsAsync<EtlException>(() => House.OpenAsync(more: o => https(o) with { Certificate = null }));
        Assert.Contains("set ETL_CERTIFICATE", none.Message, StringComparison.Ordinal);
        var wrong = await Assert.ThrowsAsync<EtlException>(() => House.OpenAsync(more: o => https(o) with { Certificate = (folder["etl.pfx"], null, new Secret("canary")) }));
        Assert.Equal("bad-certificate", wrong.Code);
        Assert.DoesNotContain("canary", wrong.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_that_is_taken_is_named()
    {
        await using var house = await House.OpenAsync();
        var fault = await Assert.ThrowsAsync<EtlException>(() => House.OpenAsync(more: o => o with { Urls = [house.Url] }));
        Assert.Equal((FaultKind.Usage, "cannot-listen"), (fault.Kind, fault.Code));
        Assert.Contains(house.Url.ToString(), fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Address_without_anything_is_told_as_a_problem()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Viewer);
        using var answer = await client.GetAsync("/nothing");
        Assert.Equal((HttpStatusCode.NotFound, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        Assert.Contains("There is nothing here.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
