using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>The whole circle: <c>etl events verify</c> sends to the sandbox's collector and reads its reports back.</summary>
public sealed class EventsCircleTests
{
    [Theory]
    [InlineData("analytics.trackEvent")]
    [InlineData("stats.collect")]
    public async Task What_is_sent_is_what_the_reports_say(string api)
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 3, EventDelay = TimeSpan.FromSeconds(1) });
        shop.Environment["KALTURA_ANALYTICS_URL"] = shop.Sandbox.BaseUrl.ToString();
        var entry = JsonDocument.Parse((await shop.GetAsync("/sandbox/truth-list?of=entries")).Split('\n')[0]).RootElement.GetProperty("id").GetString()!;

        var result = await shop.RunAsync("events", "verify", "--api", api, "--entry", entry, "--duration", "120", "--users", "30", "--wait", "120", "--json");

        Assert.True(result.Exit == 0, result.ToString());
        var metrics = result.Of("metric");
        Assert.True(metrics.Count >= 5, result.ToString());
        Assert.All(metrics, m => Assert.Equal(m.GetProperty("expected").GetDouble(), m.GetProperty("reported").GetDouble(), 6));
        Assert.Contains(metrics, m => m.GetProperty("expected").GetDouble() > 0);
    }
}
