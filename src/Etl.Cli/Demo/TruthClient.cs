using System.Globalization;
using System.Text.Json;
using Etl.Core.Windows;

namespace Etl.Cli.Demo;

/// <summary>Reads the sandbox's own unmangled rows, which never pass through a report reply.</summary>
internal sealed class TruthClient(Uri sandbox) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = sandbox };

    /// <summary>The rows of a report for a window, column name to JSON value.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, JsonElement>>> RowsAsync(
        string report, Window window, int timeZoneOffsetMinutes, CancellationToken cancellation)
    {
        var url = string.Create(
            CultureInfo.InvariantCulture,
            $"/sandbox/truth?report={report}&from={window.From.ToUnixTimeSeconds()}&to={window.To.ToUnixTimeSeconds()}&tz={timeZoneOffsetMinutes}");
        var text = await _http.GetStringAsync(new Uri(url, UriKind.Relative), cancellation).ConfigureAwait(false);
        return
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => (IReadOnlyDictionary<string, JsonElement>)JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line)!),
        ];
    }

    public void Dispose() => _http.Dispose();
}
