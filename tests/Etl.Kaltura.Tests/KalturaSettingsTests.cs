using Etl.Core.Errors;
using Etl.Kaltura.Sessions;

namespace Etl.Kaltura.Tests;

public class KalturaSettingsTests
{
    private const string Canary = "canary0admin0secret0canary0admin";

    private static KalturaSettings Read(params (string Name, string Value)[] variables) =>
        KalturaSettings.FromLookup(name => variables.FirstOrDefault(v => v.Name == name).Value);

    private static string Fault(params (string Name, string Value)[] variables)
    {
        var failure = Assert.Throws<EtlException>(() => Read(variables));
        Assert.Equal((FaultKind.Usage, "settings"), (failure.Kind, failure.Code));
        Assert.DoesNotContain("canary", failure.ToString(), StringComparison.Ordinal);
        return failure.Message;
    }

    [Fact]
    public void Partner_and_secret_are_enough()
    {
        var settings = Read(("KALTURA_PARTNER_ID", " 1234567 "), ("KALTURA_ADMIN_SECRET", Canary));

        Assert.Equal("1234567", settings.PartnerId);
        Assert.Equal(new Uri("https://www.kaltura.com"), settings.ServiceUrl);
        Assert.Equal((4, null), (settings.MaxConcurrency, settings.CallsPerMinute));
        Assert.Equal((AppTokenHash.Sha1, SessionMode.Local), (settings.AppTokenHash, settings.SessionMode));
        Assert.DoesNotContain("canary", settings.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Looking_ahead_needs_no_credential_and_asking_the_service_does()
    {
        var settings = KalturaSettings.FromLookup(name => name == "KALTURA_PARTNER_ID" ? "1" : null, needCredential: false);
        using var connection = new KalturaConnection(settings);
        var failure = await Assert.ThrowsAsync<EtlException>(() => connection.DescribeSessionAsync(default));
        Assert.Equal((FaultKind.Usage, "settings"), (failure.Kind, failure.Code));
        Assert.Contains("KALTURA_ADMIN_SECRET", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_setting_is_read()
    {
        var settings = Read(
            ("KALTURA_PARTNER_ID", "1"), ("KALTURA_SERVICE_URL", "http://localhost:8080/"), ("KALTURA_APP_TOKEN_ID", "1_abc"), ("KALTURA_APP_TOKEN", Canary),
            ("KALTURA_APP_TOKEN_HASH", "sha256"), ("KALTURA_USER_ID", "etl"), ("KALTURA_SESSION_MODE", "start"), ("KALTURA_MAX_CONCURRENCY", "2"), ("KALTURA_CALLS_PER_MINUTE", "300"),
            ("KALTURA_KS", Canary), ("KALTURA_REPORTS_URL", "https://reports.example"), ("KALTURA_ANALYTICS_URL", "https://analytics.example"));

        Assert.Equal(("1_abc", "etl", 2, 300), (settings.AppTokenId, settings.UserId, settings.MaxConcurrency, settings.CallsPerMinute));
        Assert.Equal((AppTokenHash.Sha256, SessionMode.Start), (settings.AppTokenHash, settings.SessionMode));
        Assert.Equal("reports.example", settings.ReportsUrl!.Host);
        Assert.Equal("analytics.example", settings.AnalyticsUrl!.Host);
        Assert.Equal(Canary, settings.Ks!.Reveal());
    }

    [Fact]
    public void Missing_setting_is_named()
    {
        Assert.Contains("KALTURA_PARTNER_ID", Fault(("KALTURA_KS", Canary)), StringComparison.Ordinal);
        Assert.Contains("KALTURA_ADMIN_SECRET", Fault(("KALTURA_PARTNER_ID", "1")), StringComparison.Ordinal);
        Assert.Contains("KALTURA_APP_TOKEN is not set", Fault(("KALTURA_PARTNER_ID", "1"), ("KALTURA_APP_TOKEN_ID", "1_a")), StringComparison.Ordinal);
        Assert.Contains("KALTURA_APP_TOKEN_ID is not set", Fault(("KALTURA_PARTNER_ID", "1"), ("KALTURA_APP_TOKEN", Canary)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("KALTURA_SERVICE_URL", "http://www.kaltura.com")]
    [InlineData("KALTURA_SERVICE_URL", "http://127.0.0.1.example")]
    [InlineData("KALTURA_SERVICE_URL", "www.kaltura.com")]
    [InlineData("KALTURA_SERVICE_URL", "file:///etc/passwd")]
    [InlineData("KALTURA_SERVICE_URL", "https://user:canary@www.kaltura.com")]
    [InlineData("KALTURA_SERVICE_URL", "https://www.kaltura.com?ks=canary")]
    [InlineData("KALTURA_REPORTS_URL", "http://reports.example")]
    [InlineData("KALTURA_PARTNER_ID", "12x")]
    [InlineData("KALTURA_APP_TOKEN_HASH", "sha3")]
    [InlineData("KALTURA_APP_TOKEN_HASH", "2")]
    [InlineData("KALTURA_MAX_CONCURRENCY", "0")]
    [InlineData("KALTURA_MAX_CONCURRENCY", "65")]
    [InlineData("KALTURA_CALLS_PER_MINUTE", "0")]
    [InlineData("KALTURA_CALLS_PER_MINUTE", "60001")]
    [InlineData("KALTURA_CALLS_PER_MINUTE", "off")]
    public void Malformed_setting_is_named(string name, string value) =>
        Assert.Contains(name, Fault((name, value), ("KALTURA_PARTNER_ID", "1"), ("KALTURA_ADMIN_SECRET", Canary)), StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:5000")]
    [InlineData("http://[::1]:5000")]
    [InlineData("http://localhost")]
    public void Plain_http_is_for_this_machine(string url) =>
        Assert.True(Read(("KALTURA_SERVICE_URL", url), ("KALTURA_PARTNER_ID", "1"), ("KALTURA_ADMIN_SECRET", Canary)).ServiceUrl.IsLoopback);
}
