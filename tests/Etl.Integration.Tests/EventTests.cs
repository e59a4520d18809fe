using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;
using Etl.Testing;

namespace Etl.Integration.Tests;

/// <summary>Events that a sandbox received, from the command line, and the funnel of <c>jobs/sandbox-funnel.yaml</c> over them.</summary>
public sealed class EventTests
{
    private const int Sessions = 900;

    [Fact]
    public async Task Received_events_of_a_day_land_one_by_one_and_give_the_funnel()
    {
        var label = Workshop.LatestDay();
        var noon = DateTimeOffset.FromUnixTimeSeconds(Workshop.Bounds(label).From).AddHours(12);
        var clock = new FakeClock(noon);
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 40, Users = 60, Days = 3, SessionsPerDay = 0, Clock = clock });
        shop.WriteJobText("sandbox-funnel", await File.ReadAllTextAsync(Repository.PathOf("jobs", "sandbox-funnel.yaml")));
        using var http = new HttpClient { BaseAddress = shop.Sandbox.BaseUrl };
        for (var session = 0; session < Sessions; session++)
        {
            // Page and click of all, then every further step of every second session that came so far.
            string[] steps = ["eventType=10003&pageType=lobby", "eventType=10002&buttonName=view-session", "eventType=3", "eventType=11", "eventType=12", "eventType=13", "eventType=14"];
            for (var step = 0; step < steps.Length && (step < 3 || session % (1 << step - 2) == 0); step++)
            {
                clock.Advance(TimeSpan.FromMilliseconds(100));
                using var answer = await http.GetAsync(new Uri($"/api_v3/index.php?service=analytics&action=trackEvent&partnerId=1234567&entryId=1_funnel&sessionId=s{session}&{steps[step]}", UriKind.Relative));
                Assert.True(answer.IsSuccessStatusCode);
            }
        }
        clock.Advance(DateTimeOffset.UtcNow - clock.GetUtcNow());

        // 900 sessions of 0.7 s at the most are one hour.
        var hour = noon.ToString("yyyy-MM-dd'T'HH'+0000'", CultureInfo.InvariantCulture);
        var result = await shop.RunAsync("run", "sandbox-funnel", "--from", hour, "--to", hour, "--json");
        Assert.True(result.Exit == 0, result.ToString());
        var truth = (await shop.GetAsync("/sandbox/events")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetInt64());
        Assert.Equal(truth, shop.Query("SELECT id FROM sandbox_events ORDER BY id").Select(r => r.GetProperty("id").GetInt64()));

        var day = Assert.Single(shop.Query("SELECT * FROM event_funnel"));
        string[] expected = [noon.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), "900", "900", "900", "450", "225", "113", "57"];
        Assert.Equal(expected, day.EnumerateObject().Where(p => p.Name[0] != '_').Select(p => p.Value.ValueKind == JsonValueKind.Number ? p.Value.GetInt64().ToString(CultureInfo.InvariantCulture) : p.Value.GetString()));
    }
}
