using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Accounts;

/// <summary>A parent and its children: data, secrets and sessions apart, impersonation downwards only.</summary>
public sealed class AccountTests : IAsyncLifetime
{
    private static readonly SandboxChild s_first = new() { PartnerId = 2001, AdminSecret = "11111111111111111111111111111111", Entries = 7 };
    private static readonly SandboxChild s_second = new() { PartnerId = 2002, AdminSecret = "22222222222222222222222222222222", Entries = 11 };

    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(new SandboxOptions
    {
        Entries = 20, Users = 10, Days = 8, EndsAt = new DateOnly(2026, 3, 8), Children = [s_first, s_second],
        Clock = new Fixed(),
    });

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Parent_acts_for_a_child_and_sees_its_data()
    {
        var own = await IdsAsync(_api.Ks);
        var first = await IdsAsync(_api.Ks, "2001");
        var second = await IdsAsync(_api.Ks, "2002");
        Assert.All([own, first, second], Assert.NotEmpty);
        Assert.True(first.Count <= 7 && second.Count <= 11);
        // The id that looks like a number is the same everywhere: rows of accounts can be mixed up.
        Assert.Single(first, own.Contains);
        Assert.Equal(first, await TruthAsync("2001"));
        Assert.Equal(own, await IdsAsync(_api.Ks, "1234567"));
    }

    [Fact]
    public async Task Childs_own_session_sees_the_child_and_nobody_else()
    {
        var ks = await StartAsync("2001", s_first.AdminSecret);
        Assert.Equal(await TruthAsync("2001"), await IdsAsync(ks));
        foreach (var other in new[] { "1234567", "2002", "999" }) Assert.Equal("SERVICE_FORBIDDEN", (await ListAsync(ks, other)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Parent_is_forbidden_what_is_no_child_and_secrets_are_not_shared()
    {
        Assert.Equal("SERVICE_FORBIDDEN", (await ListAsync(_api.Ks, "999")).GetProperty("code").GetString());
        var answer = await _api.PostAsync("session", "start", ("secret", s_first.AdminSecret), ("partnerId", "2002"), ("type", "2"));
        Assert.Equal("START_SESSION_ERROR", JsonDocument.Parse(answer).RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Report_42_lists_the_family_with_the_plays_of_each()
    {
        var table = await _api.TableAsync(42, ("responseOptions[delimiter]", "|"));
        Assert.Equal(["1234567", "2001", "2002"], table.Cells("partner_id"));
        Assert.Equal(3, table.Cells("total_plays").Where(p => long.Parse(p, CultureInfo.InvariantCulture) > 0).Distinct().Count());
    }

    [Fact]
    public async Task Fault_of_an_account_hits_calls_for_it_only()
    {
        _api.Server.AddFault(new SandboxFault { Kind = "internal-error", Action = "baseEntry.list", Account = 2001, Times = -1 });
        Assert.Equal("INTERNAL_SERVERL_ERROR", (await ListAsync(_api.Ks, "2001")).GetProperty("code").GetString());
        Assert.NotEmpty(await IdsAsync(_api.Ks));
        Assert.NotEmpty(await IdsAsync(_api.Ks, "2002"));
    }

    private async Task<string> StartAsync(string partner, string secret) =>
        JsonDocument.Parse(await _api.PostAsync("session", "start", ("secret", secret), ("partnerId", partner), ("type", "2"))).RootElement.GetString()!;

    private async Task<JsonElement> ListAsync(string ks, string? account) =>
        JsonDocument.Parse(await _api.PostAsync("baseEntry", "list", ("ks", ks), ("partnerId", account), ("filter[statusNotEqual]", "99"), ("filter[orderBy]", "+createdAt"), ("pager[pageSize]", "500"))).RootElement;

    private async Task<List<string>> IdsAsync(string ks, string? account = null) =>
        [.. (await ListAsync(ks, account)).GetProperty("objects").EnumerateArray().Select(o => o.GetProperty("id").GetString()!).Order(StringComparer.Ordinal)];

    private async Task<List<string>> TruthAsync(string account)
    {
        var lines = await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, $"sandbox/truth-list?of=entries&account={account}"));
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement.GetProperty("id").GetString()!).Order(StringComparer.Ordinal)];
    }

    private sealed class Fixed : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => new(2026, 3, 9, 12, 0, 0, TimeSpan.Zero);
    }
}
