using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Testing.Servers;

/// <summary>
/// Makes and deletes containers, leases blobs and reads their headers and bytes with a shared key. Written apart from the product's client, which must not be what
/// its own tests rest on.
/// </summary>
internal sealed class AzuriteRequests
{
    private const string Version = "2021-12-02";

    private static readonly HttpClient s_http = new();

    private readonly string _account;
    private readonly byte[] _key;
    private readonly Uri _endpoint;

    public AzuriteRequests(string connectionString)
    {
        var parts = connectionString.Split(';', StringSplitOptions.RemoveEmptyEntries)
            .Select(p => p.Split('=', 2)).ToDictionary(p => p[0], p => p[1], StringComparer.OrdinalIgnoreCase);
        _account = parts["AccountName"];
        _key = Convert.FromBase64String(parts["AccountKey"]);
        _endpoint = new Uri(parts["BlobEndpoint"].TrimEnd('/') + "/");
    }

    /// <exception cref="HttpRequestException">The server refused, or is not there (no status code).</exception>
    public async Task SendAsync(HttpMethod method, string container)
    {
        using var answer = await SendAsync(method, container, "restype=container");
    }

    /// <summary>Sends a request without a body; the answer's headers are the caller's to read.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Behind the endpoint, percent-encoded.</param>
    /// <param name="query">At most one <c>name=value</c>.</param>
    /// <param name="headers">Headers that begin with <c>x-ms-</c>.</param>
    /// <exception cref="HttpRequestException">The server refused, or is not there (no status code).</exception>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string query, params (string Name, string Value)[] headers)
    {
        // The endpoint of an emulator has the account in its path, and the signed resource then has it twice.
        var uri = new Uri(_endpoint, query.Length > 0 ? $"{path}?{query}" : path);
        var date = TimeProvider.System.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        var all = headers.Append(("x-ms-date", date)).Append(("x-ms-version", Version)).OrderBy(h => h.Item1, StringComparer.Ordinal).ToList();
        var signed = $"{method}\n\n\n\n\n\n\n\n\n\n\n\n{string.Concat(all.Select(h => $"{h.Item1}:{h.Item2}\n"))}/{_account}{uri.AbsolutePath}"
            + (query.Length > 0 ? "\n" + query.Replace('=', ':') : "");
        using var request = new HttpRequestMessage(method, uri);
        foreach (var (name, value) in all) request.Headers.Add(name, value);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"SharedKey {_account}:{Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(signed)))}");
        var answer = await s_http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return answer;
    }
}
