using System.Net;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;
using Etl.Kaltura.Exports;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>Which addresses are fetched, and what a host may lead to (reliability 7.7).</summary>
public class DownloadGateTests
{
    private static DownloadGate Gate(string service = "https://www.kaltura.com", params string[] hosts) =>
        new(new KalturaSettings { ServiceUrl = new Uri(service), PartnerId = "1", DownloadHosts = hosts }, new SecretMask());

    [Theory]
    [InlineData("https://www.kaltura.com/a/ks/x/report.csv")]
    [InlineData("https://WWW.KALTURA.COM:443/a")]
    [InlineData("https://cdnapi.kaltura.com/a")]
    public void Service_and_named_hosts_are_admitted(string url) =>
        Assert.EndsWith("kaltura.com", Gate(hosts: "cdnapi.kaltura.com").Admit("x", url).Host, StringComparison.OrdinalIgnoreCase);

    [Theory]
    [InlineData("http://www.kaltura.com/a")]
    [InlineData("https://www.kaltura.com:8443/a")]
    [InlineData("https://www.kaltura.com./a")]
    [InlineData("https://kaltura.com/a")]
    [InlineData("https://evilwww.kaltura.com/a")]
    [InlineData("https://evilkaltura.com/a")]
    [InlineData("https://cdnapi.kaltura.com.evil.test/a")]
    [InlineData("https://www.kaltura.com@127.0.0.1/a")]
    [InlineData("https://user:pw@www.kaltura.com/a")]
    [InlineData("https://2130706433/a")]
    [InlineData("https://0x7f000001/a")]
    [InlineData("https://0177.0.0.1/a")]
    [InlineData("https://127.1/a")]
    [InlineData("https://0/a")]
    [InlineData("https://[::ffff:127.0.0.1]/a")]
    [InlineData("https://localhost./a")]
    [InlineData("http://localhost/a")]
    [InlineData("https://169.254.169.254/latest")]
    [InlineData("https://[fd00:ec2::254]/a")]
    [InlineData("file:///etc/passwd")]
    [InlineData("//www.kaltura.com/a")]
    [InlineData("javascript:alert(1)")]
    [InlineData("https://www.kaltura\u3002com.evil.test/a")]
    [InlineData("https://www.k\u0430ltura.com/a")]
    [InlineData("https://\uFFFD/a")]
    [InlineData("https://@www.kaltura.com/a")]
    [InlineData("https://www\u200d.kaltura.com/a")]
    public void Other_addresses_are_refused(string url)
    {
        var refused = Assert.Throws<ApiException>(() => Gate(hosts: "cdnapi.kaltura.com").Admit("x", url));

        Assert.Equal(("csv-url-refused", FaultKind.Window, false), (refused.Code, refused.Kind, refused.IsTransient));
    }

    [Fact]
    public void Ideographic_full_stop_is_compared_and_asked_for_in_the_form_that_is_resolved()
    {
        var plain = Gate().Admit("x", "https://www\u3002kaltura.com/a%2Fb?c=%C3%A4#d");
        Assert.Equal(("www.kaltura.com", "https://www.kaltura.com/a%2Fb?c=%C3%A4#d"), (plain.Host, plain.Reveal().AbsoluteUri));
    }

    [Fact]
    public void Foreign_host_is_named_with_the_setting_that_admits_it_and_no_path()
    {
        var refused = Assert.Throws<ApiException>(() => Gate().Admit("x", "https://cdn.example.com/ks/canary/report.csv"));

        Assert.Contains("'cdn.example.com'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("KALTURA_DOWNLOAD_HOSTS", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Service_of_this_machine_is_fetched_over_http_at_its_own_port_only()
    {
        Assert.Equal("127.0.0.1", Gate("http://127.0.0.1:5000").Admit("x", "http://127.0.0.1:5000/a").Host);
        Assert.Throws<ApiException>(() => Gate("http://127.0.0.1:5000").Admit("x", "http://127.0.0.1:5001/a"));
        Assert.Throws<ApiException>(() => Gate("http://127.0.0.1:5000").Admit("x", "http://localhost:5000/a"));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("10.1.2.3", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("ff02::1", false)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("64:ff9b::808:808", true)]
    [InlineData("64:ff9b::a00:1", false)]
    public void Address_is_public_or_not(string address, bool isPublic) => Assert.Equal(isPublic, ConnectGuard.IsPublic(IPAddress.Parse(address)));

    [Fact]
    public void Host_that_leads_to_one_private_address_among_others_is_refused()
    {
        Assert.Throws<ApiException>(() => ConnectGuard.Admit("www.kaltura.com", [IPAddress.Parse("8.8.8.8"), IPAddress.Parse("10.0.0.1")]));
        Assert.Throws<ApiException>(() => ConnectGuard.Admit("localhost", [IPAddress.Parse("8.8.8.8")]));
        Assert.Single(ConnectGuard.Admit("localhost", [IPAddress.Loopback]));
    }

    [Fact]
    public async Task Host_that_resolves_to_this_machine_is_refused_when_it_is_connected_to()
    {
        await using var server = new ScriptedServer { Script = _ => new Answer([]) };
        using var client = new DownloadClient(new DownloadLimits(), TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));
        var url = new DownloadUrl(new Uri($"http://files.example.com:{server.Url.Port}/ks/canary/report.csv"));

        var refused = await Assert.ThrowsAsync<ApiException>(() => client.SendAsync("report file", url, 0, null, default));

        Assert.Equal("csv-url-refused", refused.Code);
        Assert.Empty(server.Calls);
        Assert.DoesNotContain("canary", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Address_prints_as_its_host_and_knows_its_session()
    {
        var url = new DownloadUrl(new Uri("https://a.example.com/api_v3/serve/ks/canary%3D%3D/id/1/report.csv"));

        Assert.DoesNotContain("canary", $"{url}{url.Root}", StringComparison.Ordinal);
        Assert.Equal(new Secret("canary=="), url.Session);
        Assert.Null(new DownloadUrl(new Uri("https://a.example.com/x")).Session);
    }
}
