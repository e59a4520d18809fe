using Etl.Testing.Servers;
using Microsoft.Playwright;

namespace Etl.Browser.Tests;

/// <summary>The system's Chromium. The package brings its own driver and no browser.</summary>
internal static class Chromium
{
    private static readonly string[] s_places = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    public static string? Path { get; } = s_places.FirstOrDefault(File.Exists);

    /// <summary>Skips the test, or fails it in a strict run, when there is none.</summary>
    public static void Require()
    {
        if (Path is null) Requirement.Missing("No Chromium on this machine (package chromium); 'tests/run' installs it.");
    }

    public static Task<IBrowser> LaunchAsync(IPlaywright playwright) => playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
    {
        ExecutablePath = Path,
        // Chromium does not start as root with its sandbox on.
        Args = Environment.UserName == "root" ? ["--no-sandbox", "--disable-gpu"] : ["--disable-gpu"],
    });
}
