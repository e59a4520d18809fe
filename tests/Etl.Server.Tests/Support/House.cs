using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Etl.Core.Hooks;
using Etl.Core.Secrets;
using Etl.Landing.Sql.Sqlite;
using Etl.Pipeline.Serving;
using Etl.Server.Hooks;
using Etl.Server.Who;
using Etl.Testing;
using Etl.Testing.Files;
using Etl.Testing.Rows;

namespace Etl.Server.Tests.Support;

/// <summary>A running server on a port of its own, with a real ledger in a file.</summary>
internal sealed class House : IAsyncDisposable
{
    public const string Password = "correct horse battery staple";

    private readonly TempFolder _folder;
    private readonly StatusServer _server;

    private House(TempFolder folder, SqliteLedger ledger, FakeDesk desk, FakeClock clock, RunFeed feed, StatusServer server, ConcurrentQueue<string> said) =>
        (_folder, Ledger, Desk, Clock, Feed, _server, Said) = (folder, ledger, desk, clock, feed, server, said);

    public SqliteLedger Ledger { get; }

    public FakeDesk Desk { get; }

    public FakeClock Clock { get; }

    public RunFeed Feed { get; }

    /// <summary>The log.</summary>
    public ConcurrentQueue<string> Said { get; }

    public Uri Url => _server.Urls[0];

    public string Folder => _folder.Path;

    public IEnumerable<Microsoft.AspNetCore.Http.Endpoint> Endpoints => _server.Endpoints;

    /// <summary>Keys of the users that <see cref="OpenAsync"/> made, by role.</summary>
    public Dictionary<Role, string> Keys { get; } = [];

    /// <summary>Opens a house.</summary>
    /// <param name="locked">With a viewer's and an operator's key, and the people <c>vera</c> (viewer) and <c>otto</c> (operator).</param>
    /// <param name="more">Changes the options.</param>
    public static async Task<House> OpenAsync(bool locked = true, Func<StatusServerOptions, StatusServerOptions>? more = null)
    {
        var folder = new TempFolder();
        var clock = new FakeClock(Etl.Testing.Rows.Keys.Noon);
        var ledger = await SqliteLedger.OpenAsync(folder["ledger.db"], CancellationToken.None);
        var desk = new FakeDesk(clock);
        var feed = new RunFeed();
        var said = new ConcurrentQueue<string>();
        var keys = new Dictionary<Role, string>();
        if (locked)
            foreach (var role in Enum.GetValues<Role>())
            {
                var (key, kept) = Credential.NewKey();
                keys[role] = key.Reveal();
                Users.Put(folder["server"], new User(role == Role.Viewer ? "reports" : "deploy", role, kept));
                Users.Put(folder["server"], new User(role == Role.Viewer ? "vera" : "otto", role, Credential.OfPassword(new Secret(Password), rounds: 10)));
            }
        var hooks = new HookEndpoint(new HookDesk(desk, ledger, clock, said.Enqueue), new NoProof(), clock);
        var options = new StatusServerOptions { Urls = [new Uri("http://127.0.0.1:0")], DataFolder = folder.Path, Extensions = [hooks.Map], Say = said.Enqueue };
        var parts = new ServerParts { Desk = desk, Ledger = ledger, Views = ledger, Alerts = ledger, Feed = feed, Time = clock };
        var server = await StatusServer.StartAsync(more is null ? options : more(options), parts, CancellationToken.None);
        var house = new House(folder, ledger, desk, clock, feed, server, said);
        foreach (var (role, key) in keys) house.Keys[role] = key;
        return house;
    }

    /// <summary>A client that keeps cookies and follows nothing; with the key of a role, or without one.</summary>
    public HttpClient Client(Role? key = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = Url };
        if (key is { } role) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Keys[role]);
        return client;
    }

    /// <summary>A fresh antiforgery token; its cookie is in the client.</summary>
    public static async Task<string> TokenAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/api/v1/antiforgery");
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!["token"]!.GetValue<string>();
    }

    /// <summary>Sends the form of the login page.</summary>
    public static async Task<HttpResponseMessage> LoginAsync(HttpClient client, string name, string password = Password, string to = "")
    {
        var fields = new Dictionary<string, string> { ["antiforgery"] = await TokenAsync(client), ["name"] = name, ["password"] = password, ["to"] = to };
        return await client.PostAsync("/login", new FormUrlEncodedContent(fields));
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await Ledger.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Finds no proof in any hook.</summary>
    private sealed class NoProof : IHookVerifier
    {
        public string? FindFault(string job) => null;

        public HookReading Read(HookPost post) => new(HookVerdict.Unproven);
    }
}
