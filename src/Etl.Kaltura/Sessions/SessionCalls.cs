using System.Globalization;
using System.Text.Json;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Sessions;

/// <summary>Calls that make sessions: small answers, read whole. Repeats transient faults like any call.</summary>
internal sealed class SessionCalls(IKalturaTransport transport, RetryRunner retry, SecretMask mask)
{
    private const int MaxAnswerBytes = 64 << 10;

    // The shortest token that the service makes is longer; a sentence has spaces and dots.
    private const int MinTokenLength = 40;

    /// <summary>Calls an action and picks the result out of its JSON answer.</summary>
    public async Task<T> CallAsync<T>(ApiRequest request, Secret? session, Func<JsonElement, T> pick, CancellationToken cancellation) =>
        await retry.RunAsync(async token =>
        {
            var reply = await transport.SendAsync(request, session, token).ConfigureAwait(false);
            await using (reply.ConfigureAwait(false))
                return await ReadAsync(request.What, reply.Body, mask, pick, token).ConfigureAwait(false);
        }, cancellation).ConfigureAwait(false);

    /// <summary>Reads a small answer whole and picks the result out of it; its error object comes as an exception.</summary>
    public static async Task<T> ReadAsync<T>(string what, Stream body, SecretMask mask, Func<JsonElement, T> pick, CancellationToken cancellation)
    {
        var bytes = await ReadAllAsync(what, body, cancellation).ConfigureAwait(false);
        if (ServiceErrorReader.TryRead(bytes) is { } error) throw ErrorRules.Exception(what, error.Code, error.Message, error.Args, mask);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return pick(document.RootElement);
        }
        catch (JsonException)
        {
            // The cause is left out: its message may repeat parts of the body.
            throw new ApiException(FaultKind.Unreachable, $"{what}: the answer is not JSON of the expected form.")
            { Code = "not-json", IsTransient = true, MaxAttempts = 2 };
        }
    }

    /// <summary>Reads a token from a JSON string, refusing what cannot be one: some refusals come as a sentence (wire facts 1.8).</summary>
    public Secret Token(string what, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && value.GetString() is { } text && IsPlausible(text))
        {
            var token = new Secret(text);
            mask.Add(token);
            return token;
        }
        throw new ApiException(FaultKind.Refused, $"{what}: the answer is no session token. The service refused in words of its own, or something else answered.")
        { Code = "bad-session" };
    }

    internal static bool IsPlausible(string token) =>
        token.Length >= MinTokenLength && token.All(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '-' or '_' or '=');

    internal static string Seconds(TimeSpan time) => ((long)time.TotalSeconds).ToString(CultureInfo.InvariantCulture);

    private static async Task<byte[]> ReadAllAsync(string what, Stream body, CancellationToken cancellation)
    {
        var buffer = new byte[MaxAnswerBytes];
        var count = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        return count < buffer.Length ? buffer[..count]
            : throw new ApiException(FaultKind.Unreachable, $"{what}: the answer has more than {MaxAnswerBytes} bytes.") { Code = "too-large" };
    }
}
