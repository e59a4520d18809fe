using System.Text;
using System.Text.Json;
using Etl.Testing;

namespace Etl.Sandbox.Tests.Collect;

/// <summary>Every example request of the guides, as they are written there but for the account's token, ids and the host.</summary>
public sealed class GuideRequestTests
{
    private const string Stats = "/api_v3/service/stats/action/collect";
    private const string Track = "/api_v3/index.php?service=analytics&action=trackEvent";
    private const string Player =
        "kalsig=1ebb5aea0c5f253fd8c578febe6a752f&clientTag=kdp%3Av3%2E9%2E2&sessionId=C90BFCFC%2D2EBF%2D5893%2D892D%2D2121162F414A&eventIndex=3&eventType=2"
        + "&referrer=http%253A%2F%2Fabc%2Ego%2Ecom%2Fshows%2Fthe%2Dbachelorette%2Fvideo%2Fmost%2Drecent%2FVDKA0%5Flawz79v7&entryId=0_n5nbuy6i&ks=$KS"
        + "&sessionStartTime=1435075182567&uiConfId=23521211&partnerId=585231&position=18&clientVer=3%2E0%3Av3%2E9%2E2&playbackContext=sports&customVar1=Finnance";

    public static TheoryData<string, string?, string> Requests()
    {
        var data = new TheoryData<string, string?, string>
        {
            // The GET form of the first guide, with its two slashes.
            {
                "//api_v3/index.php?service=stats&action=collect&event%3AsessionId=BE9F3DA9%2D4CAD%2D09AA%2D69B2%2DD9627E509311&event%3AeventType=3&event%3AisFirstInSession=false"
                + "&event%3ApartnerId=585231&event%3AentryId=1%5Ftly1gkdh&ignoreNull=1&event%3Areferrer=http%253A%2F%2Fwww%2Ekaltura%2Ecom%2Fdev%2F&event%3Aseek=false&event%3Aduration=75"
                + "&event%3AuiconfId=48503&event%3AcurrentPoint=0&event%3AeventTimestamp=1317907399783&event%3AobjectType=KalturaStatsEvent"
                + "&clientTag=kdp%3Av3%2E5%2E21%2Ccache%5Fst%3A20000000&event%3AclientVer=3%2E0%3Av3%2E5%2E21&ks=$KS",
                null, "<result></result>"
            },
            { Track + "&" + Player, null, "number" },
            { "/collect?" + Player, null, "number" },
        };
        // The events guide: one post per type, with and without a referrer.
        foreach (var type in new[] { 1, 2, 3, 4, 5, 6, 7 })
        {
            foreach (var referrer in new[] { "", "kiosk://device-001", "https://my-app.example.com/player", "server://batch-process" })
            {
                data.Add(Stats, $"ks=$KS&format=1&event[objectType]=KalturaStatsEvent&event[partnerId]=585231&event[entryId]=1_abc12345&event[eventType]={type}"
                    + "&event[sessionId]=analytics_1773144000_77&event[eventTimestamp]=1773144000" + (referrer.Length > 0 ? $"&event[referrer]={referrer}" : ""), "null");
            }
        }
        const string Application = "ks=$KS&format=1&partnerId=585231&entryId=1_abc12345&kalturaApplication=";
        data.Add(Track, Application + "my-portal&eventType=10003", "object");
        data.Add(Track, Application + "events-portal&eventType=10003&pageType=lobby&pageName=main-lobby", "object");
        data.Add(Track, Application + "events-portal&eventType=10002&buttonType=cta&buttonName=register-now", "object");
        data.Add(Track, Application + "events-portal&eventType=10003&pageType=lobby", "object");
        data.Add(Track, Application + "events-portal&eventType=10002&buttonType=navigation&buttonName=view-session", "object");
        data.Add("/api_v3/service/analytics/action/trackEvent", Application + "events-portal&eventType=10003&pageType=session", "object");
        return data;
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_is_accepted_and_kept_with_all_its_parameters(string address, string? form, string answer)
    {
        await using var api = await CollectApi.StartAsync();
        var ks = Uri.EscapeDataString(api.Ks);
        // The address goes out as it is written: Uri would take the second slash away.
        var target = (form is null ? "GET " : "POST ") + address.Replace("$KS", ks, StringComparison.Ordinal);
        var body = form?.Replace("$KS", ks, StringComparison.Ordinal) ?? "";
        var (status, text) = await SendAsync(api.Server.BaseUrl, target, body);

        Assert.Equal(200, status);
        switch (answer)
        {
            case "number":
                Assert.Equal($"{CollectApi.Noon.ToUnixTimeSeconds()}", text);
                break;
            case "object":
                Assert.Equal(CollectApi.Noon.ToUnixTimeSeconds(), JsonDocument.Parse(text).RootElement.GetProperty("time").GetInt64());
                break;
            default:
                Assert.Contains(answer, text, StringComparison.Ordinal);
                break;
        }
        var kept = Assert.Single(await api.EventsAsync());
        var expected = Expected(form ?? address[(address.IndexOf('?', StringComparison.Ordinal) + 1)..], isStats: address.Contains("stats", StringComparison.Ordinal));
        var parameters = JsonSerializer.Deserialize<Dictionary<string, string>>(kept.GetProperty("parameters").GetString()!)!;
        Assert.Equal(expected.OrderBy(p => p.Key, StringComparer.Ordinal), parameters.OrderBy(p => p.Key, StringComparer.Ordinal));
        Assert.DoesNotContain(api.Ks, kept.GetRawText(), StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Expected(string encoded, bool isStats)
    {
        var pairs = encoded.Split('&').Select(p => p.Split('=', 2)).Select(p => (Name: Uri.UnescapeDataString(p[0]), Value: Uri.UnescapeDataString(p[1])));
        return pairs.Where(p => isStats ? p.Name.StartsWith("event", StringComparison.Ordinal) : p.Name is not ("ks" or "format" or "service" or "action"))
            .ToDictionary(p => isStats ? p.Name[6..].TrimEnd(']') : p.Name, p => p.Value);
    }

    private static async Task<(int Status, string Body)> SendAsync(Uri server, string target, string body)
    {
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(server.Host, server.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"{target} HTTP/1.1\r\nHost: {server.Authority}\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {body.Length}\r\n\r\n{body}"));
        using var reader = new StreamReader(stream);
        var text = await reader.ReadToEndAsync();
        return (int.Parse(text.AsSpan(9, 3), System.Globalization.CultureInfo.InvariantCulture), text[(text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
    }
}
