using System.Text.RegularExpressions;
using Etl.Integration.Tests.Support;
using Microsoft.Playwright;

namespace Etl.Browser.Tests;

/// <summary>One server and one browser for all tests of a class; each test has pages and windows of its own.</summary>
public sealed class Site : IAsyncLifetime
{
    /// <summary>Its windows have landed when the tests begin; for looking only.</summary>
    public const string Landed = "nightly-plays";

    /// <summary>A check holds its window; for looking only.</summary>
    public const string Held = "held-plays";

    /// <summary>Has never run and has no schedule; for looking only.</summary>
    public const string Idle = "by-hand";

    /// <summary>As <see cref="Held"/>, to be released.</summary>
    public const string Released = "released-plays";

    /// <summary>As <see cref="Landed"/> with one window, each for a test that works on it.</summary>
    public const string Followed = "followed-plays", Cancelled = "cancelled-plays", Scriptless = "scriptless-plays";

    private const string Nightly = "schedule: { cron: \"15 2 * * *\", timezone: America/New_York }";

    public const int LandedWindows = 6;

    private static readonly string[] s_worked = [Followed, Cancelled, Scriptless], s_held = [Held, Released];

    private ServedShop? _served;
    private IPlaywright? _playwright;

    internal Workshop Shop => _served!.Shop;

    public IBrowser Browser { get; private set; } = null!;

    /// <summary>Where screenshots are kept; git ignores it.</summary>
    public static string Pictures { get; } = Directory.CreateDirectory(Path.Combine(Tools.Root, "artifacts", "screenshots")).FullName;

    public async Task InitializeAsync()
    {
        // Without a browser each test says so.
        if (Chromium.Path is null) return;
        var shop = await Workshop.OpenAsync();
        shop.WriteJob(Landed, lookback: LandedWindows, extra: $"about: Plays of each entry and day.\n{Nightly}");
        foreach (var job in s_worked) shop.WriteJob(job, lookback: 1, extra: Nightly);
        foreach (var job in s_held) shop.WriteJob(job, lookback: 1, extra: "about: A row of it was lost on the way.");
        shop.WriteJob(Idle, lookback: 2, extra: "about: Nobody has run it yet.");
        await shop.FaultAsync("""{"kind":"drop-row","action":"getTable","times":1000}""");
        foreach (var job in s_held)
        {
            var held = await shop.RunAsync("run", job);
            Assert.True(held.Exit == 3, held.ToString());
        }
        await shop.NoFaultsAsync();
        _served = await ServedShop.StartAsync(shop);
        await _served.UntilAsync(overview => Regex.Count(overview, "\"cell s-landed\"") == LandedWindows + s_worked.Length);
        _playwright = await Playwright.CreateAsync();
        Browser = await Chromium.LaunchAsync(_playwright);
    }

    /// <summary>A tab of a fresh browser profile; what the page complains of is kept, a violated Content-Security-Policy too.</summary>
    public async Task<Tab> OpenAsync(string path, BrowserNewContextOptions? options = null)
    {
        options ??= new BrowserNewContextOptions();
        options.BaseURL = _served!.Url.ToString();
        var context = await Browser.NewContextAsync(options);
        context.SetDefaultTimeout(30_000);
        var page = await context.NewPageAsync();
        var tab = new Tab(context, page);
        await page.GotoAsync(path);
        return tab;
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null) await Browser.DisposeAsync();
        _playwright?.Dispose();
        if (_served is not null) await _served.DisposeAsync();
    }
}

/// <summary>A tab.</summary>
public sealed class Tab : IAsyncDisposable
{
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    public Tab(IBrowserContext context, IPage page)
    {
        (_context, Page) = (context, page);
        page.Console += (_, message) =>
        {
            if (message.Type is "error" or "warning") _complaints.Add(message.Text);
        };
        page.PageError += (_, error) => _complaints.Add(error);
    }

    public IPage Page { get; }

    /// <summary>What the browser complained of, apart from answers that the test asked for.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints.Where(c => !c.Contains("404 (Not Found)", StringComparison.Ordinal))];

    public ValueTask DisposeAsync() => _context.DisposeAsync();
}
