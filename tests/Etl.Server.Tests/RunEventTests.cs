using System.Net;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Server.Api;
using Etl.Server.Tests.Support;
using Etl.Server.Who;
using Etl.Testing.Rows;

namespace Etl.Server.Tests;

public sealed class RunEventTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Listener_hears_what_happens()
    {
        await using var house = await House.OpenAsync();
        using var stream = await ListenAsync(house);
        Assert.Equal(": here", await LineAsync(stream));
        house.Feed.Planned("nightly", 3, 1);
        house.Feed.Moved(Keys.Key(), WindowState.Pulling);
        house.Feed.Finished(new WindowOutcome { Key = Keys.Key(), State = WindowState.Held, Rows = 5, Message = "two\nlines" });
        Assert.Equal("event: planned", await LineAsync(stream));
        Assert.Equal("""data: {"job":"nightly","windows":3,"notDue":1}""", await LineAsync(stream));
        Assert.Equal("event: moved", await LineAsync(stream));
        Assert.Equal("""data: {"job":"nightly","source":"main","account":"101","window":"2026-11-19","state":"pulling"}""", await LineAsync(stream));
        Assert.Equal("event: finished", await LineAsync(stream));
        Assert.Contains("""state":"held","rows":5,"message":"two\nlines""", await LineAsync(stream), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_is_broken_by_comments()
    {
        await using var house = await House.OpenAsync(more: o => o with { Heartbeat = TimeSpan.FromMilliseconds(50) });
        using var stream = await ListenAsync(house);
        Assert.Equal(": here", await LineAsync(stream));
        Assert.Equal(": still here", await LineAsync(stream));
        Assert.Equal(": still here", await LineAsync(stream));
    }

    [Fact]
    public async Task Listener_who_may_not_any_more_is_let_go()
    {
        await using var house = await House.OpenAsync(more: o => o with { Heartbeat = TimeSpan.FromMilliseconds(50) });
        using var stream = await ListenAsync(house);
        Assert.Equal(": here", await LineAsync(stream));
        Users.Put(StatusServerOptions.UsersFolder(house.Folder), new User("reports", Role.Viewer, Credential.NewKey().Kept));
        house.Clock.Advance(TimeSpan.FromSeconds(2));
        string? line;
        do line = await stream.ReadLineAsync().WaitAsync(s_soon);
        while (line is not null);
    }

    [Fact]
    public async Task Server_that_stops_does_not_wait_for_its_listeners()
    {
        var house = await House.OpenAsync();
        using var stream = await ListenAsync(house);
        Assert.Equal(": here", await LineAsync(stream));
        await house.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task There_are_only_so_many_listeners_and_one_that_goes_makes_room()
    {
        await using var house = await House.OpenAsync();
        var streams = new List<StreamReader>();
        for (var i = 0; i < RunEvents.MostListeners; i++) streams.Add(await ListenAsync(house));
        using var client = house.Client(Role.Viewer);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/api/v1/events")).StatusCode);
        foreach (var stream in streams) stream.Dispose();
        await UntilAsync(async () =>
        {
            using var answer = await client.GetAsync("/api/v1/events", HttpCompletionOption.ResponseHeadersRead);
            return answer.StatusCode == HttpStatusCode.OK;
        });
    }

    [Fact]
    public void Slow_listener_keeps_the_newest_and_hears_that_it_missed_some()
    {
        var queue = new EventQueue(3);
        for (var i = 0; i < 5; i++) queue.Planned("job" + i, 1, 0);
        Assert.Equal(["missed", "planned", "planned", "planned"], queue.Take().Select(e => e.Name));
        Assert.Empty(queue.Take());
        for (var i = 0; i < 100; i++) queue.Progressed(Keys.Key(), new PullProgress(i, i, i, "reading"));
        Assert.Contains("Calls = 99", Assert.Single(queue.Take()).Data.ToString(), StringComparison.Ordinal);
    }

    private static async Task<StreamReader> ListenAsync(House house)
    {
        var client = house.Client(Role.Viewer);
        return new StreamReader(await client.GetStreamAsync("/api/v1/events"));
    }

    private static async Task<string> LineAsync(StreamReader stream)
    {
        string? line;
        do line = await stream.ReadLineAsync().WaitAsync(s_soon);
        while (line is "");
        return line!;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        for (var end = DateTime.UtcNow + s_soon; !await condition();)
        {
            Assert.True(DateTime.UtcNow < end, "Nothing changed.");
            await Task.Delay(20);
        }
    }
}
