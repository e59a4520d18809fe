using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Etl.Browser.Tests;

public sealed partial class PageTests
{
    [SkippableFact]
    public async Task Run_is_followed_without_reload_and_read_out()
    {
        Chromium.Require();
        await using var watch = await site.OpenAsync($"/jobs/{Site.Followed}");
        await Expect(watch.Page.Locator("#pulse")).ToBeVisibleAsync();
        await watch.Page.EvaluateAsync("window.same = true");
        await using var tab = await site.OpenAsync($"/jobs/{Site.Followed}/{s_day}/run");
        await site.Shop.FaultAsync("""{"kind":"slow","action":"getTable","times":1,"parameter":"4"}""");
        await tab.Page.GetByRole(AriaRole.Button, new() { Name = "Re-run" }).ClickAsync();
        await Expect(tab.Page.GetByText("The window was asked for.")).ToBeVisibleAsync();
        await Expect(watch.Page.Locator($".cell.s-working[title^='{s_day}']")).ToBeVisibleAsync();
        // The answer alone takes four seconds, and the page may look 2.2 seconds after the last event.
        await Expect(watch.Page.Locator($".cell.s-landed[title^='{s_day}']")).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await Expect(watch.Page.Locator("#news")).ToContainTextAsync($"{Site.Followed} {s_day}: landed");
        Assert.True(await watch.Page.EvaluateAsync<bool>("window.same"));
        Assert.Empty(watch.Complaints);
        Assert.Empty(tab.Complaints);
    }

    [SkippableFact]
    public async Task Running_window_is_cancelled()
    {
        Chromium.Require();
        await using var tab = await site.OpenAsync($"/jobs/{Site.Cancelled}/{s_day}/run");
        var page = tab.Page;
        // An answer that never ends: only a cancel ends it.
        await site.Shop.FaultAsync("""{"kind":"drip","action":"getTable","times":1}""");
        await page.GetByRole(AriaRole.Button, new() { Name = "Re-run" }).ClickAsync();
        await Expect(page.Locator(".title .badge").First).ToHaveTextAsync("pulling");
        await page.GetByRole(AriaRole.Link, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Cancel", Exact = true }).ClickAsync();
        await Expect(page.GetByText("The work on this window was cancelled.")).ToBeVisibleAsync();
        await Expect(page.Locator(".title .badge").First).ToHaveTextAsync("landed");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Re-run" })).ToBeVisibleAsync();
        await site.Shop.NoFaultsAsync();
        Assert.Empty(tab.Complaints);
    }
}
