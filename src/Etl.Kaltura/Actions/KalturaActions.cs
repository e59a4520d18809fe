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
    /// <summary>Code of a fault after which it is not known whether the service did what it was asked for. After any other one nothing was done.</summary>
    public const string Unclear = "action-unclear";

    private const int MaxAnswerBytes = 1 << 20;

    /// <summary>Does one.</summary>
    /// <returns>The id of what was made; null when the answer has none.</returns>
    /// <exception cref="EtlException">It was not done, or, with the code <see cref="Unclear"/>, it may have been.</exception>
    public async Task<string?> ApplyAsync(ActionSpec action, CancellationToken cancellation)
    {
        var request = RequestOf(action);
        // Before a session is asked for.
        if (request.Json is not null) _ = request.Side.Root(connection.Settings);
        var meter = new CallMeter();
        try
        {
            return await connection.Api.CallOnceAsync(
                request, connection.Settings.PartnerId, (body, token) => ReadAsync(request, body, token), meter, cancellation).ConfigureAwait(false);
        }
        catch (EtlException fault)
        {
            var said = Unnamed(action, fault.Message);
            if (meter.Calls == 0 || IsNo(fault)) throw new EtlException(fault.Kind, $"Action '{action.Name}' was not done. {said}") { Code = fault.Code, IsTransient = fault.IsTransient };
            throw new EtlException(fault.Kind, $"Action '{action.Name}' may have been done or not: {said}") { Code = Unclear };
        }
    }

    private static ApiRequest RequestOf(ActionSpec action)
    {
        var dot = action.Call.IndexOf('.', StringComparison.Ordinal);
        var (service, call) = (action.Call[..dot], action.Call[(dot + 1)..]);
        return action.Call == ActionSpec.SendMessage
            ? new ApiRequest(service, call, []) { Json = MessageBody.Of(action), Side = SideService.Messaging }
            // A plugin's service has the plugin's name before it (wire facts 1.1).
            : new ApiRequest(service == "entryVendorTask" ? "reach_entryVendorTask" : service, call, action.With);
    }

    /// <summary>True when nothing was sent, or the service itself said no. A redirect or an answer that cannot be read may hide a yes.</summary>
    private static bool IsNo(EtlException fault) =>
        fault.InnerException is HttpRequestException
        {
            HttpRequestError: HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
        }
        || fault.Code is "ACTION_BLOCKED" or "http-429"
        || (!fault.IsTransient && (fault.Kind != FaultKind.Unreachable || fault.Code.StartsWith("http-4", StringComparison.Ordinal)));

    // The service repeats what it was asked; the people whom a message goes to are in no log.
    private static string Unnamed(ActionSpec action, string message) =>
        action.Call == ActionSpec.SendMessage && action.With.FirstOrDefault(f => f.Key == MessageFields.Users).Value is { } users
            ? MessageFields.Items(users).Aggregate(message, (text, user) => text.Replace(user, "***", StringComparison.OrdinalIgnoreCase))
            : message;

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
            return document.RootElement.ValueKind == JsonValueKind.Object ? IdOf(request, document.RootElement) : null;
        }
        catch (JsonException)
        {
            // The cause is left out: its message may repeat parts of the body.
            throw new ApiException(FaultKind.Unreachable, $"{request.What}: the answer is not JSON of the expected form.") { Code = "not-json", IsTransient = true };
        }
    }

    private string? IdOf(ApiRequest request, JsonElement answer)
    {
        string? Text(string member) => answer.TryGetProperty(member, out var value) && value.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? value.ToString() : null;
        if (request.Json is null) return Text("id");
        // Some of the mails may have gone out before it failed.
        if (Text("status") is "failed" or "canceled")
            throw new ApiException(FaultKind.Unreachable, $"{request.What}: the messaging service took the message and then gave it up ({connection.Api.Mask.Clean(Text("errorEnum") ?? "without a reason", 80)}).") { Code = "message-failed" };
        // The service's own statistics are asked by the bulk id.
        return Text("bulkId") ?? Text("id");
    }
}
