using System.Net;
using Etl.Core.Errors;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Etl.Server.Tests.Abuse;

/// <summary>Abuse cases of the page that go over every endpoint which the application itself lists. The rest stand with their subjects.</summary>
public sealed class StatusPageAbuseTests
{
    private static readonly string[] s_open = ["/healthz", "/readyz", "/login", "/assets/{name}", "/api/v1/antiforgery", "/hooks/{job}"];

    [Fact]
    public async Task Reading_has_no_effect()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Operator);
        var before = await LedgerAsync(house);
        foreach (var path in Paths(house))
            foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head, HttpMethod.Options, HttpMethod.Trace])
            {
                using var request = new HttpRequestMessage(method, Filled(path));
                using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                Assert.True((int)answer.StatusCode < 500, $"{method} {path}: {answer.StatusCode}");
            }
        Assert.Empty(house.Desk.Asked);
        Assert.Equal(before, await LedgerAsync(house));
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    [InlineData("DELETE")]
    [InlineData("MKCOL")]
    public async Task Verbs_that_write_are_taken_nowhere(string verb)
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Operator);
        foreach (var path in Paths(house))
        {
            using var request = new HttpRequestMessage(new HttpMethod(verb), Filled(path));
            using var answer = await client.SendAsync(request);
            Assert.Equal((path, HttpStatusCode.MethodNotAllowed), (path, answer.StatusCode));
        }
        Assert.Empty(house.Desk.Asked);
    }

    // Behind a proxy on the same machine every caller comes from loopback.
    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-For", "::1, 127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1;host=localhost")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task Whoever_comes_through_a_proxy_is_not_the_local_person_at_any_endpoint(string header, string value)
    {
        await using var house = await House.OpenAsync(locked: false);
        using var client = house.Client();
        client.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
        foreach (var path in Paths(house).Except(s_open))
        {
            using var answer = await client.GetAsync(Filled(path), HttpCompletionOption.ResponseHeadersRead);
            Assert.False(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
        }
        Assert.Empty(house.Desk.Asked);
    }

    [Theory]
    [InlineData("10.0.0.9")]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task Address_that_a_named_proxy_tells_opens_nothing(string address)
    {
        await using var house = await House.OpenAsync(locked: true, o => o with { Proxies = ["127.0.0.1"] });
        using var client = house.Client();
        client.DefaultRequestHeaders.Add("X-Forwarded-For", address);
        foreach (var path in Paths(house).Except(s_open))
        {
            using var answer = await client.GetAsync(Filled(path), HttpCompletionOption.ResponseHeadersRead);
            Assert.False(answer.IsSuccessStatusCode, $"{path}: {answer.StatusCode}");
        }
    }

    // The default is this machine only; a wildcard, an address of the network and a name are all others.
    [Theory]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://etl.example:0")]
    [InlineData("http://127.0.0.1.nip.example:0")]
    public async Task Address_beyond_this_machine_needs_users(string url)
    {
        var fault = await Record.ExceptionAsync(async () =>
        {
            await using var house = await House.OpenAsync(locked: false, o => o with { Urls = [new Uri(url)] });
        });
        Assert.True(fault is EtlException { Code: "no-users" }, $"{url}: {fault?.ToString() ?? "it started"}");
    }

    [Fact]
    public async Task Every_answer_forbids_scripts_of_others_and_frames()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client(Role.Operator);
        foreach (var path in Paths(house))
        {
            using var answer = await client.GetAsync(Filled(path), HttpCompletionOption.ResponseHeadersRead);
            var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
            Assert.True(policy.Contains("default-src 'self'", StringComparison.Ordinal) && policy.Contains("frame-ancestors 'none'", StringComparison.Ordinal) && !policy.Contains("unsafe", StringComparison.Ordinal), $"{path}: {policy}");
        }
    }

    private static IEnumerable<string> Paths(House house) => house.Endpoints.OfType<RouteEndpoint>().Select(e => "/" + e.RoutePattern.RawText!.TrimStart('/')).Distinct();

    private static string Filled(string pattern) => pattern
        .Replace("{job}", "nightly", StringComparison.Ordinal)
        .Replace("{label}", "2026-11-19", StringComparison.Ordinal)
        .Replace("{name}", "etl.css", StringComparison.Ordinal)
        .Replace("{documentName}", "v1", StringComparison.Ordinal);

    // Everything that the ledger says of windows, pulls and landings.
    private static async Task<string> LedgerAsync(House house)
    {
        await using var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(house.Folder, "ledger.db")};Mode=ReadOnly");
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var names = connection.CreateCommand())
        {
            names.CommandText = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
            await using var reader = await names.ExecuteReaderAsync();
            while (await reader.ReadAsync()) tables.Add(reader.GetString(0));
        }
        Assert.Contains("etl_window", tables);
        var said = new List<string>();
        foreach (var table in tables)
        {
            await using var rows = connection.CreateCommand();
            rows.CommandText = $"SELECT * FROM \"{table}\"";
            await using var reader = await rows.ExecuteReaderAsync();
            while (await reader.ReadAsync()) said.Add(table + ": " + string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(reader.GetValue)));
        }
        return string.Join('\n', said);
    }
}
