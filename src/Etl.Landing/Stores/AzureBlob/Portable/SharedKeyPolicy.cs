using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Etl.Landing.Stores.AzureBlob.Portable;

/// <summary>
/// Signs requests with the account's key, as Azure Storage's "Authorize with Shared Key" lays down for versions since 2015-02-21:
/// the method, eleven standard headers, the <c>x-ms-</c> headers in order, then account, path and query parameters in order, signed with HMAC-SHA256.
/// </summary>
internal sealed class SharedKeyPolicy(SharedKeyCredential credential, TimeProvider time) : HttpPipelineSynchronousPolicy
{
    // Content-Length stands third and is written from the body; Date stays empty because x-ms-date is set.
    private static readonly string[] s_behindLength =
        ["Content-MD5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range"];

    public override void OnSendingRequest(HttpMessage message)
    {
        var request = message.Request;
        request.Headers.SetValue("x-ms-date", time.GetUtcNow().ToString("R", CultureInfo.InvariantCulture));
        var signature = HMACSHA256.HashData(Convert.FromBase64String(credential.Key.Reveal()), Encoding.UTF8.GetBytes(TextToSign(request, credential.Account)));
        request.Headers.SetValue("Authorization", $"SharedKey {credential.Account}:{Convert.ToBase64String(signature)}");
    }

    /// <summary>What is signed.</summary>
    public static string TextToSign(Request request, string account)
    {
        var text = new StringBuilder().Append(request.Method.Method).Append('\n');
        text.Append(Header(request, "Content-Encoding")).Append('\n').Append(Header(request, "Content-Language")).Append('\n');
        if (request.Content is not null && request.Content.TryComputeLength(out var length) && length > 0) text.Append(CultureInfo.InvariantCulture, $"{length}");
        text.Append('\n');
        foreach (var name in s_behindLength) text.Append(Header(request, name)).Append('\n');

        foreach (var header in request.Headers
            .Where(h => h.Name.StartsWith("x-ms-", StringComparison.OrdinalIgnoreCase))
            .OrderBy(h => h.Name.ToLowerInvariant(), StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"{header.Name.ToLowerInvariant()}:{header.Value.Trim()}\n");

        var url = request.Uri.ToUri();
        text.Append('/').Append(account).Append(url.AbsolutePath);
        foreach (var (name, value) in Parameters(url.Query).OrderBy(p => p.Name, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"\n{name}:{value}");
        return text.ToString();
    }

    private static string Header(Request request, string name) => request.Headers.TryGetValue(name, out var value) ? value : "";

    private static IEnumerable<(string Name, string Value)> Parameters(string query) =>
        from pair in query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries)
        let parts = pair.Split('=', 2)
        select (Uri.UnescapeDataString(parts[0]).ToLowerInvariant(), Uri.UnescapeDataString(parts[1]));
}
