using System.Net;
using System.Net.Sockets;
using System.Text;
using Etl.Core.Errors;
using Etl.Core.Hooks;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Pipeline.Serving;
using Etl.Server.Hooks;
using Etl.Testing;
using Etl.Testing.Files;

namespace Etl.Server.Tests.Hooks;

public sealed class HookEndpointTests : IAsyncLifetime, IDisposable
{
    private readonly FakeClock _clock = new(new DateTimeOffset(2026, 11, 19, 12, 0, 0, TimeSpan.Zero));
    private readonly TempFolder _folder = new();
    private readonly Inbox _inbox = new();
    private readonly Verifier _verifier = new();
    private StatusServer _server = null!;
    private HttpClient _client = null!;

    public async Task InitializeAsync()
    {
        var desk = new HookDesk(new Desk(), _inbox, _clock, _ => { });
        var options = new StatusServerOptions { DataFolder = _folder.Path, Urls = [new Uri("http://127.0.0.1:0")], Extensions = [new HookEndpoint(desk, _verifier, _clock).Map] };
        _server = await StatusServer.StartAsync(options, new ServerParts { Desk = null!, Ledger = null!, Views = null!, Feed = new RunFeed() }, CancellationToken.None);
        _client = new HttpClient { BaseAddress = _server.Urls[0] };
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    private async Task<(int Status, string Body)> PostAsync(string job, HttpContent content)
    {
        using var reply = await _client.PostAsync(new Uri($"/hooks/{job}", UriKind.Relative), content);
        return ((int)reply.StatusCode, await reply.Content.ReadAsStringAsync());
    }

    private Task<(int Status, string Body)> PostAsync(string job = "plays", string body = "fine") => PostAsync(job, new StringContent(body));

    [Fact]
    public async Task Hook_is_answered_with_exactly_200_and_so_is_the_same_one_again()
    {
        Assert.Equal((200, "ok"), await PostAsync());
        Assert.Equal((200, "ok"), await PostAsync());
        var kept = Assert.Single(_inbox.Kept);
        Assert.Equal(("plays", "fine", (string?)null), (kept.Job, kept.Id, kept.Label));
        Assert.All(_verifier.Posts, p => Assert.Equal(("plays", "plays deaf"), (p.Job, p.Jobs)));
    }

    [Theory]
    [InlineData("unknown", "fine", 404)]
    [InlineData("deaf", "fine", 404)]
    [InlineData("plays", "forged", 401)]
    [InlineData("plays", "recorded", 403)]
    [InlineData("plays", "odd", 415)]
    public async Task Refusal_says_its_number_and_nothing_else(string job, string body, int status)
    {
        Assert.Equal((status, ""), await PostAsync(job, body));
        Assert.Empty(_inbox.Kept);
    }

    [Fact]
    public async Task Proof_is_not_even_looked_at_for_a_job_that_takes_no_hooks()
    {
        await PostAsync("deaf");
        Assert.Empty(_verifier.Posts);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Body_that_is_too_long_is_refused_whether_it_says_so_or_not(bool saysSo)
    {
        async Task<int> OfLengthAsync(int bytes)
        {
            var body = Encoding.ASCII.GetBytes("fine".PadRight(bytes));
            using HttpContent content = saysSo ? new ByteArrayContent(body) : new Unmeasured(body);
            return (await PostAsync("plays", content)).Status;
        }

        Assert.Equal(200, await OfLengthAsync(IHookVerifier.MaxBodyBytes));
        Assert.Equal(413, await OfLengthAsync(IHookVerifier.MaxBodyBytes + 1));
    }

    [Fact]
    public async Task Other_methods_are_refused()
    {
        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Put, HttpMethod.Delete])
        {
            using var request = new HttpRequestMessage(method, new Uri("/hooks/plays", UriKind.Relative));
            using var reply = await _client.SendAsync(request);
            // What would change something is refused even earlier, since it carries no antiforgery token.
            Assert.Equal(method == HttpMethod.Get ? HttpStatusCode.MethodNotAllowed : HttpStatusCode.BadRequest, reply.StatusCode);
        }
        Assert.Empty(_inbox.Kept);
    }

    [Fact]
    public async Task Header_that_is_sent_twice_counts_as_none()
    {
        // By hand: a client of the framework would join the two into one.
        using var tcp = new TcpClient(_server.Urls[0].Host, _server.Urls[0].Port);
        var stream = tcp.GetStream();
        await stream.WriteAsync("POST /hooks/plays HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nConnection: close\r\nX-Twice: a\r\nX-Twice: b\r\nX-Once: a\r\n\r\nfine"u8.ToArray());
        using var reader = new StreamReader(stream);
        Assert.StartsWith("HTTP/1.1 200 ", await reader.ReadToEndAsync(), StringComparison.Ordinal);
        var post = Assert.Single(_verifier.Posts);
        Assert.Equal((null, "a"), (post.Twice, post.Once));
    }

    [Fact]
    public async Task Address_that_is_refused_too_often_is_told_so_and_what_is_proven_is_taken_from_it_all_the_same()
    {
        // As many as the service may send at once are all taken.
        for (var i = 0; i < 2 * RefusalLimit.Most; i++) Assert.Equal(200, (await PostAsync()).Status);
        for (var i = 0; i < RefusalLimit.Most; i++) Assert.Equal(401, (await PostAsync(body: "forged")).Status);
        Assert.Equal((429, ""), await PostAsync(body: "forged"));
        Assert.Equal((429, ""), await PostAsync("unknown"));
        Assert.Equal((429, ""), await PostAsync(body: "recorded"));
        // A stranger may share the service's address.
        Assert.Equal(200, (await PostAsync()).Status);
        Assert.Equal(415, (await PostAsync(body: "odd")).Status);
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(401, (await PostAsync(body: "forged")).Status);
    }

    [Fact]
    public async Task Hook_that_could_not_be_kept_is_not_acknowledged_and_costs_the_sender_nothing()
    {
        _inbox.Fault = new EtlException(FaultKind.Unreachable, "The ledger is away.") { IsTransient = true };
        for (var i = 0; i <= RefusalLimit.Most; i++) Assert.Equal((503, ""), await PostAsync());
        _inbox.Fault = null;
        Assert.Equal(200, (await PostAsync()).Status);
        Assert.Single(_inbox.Kept);
    }

    private sealed class Verifier : IHookVerifier
    {
        public List<(string Job, string Jobs, string? Twice, string? Once)> Posts { get; } = [];

        public string? FindFault(string job) => null;

        public HookReading Read(HookPost post)
        {
            Posts.Add((post.Job, string.Join(' ', post.Jobs), post.Header("X-Twice"), post.Header("x-once")));
            var body = Encoding.ASCII.GetString(post.Body.Span).Trim();
            return body switch
            {
                "forged" => new HookReading(HookVerdict.Unproven),
                "recorded" => new HookReading(HookVerdict.Replayed),
                "odd" => new HookReading(HookVerdict.Unreadable),
                _ => new HookReading(HookVerdict.Accepted, body),
            };
        }
    }

    private sealed class Inbox : IHookInbox
    {
        public List<KeptHook> Kept { get; } = [];

        public EtlException? Fault { get; set; }

        public Task<bool> TryKeepAsync(KeptHook hook, CancellationToken cancellation)
        {
            if (Fault is not null) throw Fault;
            if (Kept.Any(k => (k.Job, k.Id) == (hook.Job, hook.Id))) return Task.FromResult(false);
            Kept.Add(hook);
            return Task.FromResult(true);
        }

        public Task<IReadOnlyList<KeptHook>> WaitingAsync(DateTimeOffset now, CancellationToken cancellation) => throw new NotSupportedException();

        public Task PassedOnAsync(IReadOnlyList<KeptHook> hooks, CancellationToken cancellation) => throw new NotSupportedException();
    }

    private sealed class Desk : IServerDesk
    {
        public IReadOnlyList<JobDefinition> Jobs { get; } = [Job("plays", HookAim.Due), Job("deaf", null)];

        public string? JobFault => null;

        public string Engine => "none";

        public Task<IReadOnlyList<NextFiring>> NextAsync(CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> AskAsync(WorkItem item, string by, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<bool> CancelAsync(string job, string label, CancellationToken cancellation) => throw new NotSupportedException();

        public Task<IReadOnlyList<WindowOutcome>> ReleaseAsync(string job, string label, CancellationToken cancellation) => throw new NotSupportedException();

        private static JobDefinition Job(string name, HookAim? hooks) => new() { Name = name, Hooks = hooks, Sources = [], Land = [], Window = new WindowSpec() };
    }

    /// <summary>A body whose length is not told ahead.</summary>
    private sealed class Unmeasured(byte[] body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => stream.WriteAsync(body).AsTask();

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
