using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Server.Pages;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Etl.Testing.Rows;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Etl.Server.Tests.Pages;

/// <summary>The pages as they are sent, over a real ledger.</summary>
public sealed class PageTests
{
    private const string Evil = "<img src=x onerror=alert(1)>\"'&";

    [Theory]
    [InlineData(Schemes.Login, "ann")]
    [InlineData(Schemes.OpenId, "ann")]
    [InlineData(Schemes.Local, null)]
    [InlineData(Schemes.Key, null)]
    public void Page_names_whoever_logged_in_and_can_log_out(string way, string? name) => Assert.Equal(name, Visitor.Of(new DefaultHttpContext
    {
        User = User.Principal(way, "ann", Role.Viewer),
        RequestServices = new ServiceCollection().AddLogging().AddDataProtection().Services.AddAntiforgery().BuildServiceProvider(),
    }).Name);

    [Fact]
    public async Task What_jobs_and_the_service_say_is_never_markup()
    {
        await using var house = await House.OpenAsync();
        house.Desk.JobList[0] = FakeDesk.Job("nightly") with { About = Evil, File = Evil };
        house.Desk.JobFault = Evil;
        await SettleAsync(house, Day(house, 1), new Settlement { State = WindowState.Failed, Reason = Evil });
        using var client = house.Client(Role.Viewer);
        foreach (var path in new[] { "/", "/jobs/nightly", $"/jobs/nightly/{Day(house, 1).Label}", $"/jobs/{Uri.EscapeDataString(Evil)}" })
        {
            using var answer = await client.GetAsync(path);
            var html = await answer.Content.ReadAsStringAsync();
            Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
            Assert.Contains("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Firing_alert_is_first_of_what_needs_a_look_and_every_alert_stands_with_its_job()
    {
        await using var house = await House.OpenAsync();
        AlertRule Rule(string name, string when) => new() { Name = name, When = when, Measure = AlertMeasure.Late, Is = Comparison.Greater, Threshold = 3600, ClearAt = 3600 };
        house.Desk.JobList[0] = FakeDesk.Job("nightly") with { Alerts = [Rule("late", "late > 1h"), Rule("quiet", "late > 9h <b>")] };
        var state = new AlertState { Key = new AlertKey("nightly", "late", "101"), RuleHash = "r", Phase = new AlertPhase(IsFiring: true), Since = Keys.Noon, Value = 7260 };
        Assert.True(await house.Ledger.TrySaveAsync(state, [], default));
        using var client = house.Client(Role.Viewer);
        var html = await client.GetStringAsync("/");
        Assert.Contains("late &gt; 1h", html, StringComparison.Ordinal);
        Assert.Contains(": 2 h 1 min", html, StringComparison.Ordinal);
        Assert.DoesNotContain("late &gt; 9h", html, StringComparison.Ordinal);

        html = await client.GetStringAsync("/jobs/nightly");
        foreach (var said in new[] { "firing", "2 h 1 min", "not measured yet", "late &gt; 9h &lt;b&gt;" }) Assert.Contains(said, html, StringComparison.Ordinal);
        var alerts = JsonNode.Parse(await client.GetStringAsync("/api/v1/jobs"))!["jobs"]![0]!["alerts"]!.AsArray();
        Assert.Equal([("late", "firing"), ("quiet", "new")], alerts.Select(a => ((string)a!["name"]!, (string)a["state"]!)));
    }

    [Fact]
    public async Task Strip_shows_landed_held_and_untouched_windows_in_order()
    {
        await using var house = await House.OpenAsync();
        await SettleAsync(house, Day(house, 4), Landed(house));
        await SettleAsync(house, Day(house, 3), new Settlement { State = WindowState.Held, Stamp = Stamp(house), Reason = "totals" });
        await SettleAsync(house, Day(house, 1), Landed(house));
        using var client = house.Client(Role.Viewer);
        var html = await client.GetStringAsync("/");
        var at = 0;
        foreach (var (age, said) in new[] { (4, "landed, 1,234 rows"), (3, "held. totals"), (2, "not pulled yet"), (1, "landed, 1,234 rows") })
        {
            at = html.IndexOf($"title=\"{Day(house, age).Label}: {said}\"", at, StringComparison.Ordinal);
            Assert.True(at > 0, $"{age} {said}");
        }
    }

    [Fact]
    public async Task Sources_and_accounts_of_a_label_are_one_window_with_the_state_that_matters_most()
    {
        await using var house = await House.OpenAsync();
        var day = Day(house, 1);
        await SettleAsync(house, day, Landed(house));
        await SettleAsync(house, day, new Settlement { State = WindowState.Failed, Reason = "gone" }, account: "102");
        using var client = house.Client(Role.Viewer);
        Assert.Contains($"title=\"{day.Label}: failed, 1,234 rows. gone\"", await client.GetStringAsync("/"), StringComparison.Ordinal);
        var page = await client.GetStringAsync($"/jobs/nightly/{day.Label}");
        Assert.True(page.IndexOf("Account 101", StringComparison.Ordinal) < page.IndexOf("Account 102", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Viewer_sees_no_action_and_is_refused_one()
    {
        await using var house = await House.OpenAsync();
        var window = $"/jobs/nightly/{Day(house, 1).Label}";
        using var client = house.Client();
        (await House.LoginAsync(client, "vera")).Dispose();
        Assert.DoesNotContain($"{window}/run", await client.GetStringAsync(window), StringComparison.Ordinal);
        using var asked = await client.PostAsync($"{window}/run", await FormAsync(client));
        Assert.Equal(HttpStatusCode.Forbidden, asked.StatusCode);
        Assert.Empty(house.Desk.Asked);
    }

    [Fact]
    public async Task Operator_is_asked_first_and_then_it_is_done_once()
    {
        await using var house = await House.OpenAsync();
        await SettleAsync(house, Day(house, 1), Landed(house));
        var window = $"/jobs/nightly/{Day(house, 1).Label}";
        using var client = house.Client();
        (await House.LoginAsync(client, "otto")).Dispose();
        Assert.Contains($"{window}/run", await client.GetStringAsync(window), StringComparison.Ordinal);
        Assert.Contains("although it is landed", await client.GetStringAsync($"{window}/run"), StringComparison.Ordinal);
        Assert.Empty(house.Desk.Asked);
        using var done = await client.PostAsync($"{window}/run", await FormAsync(client));
        Assert.Equal((HttpStatusCode.SeeOther, $"{window}?done=asked"), (done.StatusCode, done.Headers.Location!.ToString()));
        Assert.Equal([$"ask nightly/{Day(house, 1).Label}! by page: otto"], house.Desk.Asked);
        Assert.Contains("The window was asked for.", await client.GetStringAsync($"{window}?done=asked"), StringComparison.Ordinal);
        Assert.DoesNotContain("paid", await client.GetStringAsync($"{window}?done=paid"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Action_that_cannot_be_done_says_why()
    {
        await using var house = await House.OpenAsync();
        await SettleAsync(house, Day(house, 1), new Settlement { State = WindowState.Held, Stamp = Stamp(house), Reason = "totals" });
        var window = $"/jobs/nightly/{Day(house, 1).Label}";
        using var client = house.Client();
        (await House.LoginAsync(client, "otto")).Dispose();
        var form = await FormAsync(client);
        await client.GetStringAsync("/");
        house.Desk.Fault = new EtlException(FaultKind.Window, "The staged rows are gone.");
        using var answer = await client.PostAsync($"{window}/release", form);
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains("The staged rows are gone.", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/jobs/none", "There is no job &#39;none&#39;.")]
    [InlineData("/jobs/nightly/2999-01-01", "has no window &#39;2999-01-01&#39; that has closed.")]
    [InlineData("/jobs/nightly/yesterday", "has no window &#39;yesterday&#39; that has closed.")]
    public async Task What_is_not_there_is_told(string path, string said)
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Viewer);
        using var answer = await client.GetAsync(path);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains(said, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("state=planned&page=-7")]
    [InlineData("state=99&page=x")]
    [InlineData("state=&page=99999999999")]
    public async Task Odd_questions_get_the_nearest_page(string query)
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Viewer);
        using var answer = await client.GetAsync($"/jobs/nightly?{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task Long_list_is_parted_newest_first()
    {
        await using var house = await House.OpenAsync();
        for (var age = 1; age <= PageReader.WindowsPerPage + 3; age++) await SettleAsync(house, Day(house, age), Landed(house));
        using var client = house.Client(Role.Viewer);
        var second = await client.GetStringAsync("/jobs/nightly?page=2");
        Assert.Contains("2 of 2", second, StringComparison.Ordinal);
        var list = second[second.IndexOf("id=\"windows\"", StringComparison.Ordinal)..];
        Assert.Equal(3, Regex.Count(list, "<th scope=\"row\">"));
        Assert.Contains($">{Day(house, PageReader.WindowsPerPage + 3).Label}</a></th>", list, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Styles_and_script_are_for_anybody_and_kept_for_good()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        var login = await client.GetStringAsync("/login");
        foreach (Match asset in Regex.Matches(login, "\"(/assets/[^\"]+)\""))
        {
            using var answer = await client.GetAsync(asset.Groups[1].Value);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            Assert.Contains("immutable", answer.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        }
        Assert.Equal(3, Regex.Count(login, "\"/assets/"));
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/assets/users")).StatusCode);
    }

    [Fact]
    public async Task Login_page_leads_only_to_this_server()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        Assert.Contains("name=\"to\" value=\"/\"", await client.GetStringAsync("/login?to=//elsewhere.example/"), StringComparison.Ordinal);
        Assert.Contains("Try again in 5 seconds.", await client.GetStringAsync("/login?wait=5"), StringComparison.Ordinal);
    }

    /// <summary>The day that closed so many days ago, from one.</summary>
    private static Window Day(House house, int age)
    {
        var calendar = new WindowCalendar("America/New_York", WindowUnit.Day);
        var day = calendar.LatestClosed(house.Clock.GetUtcNow(), WindowSpec.DefaultSettle);
        for (var i = 1; i < age; i++) day = calendar.Previous(day);
        return day;
    }

    private static Settlement Landed(House house) => new() { State = WindowState.Landed, Settled = 1, Stamp = Stamp(house) };

    private static PullStamp Stamp(House house) => new("p1", 1, 1234, new string('a', 64), house.Clock.GetUtcNow(), "d");

    private static async Task SettleAsync(House house, Window window, Settlement settlement, string account = "101")
    {
        var lease = await house.Ledger.TryLeaseAsync(new WindowKey("nightly", "main", account, window.Label), window, "w", TimeSpan.FromMinutes(1), 0, default);
        await house.Ledger.SettleAsync(lease!, settlement, default);
    }

    private static async Task<FormUrlEncodedContent> FormAsync(HttpClient client) => new([new("antiforgery", await House.TokenAsync(client))]);
}
