using System.Diagnostics;
using System.Text.Json;

namespace Etl.Benchmarks;

/// <summary>How long the program takes to begin: as <c>dotnet publish</c> makes it, compiled ahead, against the same build without that.</summary>
internal static class StartComparisons
{
    private const string Job = "noop";

    internal static IEnumerable<Comparison> All(PeerData data) =>
    [
        Start(data, "start-help", "`etl --help`, published.", 0.25, () => (data.Folder, new Dictionary<string, string>()), "--help"),
        Start(data, "start-noop", "`etl run` of a job of which nothing is due, published.", 0.5, Landed(data), "run", Job),
    ];

    private static Comparison Start(PeerData data, string name, string what, double seconds, Func<(string Folder, Dictionary<string, string> Environment)> prepare, params string[] arguments)
    {
        var place = (Folder: "", Environment: new Dictionary<string, string>());
        return new Comparison(
            name, what, "the Release build, which is compiled while it runs.", [new(Figure.Wall, seconds, seconds, IsRatio: false)],
            _ => Outcome.Of(Published.Start(data, place.Folder, place.Environment, arguments).Succeeded()),
            _ => Outcome.Of(EtlChild.Start(place.Folder, place.Environment, arguments).Succeeded()))
        {
            Prepare = () =>
            {
                Published.MakeEtl(data);
                place = prepare();
            },
            Prove = () => "",
        };
    }

    /// <summary>A job whose windows have landed from a sandbox.</summary>
    private static Func<(string Folder, Dictionary<string, string> Environment)> Landed(PeerData data) => () =>
    {
        var folder = Directory.CreateDirectory(data["noop"]).FullName;
        Directory.CreateDirectory(Path.Combine(folder, "jobs"));
        File.WriteAllText(Path.Combine(folder, "jobs", $"{Job}.yaml"), $$"""
            job: {{Job}}
            source: { report: 38, action: table, filter: { playbackTypeIn: [vod, live] } }
            window: { every: day, timezone: UTC, lookback: 3, settle: 0h }
            land:
              - parquet: { dataset: {{Job}} }
              - table: { connection: warehouse, name: {{Job}} }
            """);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "etl.dll"), "sandbox", "--port", "0", "--json", "--days", "5"]) { RedirectStandardOutput = true };
        using var sandbox = Process.Start(start)!;
        try
        {
            var service = JsonDocument.Parse(sandbox.StandardOutput.ReadLine()!).RootElement;
            Dictionary<string, string> environment = new()
            {
                ["KALTURA_SERVICE_URL"] = service.GetProperty("url").GetString()!,
                ["KALTURA_PARTNER_ID"] = service.GetProperty("partnerId").ToString(),
                ["KALTURA_ADMIN_SECRET"] = service.GetProperty("adminSecret").GetString()!,
            };
            EtlChild.Start(folder, environment, "run", Job).Succeeded();
            return (folder, environment);
        }
        finally
        {
            sandbox.Kill();
            // Its processor time is told when it has ended, and must not be told of the first run.
            sandbox.WaitForExit();
        }
    };
}
