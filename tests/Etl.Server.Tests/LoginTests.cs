using System.Net;
using Etl.Server.Tests.Support;
using Etl.Server.Who;

namespace Etl.Server.Tests;

public sealed class LoginTests
{
    [Fact]
    public async Task Login_opens_until_logout()
    {
        await using var house = await House.OpenAsync();
        using var client = house.Client();
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync("/api/v1/me")).StatusCode);
        using var answer = await House.LoginAsync(client, "otto", to: "/jobs/nightly?page=2");
        Assert.Equal((HttpStatusCode.SeeOther, "/jobs/nightly?page=2"), (answer.StatusCode, answer.Headers.Location!.ToString()));
        var cookie = answer.Headers.GetValues("Set-Cookie").Single(c => c.StartsWith("etl-login=", StringComparison.Ordinal)).ToLowerInvariant();
        Assert.Contains("; samesite=strict; httponly", cookie, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/v1/me")).StatusCode);
    }
}
