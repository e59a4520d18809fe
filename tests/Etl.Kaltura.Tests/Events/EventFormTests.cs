using System.Net;
using System.Text;
using Etl.Core.Secrets;
using Etl.Kaltura.Events;

namespace Etl.Kaltura.Tests.Events;

/// <summary>Every example request of the guides comes out with the same set of parameters.</summary>
public sealed class EventFormTests
{
    private const string OldKs = "MjhmMDQ1OWZjODE3YWZlZGFjMTU4ODE1MjJhNTFmMjdjNTU2ZTFiMXw1MjQyNDE7NTI0MjQxOzEzMTc5OTMyODg7MDsxMzE3OTA2ODg4LjY1NDE7MDt2aWV3Oio7Ow==";
    private const string TrackKs = "YjdlZTNkMGUzZDYxMzY0OGJjZDVjOTYzOWVkMjFlNTg2ZmMyZDRlOXw1ODUyMzE7NTg1MjMxOzE0MzUxNjA2NzY7MDsxNDM1MDc0Mjc2Ljc2MTk7MDt2aWV3Oiosd2lkZ2V0OjE7Ow==";

    // The example of the GET form, as the guide prints it.
    private const string OldExample =
        "http://www.kaltura.com/api_v3/index.php?service=stats&action=collect&event%3AsessionId=BE9F3DA9%2D4CAD%2D09AA%2D69B2%2DD9627E509311&event%3AeventType=3&event%3AisFirstInSession=false&event%3ApartnerId=524241&event%3AentryId=1%5Ftly1gkdh&ignoreNull=1&event%3Areferrer=http%253A%2F%2Fwww%2Ekaltura%2Ecom%2Fdev%2F&event%3Aseek=false&event%3Aduration=75&event%3AuiconfId=48503&event%3AcurrentPoint=0&event%3AeventTimestamp=1317907399783&event%3AobjectType=KalturaStatsEvent&clientTag=kdp%3Av3%2E5%2E21%2Ccache%5Fst%3A20000000&event%3AclientVer=3%2E0%3Av3%2E5%2E21&ks=MjhmMDQ1OWZjODE3YWZlZGFjMTU4ODE1MjJhNTFmMjdjNTU2ZTFiMXw1MjQyNDE7NTI0MjQxOzEzMTc5OTMyODg7MDsxMzE3OTA2ODg4LjY1NDE7MDt2aWV3Oio7Ow%3D%3D";

    private const string TrackExample =
        "http://tbd.analytics.domain/api_v3/index.php?service=analytics&action=trackEvent&kalsig=1ebb5aea0c5f253fd8c578febe6a752f&clientTag=kdp%3Av3%2E9%2E2&sessionId=C90BFCFC%2D2EBF%2D5893%2D892D%2D2121162F414A&eventIndex=3&eventType=2&referrer=http%253A%2F%2Fabc%2Ego%2Ecom%2Fshows%2Fthe%2Dbachelorette%2Fvideo%2Fmost%2Drecent%2FVDKA0%5Flawz79v7&entryId=0_n5nbuy6i&ks=YjdlZTNkMGUzZDYxMzY0OGJjZDVjOTYzOWVkMjFlNTg2ZmMyZDRlOXw1ODUyMzE7NTg1MjMxOzE0MzUxNjA2NzY7MDsxNDM1MDc0Mjc2Ljc2MTk7MDt2aWV3Oiosd2lkZ2V0OjE7Ow%3D%3D&sessionStartTime=1435075182567&uiConfId=23521211&partnerId=585231&position=18&clientVer=3%2E0%3Av3%2E9%2E2&playbackContext=sports&customVar1=Finnance";

    private const string Stats = "https://www.kaltura.com/api_v3/service/stats/action/collect";
    private const string Track = "https://analytics.example/api_v3/index.php?service=analytics&action=trackEvent";

    /// <summary>Input line, address, body fields of the unified guide's forms ($-values filled in).</summary>
    public static TheoryData<string, string, string> Forms
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            // 5, 9.1, 10.2, 12.2; and each step of 5.4, 12.1 and 12.3.
            foreach (var type in new[] { 1, 2, 3, 4, 5, 6, 7 })
            {
                data.Add($$"""{"api":"stats.collect","format":1,"partnerId":101,"entryId":"1_abc","eventType":{{type}},"sessionId":"s-1","eventTimestamp":1793000000}""", Stats,
                    $"ks=KS&format=1&event[objectType]=KalturaStatsEvent&event[partnerId]=101&event[entryId]=1_abc&event[eventType]={type}&event[sessionId]=s-1&event[eventTimestamp]=1793000000");
                foreach (var referrer in new[] { "https://my-app.example.com/player", "server://batch-process" })
                    data.Add($$"""{"api":"stats.collect","format":1,"partnerId":101,"entryId":"1_abc","eventType":{{type}},"sessionId":"s-1","eventTimestamp":1793000000,"referrer":"{{referrer}}"}""", Stats,
                        $"ks=KS&format=1&event[objectType]=KalturaStatsEvent&event[partnerId]=101&event[entryId]=1_abc&event[eventType]={type}&event[sessionId]=s-1&event[eventTimestamp]=1793000000&event[referrer]={referrer}");
            }
            // 8.2
            data.Add("""{"api":"stats.collect","format":1,"partnerId":101,"entryId":"1_abc","eventType":3,"sessionId":"kiosk_1","eventTimestamp":1793000000,"referrer":"kiosk://device-001"}""", Stats,
                "ks=KS&format=1&event[objectType]=KalturaStatsEvent&event[partnerId]=101&event[entryId]=1_abc&event[eventType]=3&event[sessionId]=kiosk_1&event[eventTimestamp]=1793000000&event[referrer]=kiosk://device-001");
            // 6, 6.3 twice, 12.2 twice
            Add("10003", "kalturaApplication=my-portal");
            Add("10003", "kalturaApplication=events-portal&pageType=lobby&pageName=main-lobby");
            Add("10002", "kalturaApplication=events-portal&buttonType=cta&buttonName=register-now");
            Add("10003", "kalturaApplication=events-portal&pageType=lobby");
            Add("10002", "kalturaApplication=events-portal&buttonType=navigation&buttonName=view-session");
            return data;

            void Add(string type, string more)
            {
                var members = string.Concat(more.Split('&').Select(p => p.Split('=')).Select(p => $",\"{p[0]}\":\"{p[1]}\""));
                data.Add($$"""{"api":"analytics.trackEvent","format":1,"eventType":{{type}},"partnerId":101,"entryId":"1_abc"{{members}}}""", Track, $"ks=KS&format=1&eventType={type}&partnerId=101&entryId=1_abc&{more}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Form_of_the_unified_guide_is_made(string line, string address, string body)
    {
        var e = await OneAsync(line);
        var root = new Uri(address[..address.IndexOf("/api_v3", StringComparison.Ordinal)]);
        using var message = EventForm.Message(e, EventMethod.Post, root, EventForm.Fields(e, EventMethod.Post, new Secret("KS"), sign: false));
        Assert.Equal((HttpMethod.Post, address), (message.Method, message.RequestUri!.AbsoluteUri));
        Assert.Equal(Sorted(body), Sorted(WebUtility.UrlDecode(await message.Content!.ReadAsStringAsync())));
    }

    [Fact]
    public async Task Get_form_of_the_older_guide_is_made()
    {
        var e = await OneAsync(
            """
            {"api":"stats.collect","sessionId":"BE9F3DA9-4CAD-09AA-69B2-D9627E509311","eventType":3,"isFirstInSession":false,"partnerId":524241,"entryId":"1_tly1gkdh","ignoreNull":1,"referrer":"http%3A//www.kaltura.com/dev/","seek":false,"duration":75,"uiconfId":48503,"currentPoint":0,"eventTimestamp":1317907399.783,"clientTag":"kdp:v3.5.21,cache_st:20000000","clientVer":"3.0:v3.5.21"}
            """);
        AssertSameGet(OldExample, e, OldKs);
    }

    [Fact]
    public async Task Get_form_of_the_event_tracking_guides_is_made()
    {
        var e = await OneAsync(
            """
            {"api":"analytics.trackEvent","kalsig":"1ebb5aea0c5f253fd8c578febe6a752f","clientTag":"kdp:v3.9.2","sessionId":"C90BFCFC-2EBF-5893-892D-2121162F414A","eventIndex":3,"eventType":2,"referrer":"http%3A//abc.go.com/shows/the-bachelorette/video/most-recent/VDKA0_lawz79v7","entryId":"0_n5nbuy6i","sessionStartTime":1435075182567,"uiConfId":23521211,"partnerId":585231,"position":18,"clientVer":"3.0:v3.9.2","playbackContext":"sports","customVar1":"Finnance"}
            """);
        AssertSameGet(TrackExample, e, TrackKs);
    }

    [Fact]
    public async Task Signature_covers_every_field_whatever_its_order()
    {
        var e = await OneAsync("""{"api":"analytics.trackEvent","eventType":10003,"partnerId":101,"pageName":"a"}""");
        var fields = EventForm.Fields(e, EventMethod.Get, null, sign: true);
        // printf eventType10003pageNameapartnerId101 | md5sum
        Assert.Equal("651ef0460e701f25e652c6367590a98a", fields.Single(f => f.Key == "kalsig").Value);
        Assert.Equal(EventForm.Signature(fields), EventForm.Signature(fields.AsEnumerable().Reverse()));
        Assert.NotEqual(EventForm.Signature(fields), EventForm.Signature(fields.Append(new("customVar1", "x"))));
    }

    internal static async Task<KalturaEvent> OneAsync(string line)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(line));
        var lines = new List<EventLine>();
        await foreach (var l in EventReader.ReadAsync(stream, new EventReadOptions())) lines.Add(l);
        var one = Assert.Single(lines);
        Assert.Empty(one.Faults);
        return one.Event!;
    }

    private static void AssertSameGet(string example, KalturaEvent e, string ks)
    {
        var query = example.IndexOf('?', StringComparison.Ordinal);
        var root = new Uri(example[..example.IndexOf("/api_v3", StringComparison.Ordinal)]);
        using var message = EventForm.Message(e, EventMethod.Get, root, EventForm.Fields(e, EventMethod.Get, new Secret(ks), sign: true));
        var made = message.RequestUri!.AbsoluteUri;
        Assert.Equal(example[..query], made[..made.IndexOf('?', StringComparison.Ordinal)]);
        Assert.Equal(Decoded(example[(query + 1)..]), Decoded(made[(made.IndexOf('?', StringComparison.Ordinal) + 1)..]));
    }

    private static string[] Sorted(string form) => [.. form.Split('&').Order(StringComparer.Ordinal)];

    private static string[] Decoded(string query) => [.. query.Split('&').Select(p => string.Join('=', p.Split('=', 2).Select(Uri.UnescapeDataString))).Order(StringComparer.Ordinal)];
}
