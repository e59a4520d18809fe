using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Actions;

/// <summary>Does the actions of jobs at the service. A call is sent once: whether one whose answer was lost did its work, only a person can see.</summary>
/// <param name="connection">The account.</param>
public sealed class KalturaActions(KalturaConnection connection)
{
    private const int MaxAnswerBytes = 1 << 20;

    /// <summary>Does one.</summary>
    /// <returns>The id of what was made; null when the answer has none.</returns>
    /// <exception cref="EtlException">The service refused it (code of the service: nothing was done), or no clear answer came (transient: it may be done).</exception>
    public Task<string?> ApplyAsync(ActionSpec action, CancellationToken cancellation)
    {
        var dot = action.Call.IndexOf('.', StringComparison.Ordinal);
        var service = action.Call[..dot];
        // A plugin's service has the plugin's name before it (wire facts 1.1).
        var request = new ApiRequest(service == "entryVendorTask" ? "reach_entryVendorTask" : service, action.Call[(dot + 1)..], action.With);
        return connection.Api.CallOnceAsync(request, connection.Settings.PartnerId, (body, token) => ReadAsync(request, body, token), new CallMeter(), cancellation);
    }

    private async Task<string?> ReadAsync(ApiRequest request, Stream stream, CancellationToken cancellation)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[8 << 10];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0 && copy.Length <= MaxAnswerBytes) copy.Write(buffer, 0, read);
        var body = copy.ToArray();
        if (ServiceErrorReader.TryRead(body) is { } error) throw ErrorRules.Exception(request.What, error.Code, error.Message, error.Args, connection.Api.Mask);
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object && document.RootElement.TryGetProperty("id", out var id) ? id.ToString() : null;
        }
        catch (JsonException)
        {
            // The cause is left out: its message may repeat parts of the body.
            throw new ApiException(FaultKind.Unreachable, $"{request.What}: the answer is not JSON of the expected form.") { Code = "not-json", IsTransient = true };
        }
    }
}
