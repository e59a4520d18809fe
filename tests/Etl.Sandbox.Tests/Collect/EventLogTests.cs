using System.Globalization;
using Etl.Sandbox.Collect;
using Etl.Testing;

namespace Etl.Sandbox.Tests.Collect;

/// <summary>What a sandbox keeps from one start to the next.</summary>
public sealed class EventLogTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "etl-events-" + Guid.NewGuid().ToString("N"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Restart_keeps_events_and_reports()
    {
        List<string> before;
        await using (var api = await StartAsync())
        {
            Assert.Equal("true", await api.CollectAsync("s", "1_abc", 1));
            await api.CollectAsync("s", "1_abc", 3);
            await api.CollectAsync("s", "1_abc", 4);
            before = [.. (await api.EventsAsync()).Select(e => e.GetRawText())];
        }
        await using (var api = await StartAsync())
        {
            Assert.Empty(api.Server.Notices);
            Assert.Equal(before, (await api.EventsAsync()).Select(e => e.GetRawText()));
            // The session goes on: its first quarter is counted already.
            await api.CollectAsync("s", "1_abc", 4);
            Assert.Equal(1, (await api.CountsAsync(2, "count_plays"))["1_abc"]);
            Assert.Equal(1, (await api.CountsAsync(2, "count_plays_25"))["1_abc"]);
        }
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("garbage")]
    [InlineData("flipped")]
    public async Task Damaged_tail_is_cut_with_a_message_and_kept_aside(string damage)
    {
        await using (var api = await StartAsync())
        {
            for (var i = 0; i < 5; i++)
                await api.CollectAsync("s" + i, "1_abc", 3);
        }
        var path = Path.Combine(_folder, "events.log");
        var bytes = await File.ReadAllBytesAsync(path);
        byte[] damaged = damage switch
        {
            "cut" => bytes[..^3],
            "garbage" => [.. bytes, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
            _ => [.. bytes[..^1], (byte)~bytes[^1]],
        };
        await File.WriteAllBytesAsync(path, damaged);
        var whole = damage == "garbage" ? 5 : 4;
        await using (var api = await StartAsync())
        {
            var notice = Assert.Single(api.Server.Notices);
            Assert.Contains($"behind its event {whole}:", notice, StringComparison.Ordinal);
            Assert.Equal(whole, api.Server.Received);
            var kept = await File.ReadAllBytesAsync(Path.Combine(_folder, "events-damaged-1.bin"));
            Assert.Equal(damaged[^kept.Length..], kept);
            await api.CollectAsync("late", "1_abc", 3);
        }
        await using (var api = await StartAsync())
        {
            Assert.Empty(api.Server.Notices);
            Assert.Equal(whole + 1, (await api.CountsAsync(2, "count_plays"))["1_abc"]);
        }
    }

    [Fact]
    public async Task Second_sandbox_cannot_use_the_same_folder()
    {
        await using var api = await StartAsync();
        await Assert.ThrowsAsync<IOException>(() => StartAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Many_at_once_are_kept_in_the_order_of_their_numbers(bool onDisk)
    {
        Directory.CreateDirectory(_folder);
        const int Writers = 8, Each = 2_000;
        var clock = new FakeClock(CollectApi.Noon);
        var handed = new List<(long Number, string Name)>();
        await using (var log = EventLog.Open(onDisk ? _folder : null, clock.GetUtcNow, (number, item) => handed.Add((number, item["name"]!)), _ => { }))
        {
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(async () =>
            {
                for (var i = 0; i < Each; i++)
                {
                    var name = string.Create(CultureInfo.InvariantCulture, $"{writer}-{i}");
                    var kept = log.AddAsync(at => Item(at, name));
                    if (i % 100 == 99)
                        await kept;
                }
            })));
            await log.AddAsync(at => Item(at, "last"));

            Assert.Equal(Writers * Each + 1, log.Count);
            Assert.Equal(Enumerable.Range(1, Writers * Each + 1), handed.Select(h => (int)h.Number));
            var read = new List<(long Number, string Name)>();
            while (log.Read(read.Count + 1, 700) is { Count: > 0 } page)
                read.AddRange(page.Select(p => (p.Number, p.Event["name"]!)));
            Assert.Equal(handed, read);
            for (var writer = 0; writer < Writers; writer++)
                Assert.Equal(Enumerable.Range(0, Each).Select(i => $"{writer}-{i}"), read.Where(r => r.Name.StartsWith($"{writer}-", StringComparison.Ordinal)).Select(r => r.Name));
        }
    }

    [Fact]
    public async Task First_event_of_a_time_is_found()
    {
        Directory.CreateDirectory(_folder);
        var clock = new FakeClock(CollectApi.Noon);
        await using var log = EventLog.Open(null, clock.GetUtcNow, (_, _) => { }, _ => { });
        for (var i = 0; i < 1_000; i++)
        {
            await log.AddAsync(at => Item(at, "x"));
            if (i % 3 == 2)
                clock.Advance(TimeSpan.FromSeconds(1));
        }
        var start = CollectApi.Noon.ToUnixTimeMilliseconds();
        Assert.Equal(1, log.FirstAt(0));
        Assert.Equal(1, log.FirstAt(start));
        for (var second = 1; second < 333; second++)
            Assert.Equal(second * 3 + 1, log.FirstAt(start + second * 1_000L - 500));
        Assert.Equal(1_001, log.FirstAt(start + 334_000));
    }

    private static CollectedEvent Item(long at, string name) => new() { At = at, Api = ApiOfItem, PartnerId = 1, Type = 3, Parameters = [new("name", name)] };

    private const EventApi ApiOfItem = EventApi.Track;

    private Task<Api> StartAsync() => CollectApi.StartAsync(o => o with { DataFolder = _folder });
}
