using System.Text.Json;
using Etl.Integration.Tests.Support;
using Microsoft.Playwright;

namespace Etl.Browser.Tests;

/// <summary>axe-core inside a page: what keeps people from using it.</summary>
internal sealed class Axe
{
    private readonly string _script;

    private Axe(string script) => _script = script;

    /// <summary>Skips the test, or fails it in a strict run, when the script is not installed.</summary>
    public static Axe Require()
    {
        var file = Path.Combine(Tools.Root, "tests", "Etl.Browser.Tests", "node_modules", "axe-core", "axe.min.js");
        Tools.Missing(!File.Exists(file), "axe-core (npm install in tests/Etl.Browser.Tests)");
        return new Axe(File.ReadAllText(file));
    }

    /// <summary>What it finds of WCAG 2.2 A and AA and of good practice, a line for each.</summary>
    public async Task<IReadOnlyList<string>> FaultsAsync(IPage page)
    {
        await page.EvaluateAsync(_script);
        var found = await page.EvaluateAsync<JsonElement>("axe.run(document, { resultTypes: ['violations'] })");
        return
        [
            .. found.GetProperty("violations").EnumerateArray().SelectMany(v => v.GetProperty("nodes").EnumerateArray().Select(n =>
                $"{v.GetProperty("impact").GetString()} {v.GetProperty("id").GetString()}: {n.GetProperty("html").GetString()} {n.GetProperty("failureSummary").GetString()}")),
        ];
    }
}
