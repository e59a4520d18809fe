using System.Net;
using System.Net.Http.Json;
using Etl.Core.Jobs;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Microsoft.AspNetCore.Routing;

namespace Etl.Server.Tests;

/// <summary>Every endpoint that the application itself lists, so that a new one cannot be forgotten here.</summary>
public sealed class EndpointTests
{
    /// <summary>Open to anybody, and why that is no harm.</summary>
    private static readonly Dictionary<string, string> s_open = new(StringComparer.Ordinal)
    {
        ["GET /healthz"] = "says that the process lives",
        ["GET /readyz"] = "says in one word what does not answer",
        ["POST /login"] = "needs the antiforgery token and a password",
        ["GET /login"] = "asks who it is",
        ["GET /assets/{name}"] = "style sheet, script and icon, which the login page needs too",
        ["GET /api/v1/antiforgery"] = "a token is worth something only with the cookie that comes with it",
        ["POST /hooks/{job}"] = "each post carries a proof of its own",
    };

    private static readonly string[] s_operators =
    [
        "POST /api/v1/jobs/{job}/run", "POST /api/v1/jobs/{job}/windows/{label}/run", "POST /api/v1/jobs/{job}/windows/{label}/cancel",
        "POST /api/v1/jobs/{job}/windows/{label}/release",
        "GET /jobs/{job}/{label}/run", "GET /jobs/{job}/{label}/cancel", "GET /jobs/{job}/{label}/release",
        "POST /jobs/{job}/{label}/run", "POST /jobs/{job}/{label}/cancel", "POST /jobs/{job}/{label}/release",
        "GET /hangfire/{**path}", "POST /hangfire/{**path}",
    ];

    [Fact]
    public async Task Unknown_caller_is_refused_everywhere_but_at_the_open_endpoints()
    {
        await using var house = await OpenAsync();
        var endpoints = Endpoints(house);
        Assert.Equal(s_open.Keys.Order(StringComparer.Ordinal), endpoints.Intersect(s_open.Keys).Order(StringComparer.Ordinal));
        using var client = house.Client();
        foreach (var endpoint in endpoints.Except(s_open.Keys))
            Assert.Equal((endpoint, HttpStatusCode.Unauthorized), (endpoint, await StatusAsync(client, endpoint)));
        client.DefaultRequestHeaders.Authorization = new("Bearer", house.Keys[Role.Operator][..^1] + (house.Keys[Role.Operator][^1] == 'A' ? 'B' : 'A'));
        foreach (var endpoint in endpoints.Except(s_open.Keys))
            Assert.Equal((endpoint, HttpStatusCode.Unauthorized), (endpoint, await StatusAsync(client, endpoint)));
        Assert.Empty(house.Desk.Asked);
    }

    [Fact]
    public async Task Viewer_may_see_everything_and_change_nothing()
    {
        await using var house = await OpenAsync();
        using var client = house.Client(Role.Viewer);
        foreach (var endpoint in Endpoints(house).Except(s_open.Keys).Except(["POST /logout"]))
        {
            var expected = s_operators.Contains(endpoint);
            Assert.Equal((endpoint, expected), (endpoint, await StatusAsync(client, endpoint) == HttpStatusCode.Forbidden));
        }
        Assert.Empty(house.Desk.Asked);
    }

    [Fact]
    public async Task Operator_may_do_everything()
    {
        await using var house = await OpenAsync();
        using var client = house.Client(Role.Operator);
        // Hangfire asks of a post for a token of its own.
        foreach (var endpoint in Endpoints(house).Except(s_open.Keys).Except(["POST /hangfire/{**path}"]))
        {
            var status = await StatusAsync(client, endpoint);
            Assert.True((int)status is >= 200 and < 400, $"{endpoint}: {status}");
        }
        Assert.Equal(
            [
                "ask nightly by api: deploy", "ask nightly/2026-11-19 by api: deploy", "ask nightly/2026-11-19 by page: deploy",
                "cancel nightly/2026-11-19", "cancel nightly/2026-11-19", "release nightly/2026-11-19", "release nightly/2026-11-19",
            ],
            house.Desk.Asked.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Methods_that_an_endpoint_does_not_take_are_refused()
    {
        await using var house = await OpenAsync();
        using var client = house.Client(Role.Operator);
        foreach (var path in Endpoints(house).Select(e => e.Split(' ')[1]).Distinct().Except(["/hangfire/{**path}"]))
        {
            using var request = new HttpRequestMessage(HttpMethod.Delete, Filled(path));
            using var answer = await client.SendAsync(request);
            Assert.Equal((path, HttpStatusCode.MethodNotAllowed), (path, answer.StatusCode));
        }
    }

    [Fact]
    public async Task Nobody_is_believed_a_hook_for_who_they_are()
    {
        await using var house = await OpenAsync();
        house.Desk.JobList.Add(FakeDesk.Job("hooked") with { Hooks = HookAim.Due });
        foreach (var who in (Role?[])[null, Role.Viewer, Role.Operator])
        {
            using var client = house.Client(who);
            foreach (var (job, status) in new[] { ("hooked", HttpStatusCode.Unauthorized), ("nightly", HttpStatusCode.NotFound) })
            {
                using var answer = await client.PostAsync($"/hooks/{job}", new StringContent("""{ "id": 1 }"""));
                Assert.Equal((who, job, status, ""), (who, job, answer.StatusCode, await answer.Content.ReadAsStringAsync()));
            }
        }
        Assert.Empty(house.Desk.Asked);
        Assert.Empty(await house.Ledger.WaitingAsync(DateTimeOffset.MaxValue, CancellationToken.None));
    }

    /// <summary>With all that <c>etl serve</c> can hang into its server: hooks and a scheduler's pages.</summary>
    private static Task<House> OpenAsync() => House.OpenAsync(more: o => o with { Extensions = [.. o.Extensions, Dashboard.Map] });

    // Who names no method takes all of them.
    private static List<string> Endpoints(House house) =>
    [
        .. house.Endpoints.OfType<RouteEndpoint>()
            .SelectMany(e => (e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET", "POST"]).Select(m => $"{m} /{e.RoutePattern.RawText!.TrimStart('/')}"))
            .Distinct().Order(StringComparer.Ordinal),
    ];

    private static string Filled(string pattern) => pattern
        .Replace("{job}", "nightly", StringComparison.Ordinal)
        .Replace("{label}", "2026-11-19", StringComparison.Ordinal)
        .Replace("{documentName}", "v1", StringComparison.Ordinal)
        .Replace("{**path}", "", StringComparison.Ordinal);

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string endpoint)
    {
        var parts = endpoint.Split(' ');
        using var request = new HttpRequestMessage(new HttpMethod(parts[0]), Filled(parts[1]));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }
}
