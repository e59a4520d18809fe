using Etl.Core.Secrets;
using Etl.Integration.Tests.Support;
using Etl.Server.Who;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Etl.Browser.Tests;

/// <summary>People at a server that has users.</summary>
public sealed class LoginTests
{
    private const string Password = "correct horse battery staple";

    private const string Job = "nightly-plays";

    [SkippableFact]
    public async Task Strangers_log_in_viewers_look_and_operators_act()
    {
        Chromium.Require();
        var shop = await Workshop.OpenAsync();
        shop.WriteJob(Job, lookback: 1, extra: "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }");
        foreach (var (name, role) in new[] { ("vera", Role.Viewer), ("otto", Role.Operator) })
            Users.Put(Path.Combine(shop.DataFolder, "server"), new User(name, role, Credential.OfPassword(new Secret(Password))));
        await using var served = await ServedShop.StartAsync(shop);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        var window = $"/jobs/{Job}/{Workshop.LatestDay()}";

        var context = await browser.NewContextAsync(new() { BaseURL = served.Url.ToString() });
        var page = await context.NewPageAsync();
        await page.GotoAsync(window);
        await Expect(page).ToHaveTitleAsync("Log in · etl");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Site.Pictures, "login.png") });
        await page.GetByLabel("Name").FillAsync("vera");
        await page.GetByLabel("Password").FillAsync("wrong horse battery staple");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("There is no such name with this password.");

        await LogInAsync(page, "vera");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(Job);
        await Expect(page.Locator(".who")).ToContainTextAsync("vera");
        await Expect(page.GetByText("are for operators")).ToBeVisibleAsync();
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "Re-run" })).ToHaveCountAsync(0);
        Assert.Equal(403, (await page.GotoAsync($"{window}/run"))!.Status);
        await Expect(page.GetByText("This needs the role operator.")).ToBeVisibleAsync();

        await page.GetByRole(AriaRole.Button, new() { Name = "Log out" }).ClickAsync();
        await Expect(page).ToHaveTitleAsync("Log in · etl");
        await page.GotoAsync("/");
        await Expect(page).ToHaveTitleAsync("Log in · etl");

        await LogInAsync(page, "otto");
        await page.GotoAsync($"{window}/run");
        await page.GetByRole(AriaRole.Button, new() { Name = "Re-run" }).ClickAsync();
        await Expect(page.GetByText("The window was asked for")).ToBeVisibleAsync();
    }

    [SkippableFact]
    public async Task Login_is_accessible_and_fits()
    {
        Chromium.Require();
        var axe = Axe.Require();
        var shop = await Workshop.OpenAsync();
        shop.WriteJob(Job, lookback: 1, extra: "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }");
        Users.Put(Path.Combine(shop.DataFolder, "server"), new User("vera", Role.Viewer, Credential.OfPassword(new Secret(Password))));
        await using var served = await ServedShop.StartAsync(shop);
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await Chromium.LaunchAsync(playwright);
        foreach (var scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
            foreach (var width in new[] { 1280, 360 })
            {
                var look = new BrowserNewContextOptions
                {
                    BaseURL = served.Url.ToString(), ColorScheme = scheme, ViewportSize = new() { Width = width, Height = 900 }, ReducedMotion = ReducedMotion.Reduce, BypassCSP = true,
                };
                await using var context = await browser.NewContextAsync(look);
                var page = await context.NewPageAsync();
                await page.GotoAsync("/login");
                await Expect(page).ToHaveTitleAsync("Log in · etl");
                Assert.Empty(await axe.FaultsAsync(page));
                Assert.Equal(0, await PageTests.SidewaysAsync(page));
                await page.GetByLabel("Name").FillAsync("vera");
                await page.GetByLabel("Password").FillAsync("wrong horse battery staple");
                await page.Keyboard.PressAsync("Enter");
                await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
                Assert.Empty(await axe.FaultsAsync(page));
                Assert.Equal(0, await PageTests.SidewaysAsync(page));
                await page.ScreenshotAsync(new() { Path = Path.Combine(Site.Pictures, $"login-{scheme}-{width}.png".ToLowerInvariant()), FullPage = true });
            }
    }

    private static async Task LogInAsync(IPage page, string name)
    {
        await page.GetByLabel("Name").FillAsync(name);
        await page.GetByLabel("Password").FillAsync(Password);
        await page.GetByRole(AriaRole.Button, new() { Name = "Log in" }).ClickAsync();
        await Expect(page.Locator(".who")).ToContainTextAsync(name);
    }
}
