using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Notifications;

/// <summary>Notification templates and what is posted to them, as wire facts 7 have it.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private const string Service = "eventnotification_eventnotificationtemplate", Template = "eventNotificationTemplate";
    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(new SandboxOptions { Entries = 20, Users = 10, Days = 2 });

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private async Task<JsonElement> CallAsync(string action, params (string Name, string? Value)[] fields) =>
        JsonDocument.Parse(await _api.PostAsync(Service, action, [("ks", _api.Ks), .. fields])).RootElement;

    private async Task<long> CloneAsync(string url, string systemName = "MINE", string source = "12", string? hash = null) =>
        (await CallAsync("clone", ("id", source), ($"{Template}[objectType]", "KalturaHttpNotificationTemplate"), ($"{Template}[systemName]", systemName), ($"{Template}[url]", url),
            ($"{Template}[secureHashingAlgo]", hash), ($"{Template}[data][objectType]", "KalturaHttpNotificationObjectData"), ($"{Template}[data][apiObjectType]", "KalturaBaseEntry"))).GetProperty("id").GetInt64();

    private async Task<string> NotifyAsync(string json)
    {
        using var body = new StringContent(json);
        using var reply = await _api.Http.PostAsync(new Uri(_api.Server.BaseUrl, "sandbox/notifications"), body);
        Assert.True(reply.IsSuccessStatusCode, await reply.Content.ReadAsStringAsync());
        return string.Join(';', JsonDocument.Parse(await reply.Content.ReadAsStringAsync()).RootElement.EnumerateArray()
            .Select(n => $"{n.GetProperty("state")} {string.Join(',', n.GetProperty("answers").EnumerateArray())}"));
    }

    private async Task<string> EntryAsync()
    {
        var lines = await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, "sandbox/truth-list?of=entries"));
        return JsonDocument.Parse(lines.Split('\n')[0]).RootElement.GetProperty("id").GetString()!;
    }

    [Fact]
    public async Task Service_is_known_by_its_prefixed_name_only_and_asks_for_an_administrator()
    {
        Assert.Contains("SERVICE_DOES_NOT_EXISTS", await _api.PostAsync("eventNotificationTemplate", "list", ("ks", _api.Ks)), StringComparison.Ordinal);
        Assert.Contains("MISSING_KS", await _api.PostAsync(Service, "list"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Account_may_clone_what_is_delivered_and_not_add()
    {
        var delivered = (await CallAsync("listTemplates", ("filter[typeEqual]", "httpNotification.Http"))).GetProperty("objects");
        Assert.Equal("HTTP_ENTRY_STATUS_CHANGED HTTP_ENTRY_STATUS_EQUALS", string.Join(' ', delivered.EnumerateArray().Select(t => t.GetProperty("systemName"))));
        Assert.Equal("SERVICE_FORBIDDEN", (await CallAsync("add", ($"{Template}[name]", "x"))).GetProperty("code").GetString());
        var id = await CloneAsync("http://127.0.0.1:9/");
        var mine = Assert.Single((await CallAsync("list", ("filter[systemNameEqual]", "MINE"))).GetProperty("objects").EnumerateArray());
        Assert.Equal((id, 1), (mine.GetProperty("id").GetInt64(), mine.GetProperty("status").GetInt32()));
        Assert.Equal("EVENT_NOTIFICATION_TEMPLATE_DUPLICATE_SYSTEM_NAME", (await CallAsync("clone", ("id", "12"), ($"{Template}[objectType]", "KalturaHttpNotificationTemplate"), ($"{Template}[systemName]", "MINE"))).GetProperty("code").GetString());
        Assert.Equal("EVENT_NOTIFICATION_TEMPLATE_NOT_FOUND", (await CallAsync("updateStatus", ("id", "12"), ("status", "2"))).GetProperty("code").GetString());
        Assert.Equal(2, (await CallAsync("updateStatus", ("id", $"{id}"), ("status", "2"))).GetProperty("status").GetInt32());
        await CallAsync("delete", ("id", $"{id}"));
        Assert.Empty((await CallAsync("list")).GetProperty("objects").EnumerateArray());
    }

    [Theory]
    [InlineData(null, "sha1")]
    [InlineData("2", "sha256")]
    [InlineData("3", "sha512")]
    public async Task Notification_is_signed_with_the_secret_before_the_body_and_delivered_by_200_or_204_only(string? hash, string name)
    {
        using var receiver = new Receiver(500, 202, 204, 200);
        var id = await CloneAsync(receiver.Url, hash: hash);
        var entry = await EntryAsync();
        Assert.Equal("", await NotifyAsync($$"""{"entry":"{{entry}}"}"""));
        await CallAsync("updateStatus", ("id", $"{id}"), ("status", "2"));
        Assert.Equal("", await NotifyAsync($$"""{"entry":"{{entry}}","status":"7"}"""));
        Assert.Equal("pending 500", await NotifyAsync($$"""{"entry":"{{entry}}","at":1763553600}"""));
        Assert.Equal("pending 500", await NotifyAsync("""{"pass":59}"""));
        Assert.Equal("pending 500,202", await NotifyAsync("""{"pass":1}"""));
        Assert.Equal("delivered 500,202,204", await NotifyAsync("""{"pass":60}"""));
        Assert.Equal("delivered 200", await NotifyAsync("""{"again":true}"""));

        Assert.Single(receiver.Got.Select(g => g.Body).Distinct());
        var (headers, body) = receiver.Got[0];
        byte[] all = Encoding.UTF8.GetBytes(_api.Server.Options.AdminSecret + body);
#pragma warning disable CA5350 // SHA-1 is the service's default.
        var expected = name switch { "sha256" => SHA256.HashData(all), "sha512" => SHA512.HashData(all), _ => SHA1.HashData(all) };
#pragma warning restore CA5350
        Assert.Equal((name, Convert.ToHexStringLower(expected), "application/json"), (headers["X-KALTURA-HASH-ALGO"], headers["X-KALTURA-SIGNATURE"], headers["Content-Type"]));
        var sent = JsonDocument.Parse(body).RootElement;
        Assert.Equal(("KalturaHttpNotification", id, "MINE"), (sent.GetProperty("objectType").GetString(), sent.GetProperty("templateId").GetInt64(), sent.GetProperty("templateSystemName").GetString()));
        Assert.Equal((entry, 1763553600), (sent.GetProperty("object").GetProperty("id").GetString(), sent.GetProperty("object").GetProperty("updatedAt").GetInt64()));
        Assert.True(sent.GetProperty("eventNotificationJobId").GetInt64() > 0);
    }

    [Fact]
    public async Task Notification_is_given_up_after_three_attempts()
    {
        using var receiver = new Receiver(500, 500, 500, 200);
        await CallAsync("updateStatus", ("id", $"{await CloneAsync(receiver.Url)}"), ("status", "2"));
        await NotifyAsync($$"""{"entry":"{{await EntryAsync()}}"}""");
        await NotifyAsync("""{"pass":60}""");
        Assert.Equal("failed 500,500,500", await NotifyAsync("""{"pass":60}"""));
        Assert.Equal("failed 500,500,500", await NotifyAsync("""{"pass":600}"""));
    }

    /// <summary>Takes posts and answers with the given numbers, one after the other.</summary>
    private sealed class Receiver : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Receiver(params int[] answers)
        {
            using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
            {
                free.Start();
                Url = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}/";
            }
            _listener.Prefixes.Add(Url);
            _listener.Start();
            _ = Task.Run(async () =>
            {
                foreach (var answer in answers)
                {
                    var context = await _listener.GetContextAsync();
                    using var reader = new StreamReader(context.Request.InputStream);
                    Got.Add((context.Request.Headers.AllKeys.ToDictionary(k => k!, k => context.Request.Headers[k]!, StringComparer.OrdinalIgnoreCase), await reader.ReadToEndAsync()));
                    context.Response.StatusCode = answer;
                    context.Response.Close();
                }
            });
        }

        public string Url { get; }

        public List<(Dictionary<string, string> Headers, string Body)> Got { get; } = [];

        public void Dispose() => ((IDisposable)_listener).Dispose();
    }
}
