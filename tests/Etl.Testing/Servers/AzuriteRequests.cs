using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Testing.Servers;

/// <summary>
/// Makes and deletes containers with a shared key. Written apart from the product's client, which must not be what
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
        // The endpoint of an emulator has the account in its path, and the signed resource then has it twice.
        var uri = new Uri(_endpoint, container + "?restype=container");
        var date = TimeProvider.System.GetUtcNow().ToString("R", CultureInfo.InvariantCulture);
        var signed = $"{method}\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{Version}\n/{_account}{uri.AbsolutePath}\nrestype:container";
        using var request = new HttpRequestMessage(method, uri);
        request.Headers.Add("x-ms-date", date);
        request.Headers.Add("x-ms-version", Version);
        request.Headers.TryAddWithoutValidation(
            "Authorization", $"SharedKey {_account}:{Convert.ToBase64String(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(signed)))}");
        using var answer = await s_http.SendAsync(request);
        answer.EnsureSuccessStatusCode();
    }
}
