using System.Globalization;
using System.Text.Json;
using Etl.Core.Outbound;
using Etl.Core.Windows;

namespace Etl.Cli.Demo;

/// <summary>Reads the sandbox's own unmangled rows, which never pass through a report reply.</summary>
internal sealed class TruthClient(Uri sandbox) : IDisposable
{
    private readonly HttpClient _http = Open(sandbox);

    /// <summary>The rows of a report for a window, column name to JSON value.</summary>
    public Task<IReadOnlyList<IReadOnlyDictionary<string, JsonElement>>> RowsAsync(
        string report, Window window, int timeZoneOffsetMinutes, CancellationToken cancellation) =>
        LinesAsync(
            string.Create(CultureInfo.InvariantCulture, $"truth?report={report}&from={window.From.ToUnixTimeSeconds()}&to={window.To.ToUnixTimeSeconds()}&tz={timeZoneOffsetMinutes}"),
            cancellation);

    /// <summary>The lines of an answer below <c>/sandbox/</c>, each an object.</summary>
    public async Task<IReadOnlyList<IReadOnlyDictionary<string, JsonElement>>> LinesAsync(string query, CancellationToken cancellation)
    {
        var text = await TextAsync(query, cancellation).ConfigureAwait(false);
        return
        [
            .. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => (IReadOnlyDictionary<string, JsonElement>)JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(line)!),
        ];
    }

    /// <summary>An answer below <c>/sandbox/</c> as it is.</summary>
    public Task<string> TextAsync(string query, CancellationToken cancellation) => _http.GetStringAsync(new Uri("/sandbox/" + query, UriKind.Relative), cancellation);

    public void Dispose() => _http.Dispose();

    // The truth of a month is large, and comes from this machine.
    private static HttpClient Open(Uri sandbox)
    {
        var client = OutboundHttp.NewClient(new OutboundOptions { Exchange = TimeSpan.FromSeconds(100), MaxBufferedBytes = int.MaxValue });
        client.BaseAddress = sandbox;
        return client;
    }
}
