using Etl.Integration.Tests.Support;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace Etl.Browser.Tests;

/// <summary>People at the status page of a real <c>etl serve</c>, with a real browser.</summary>
public sealed partial class PageTests(Site site, ITestOutputHelper output) : IClassFixture<Site>
{
    private static readonly string s_day = Workshop.LatestDay();

    [SkippableFact]
    public async Task Overview_shows_how_every_job_is()
    {
        Chromium.Require();
        await using var tab = await site.OpenAsync("/");
        var page = tab.Page;
        await Expect(page).ToHaveTitleAsync("Overview · etl");
        var landed = Job(page, Site.Landed);
        await Expect(landed.Locator(".cell.s-landed")).ToHaveCountAsync(Site.LandedWindows);
        await Expect(landed.Locator(".fresh")).ToHaveTextAsync("on time");
        await Expect(landed.GetByRole(AriaRole.Img)).ToHaveCountAsync(2);
        await Expect(landed).ToContainTextAsync("Next alarm");
        await Expect(Job(page, Site.Idle)).ToContainTextAsync("It has not run yet: 'etl run by-hand' pulls its newest windows.");
        await page.GetByText("What the states mean").ClickAsync();
        await Expect(page.Locator(".legend dt")).ToHaveCountAsync(13);
        Assert.Empty(tab.Complaints);
    }

    [SkippableFact]
    public async Task Window_tells_its_proof_checks_landings_and_log()
    {
        Chromium.Require();
        await using var tab = await site.OpenAsync($"/jobs/{Site.Landed}");
        var page = tab.Page;
        await page.GetByRole(AriaRole.Rowheader, new() { Name = s_day }).GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync($"{Site.Landed} {s_day}");
        await Expect(page.Locator(".proof li").First).ToContainTextAsync("the last page was short and the service's own count agrees");
        await Expect(page.GetByRole(AriaRole.Row, new() { Name = "totals pass" })).ToContainTextAsync("equal the service's totals");
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Landings" }).Locator("tbody tr")).ToHaveCountAsync(2);
        await Expect(page.GetByRole(AriaRole.Table, new() { Name = "Log" }).Locator("tbody tr").First).ToContainTextAsync("landed");
        await Expect(page.Locator("time").First).ToHaveAttributeAsync("title", new System.Text.RegularExpressions.Regex("UTC$"));
        Assert.Empty(tab.Complaints);
    }

    [SkippableFact]
    public async Task Held_window_tells_why_and_is_released_after_a_question()
    {
        Chromium.Require();
        await using var tab = await site.OpenAsync("/");
        var page = tab.Page;
        await page.Locator(".attention").GetByRole(AriaRole.Link, new() { Name = Site.Released }).ClickAsync();
        await Expect(page.Locator(".reason")).ToContainTextAsync("sums differ from the service's totals");
        await page.GetByRole(AriaRole.Link, new() { Name = "Release", Exact = true }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync($"Release {Site.Released} {s_day}?");
        await page.GetByRole(AriaRole.Link, new() { Name = "Leave it" }).ClickAsync();
        await Expect(page.Locator(".title .badge").First).ToHaveTextAsync("held");
        await page.GetByRole(AriaRole.Link, new() { Name = "Release", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Release", Exact = true }).ClickAsync();
        await Expect(page.GetByText("The held pull is published.")).ToBeVisibleAsync();
        await Expect(page.Locator(".title .badge").First).ToHaveTextAsync("landed");
        var released = await site.Shop.RunAsync("status", Site.Released, "--json");
        Assert.Equal("landed", Assert.Single(released.Of("window")).GetProperty("state").GetString());
        Assert.Empty(tab.Complaints);
    }

    [SkippableFact]
    public async Task Everything_works_without_script()
    {
        Chromium.Require();
        await using var tab = await site.OpenAsync($"/jobs/{Site.Scriptless}?state=landed", new() { JavaScriptEnabled = false });
        var page = tab.Page;
        await Expect(page.GetByRole(AriaRole.Rowheader)).ToHaveCountAsync(1);
        await page.GetByRole(AriaRole.Rowheader).First.GetByRole(AriaRole.Link).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Re-run" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Re-run" }).ClickAsync();
        await Expect(page.GetByText("The window was asked for.")).ToBeVisibleAsync();
        await UntilAsync(page, async () => await page.Locator("details.pull").CountAsync() == 2 && await page.Locator(".title .badge").First.InnerTextAsync() == "landed");
        await Expect(page.Locator("#pulse")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task Page_that_is_not_there_says_what_is()
    {
        Chromium.Require();
        await using var tab = await site.OpenAsync("/jobs/no-such-job");
        await Expect(tab.Page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Not found");
        await tab.Page.GetByRole(AriaRole.Link, new() { Name = "To the overview" }).ClickAsync();
        await Expect(tab.Page).ToHaveTitleAsync("Overview · etl");
        Assert.Empty(tab.Complaints);
    }

    [SkippableFact]
    public async Task Keyboard_alone_leads_from_the_overview_to_an_action()
    {
        Chromium.Require();
        await using var tab = await site.OpenAsync("/");
        var page = tab.Page;
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("main")).ToBeFocusedAsync();
        await TabToAsync(page, $"a[href='/jobs/{Site.Landed}/{s_day}']");
        Assert.NotEqual("none", await page.EvaluateAsync<string>("getComputedStyle(document.activeElement).outlineStyle"));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveTitleAsync($"{s_day} of {Site.Landed} · etl");
        await TabToAsync(page, "a[href$='/run']");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Re-run" })).ToBeVisibleAsync();
        Assert.Empty(tab.Complaints);
    }

    [SkippableTheory]
    [InlineData(ColorScheme.Light, 1280)]
    [InlineData(ColorScheme.Dark, 1280)]
    [InlineData(ColorScheme.Light, 360)]
    [InlineData(ColorScheme.Dark, 360)]
    public async Task Pages_are_accessible_and_fit(ColorScheme scheme, int width)
    {
        Chromium.Require();
        var axe = Axe.Require();
        // Half of 1280 is what 200 % zoom leaves of it; 360 is a phone.
        var look = new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 }, ReducedMotion = ReducedMotion.Reduce, BypassCSP = true };
        foreach (var (name, path) in new[] { ("overview", "/"), ("job", $"/jobs/{Site.Landed}"), ("window", $"/jobs/{Site.Landed}/{s_day}"), ("held", $"/jobs/{Site.Held}/{s_day}"), ("question", $"/jobs/{Site.Landed}/{s_day}/run"), ("not-found", "/jobs/none") })
        {
            await using var tab = await site.OpenAsync(path, look);
            foreach (var states in await tab.Page.GetByText("What the states mean").AllAsync()) await states.ClickAsync();
            Assert.Empty(await axe.FaultsAsync(tab.Page));
            Assert.Equal(0, await SidewaysAsync(tab.Page));
            if (width > 1000)
            {
                await tab.Page.SetViewportSizeAsync(width / 2, 900);
                Assert.Equal(0, await SidewaysAsync(tab.Page));
                await tab.Page.SetViewportSizeAsync(width, 900);
            }
            var picture = Path.Combine(Site.Pictures, $"{name}-{scheme}-{width}.png".ToLowerInvariant());
            await tab.Page.ScreenshotAsync(new() { Path = picture, FullPage = true });
            output.WriteLine(picture);
        }
    }

    /// <summary>By how many pixels the page itself scrolls sideways; tables scroll in their own box.</summary>
    internal static Task<int> SidewaysAsync(IPage page) =>
        page.EvaluateAsync<int>("Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)");

    private static ILocator Job(IPage page, string name) => page.GetByRole(AriaRole.Article, new() { Name = name, Exact = true });

    private static async Task TabToAsync(IPage page, string selector)
    {
        for (var i = 0; i < 200; i++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<bool>("s => document.activeElement.matches(s)", selector)) return;
        }
        Assert.Fail($"200 times Tab did not lead to {selector}.");
    }

    private static async Task UntilAsync(IPage page, Func<Task<bool>> condition)
    {
        for (var i = 0; i < 120; i++)
        {
            if (await condition()) return;
            await page.WaitForTimeoutAsync(250);
            await page.ReloadAsync();
        }
        Assert.Fail("It did not happen within 30 seconds.");
    }
}
