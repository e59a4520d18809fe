using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Actions;

/// <summary>The messaging service of the sandbox: it records what it was asked to send.</summary>
public sealed class MessagingTests : IAsyncLifetime
{
    private const string Good = """
        {"receiverType":"group","groupIds":["attendees-70003"],"appGuid":"a","templateId":"t","type":"email",
         "msgParams":{"r":{"type":"User","value":"Message.userId"},"l":{"type":"MagicLink","value":{"baseURL":"https://x.example","expiry":4}}},"session":"s"}
        """;

    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(SandboxFixture.Options);

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private async Task<(int Status, JsonElement Body)> SendAsync(string json, string? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(_api.Server.BaseUrl, "api/v1/message/send"));
        request.Headers.Authorization = AuthenticationHeaderValue.Parse(authorization ?? "Bearer " + _api.Ks);
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _api.Http.SendAsync(request);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    private async Task<List<JsonElement>> RecordedAsync() =>
        [.. (await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, "sandbox/actions"))).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    [Fact]
    public async Task Message_is_recorded_and_answered_with_its_bulk_id()
    {
        var (status, body) = await SendAsync(Good);

        Assert.Equal(201, status);
        Assert.Equal(("sending", "group", "s"), (body.GetProperty("status").GetString(), body.GetProperty("receiverType").GetString(), body.GetProperty("session").GetString()));
        var one = Assert.Single(await RecordedAsync());
        Assert.Equal(
            ("message.send", body.GetProperty("bulkId").GetString(), "t", "groups attendees-70003"),
            (one.GetProperty("call").GetString(), one.GetProperty("id").GetString(), one.GetProperty("templateId").GetString(), one.GetProperty("to").GetString()));
    }

    [Fact]
    public async Task Named_users_are_counted_in_the_record()
    {
        var (status, _) = await SendAsync(Good.Replace("\"group\"", "\"user\"", StringComparison.Ordinal).Replace("\"groupIds\":[\"attendees-70003\"]", "\"userIds\":[\"ann\",\"bob\"]", StringComparison.Ordinal));
        Assert.Equal(201, status);
        Assert.Equal("2 users", Assert.Single(await RecordedAsync()).GetProperty("to").GetString());
    }

    [Theory]
    [InlineData("\"attendees-70003\"", "\"nobody\"", "noActiveGroups")]
    [InlineData("\"templateId\":\"t\"", "\"templateId\":\"\"", "templateId should not be empty")]
    [InlineData("\"type\":\"email\"", "\"type\":\"sms\"", "type must be one of")]
    [InlineData("\"receiverType\":\"group\"", "\"receiverType\":\"all\"", "receiverType must be one of")]
    [InlineData("[\"attendees-70003\"]", "\"attendees-70003\"", "each receiver must be a string")]
    [InlineData("\"expiry\":4", "\"expiry\":\"4\"", "expiry must be a number")]
    [InlineData("\"type\":\"User\"", "\"type\":\"Person\"", "msgParams.r needs type and value")]
    [InlineData("{", "[", "The body is not JSON")]
    public async Task Faulty_message_is_refused_and_not_recorded(string part, string with, string says)
    {
        var (status, body) = await SendAsync(Good.Replace(part, with, StringComparison.Ordinal));
        Assert.Equal(400, status);
        Assert.Contains(says, body.GetRawText(), StringComparison.Ordinal);
        Assert.Empty(await RecordedAsync());
    }

    [Fact]
    public async Task Only_administrators_send()
    {
        Assert.Equal(401, (await SendAsync(Good, "Bearer nonsense")).Status);
        Assert.Equal(401, (await SendAsync(Good, "KS " + _api.Ks)).Status);
        Assert.Equal(403, (await SendAsync(Good, "Bearer " + await _api.StartSessionAsync(("type", "0")))).Status);
        Assert.Empty(await RecordedAsync());
    }
}
