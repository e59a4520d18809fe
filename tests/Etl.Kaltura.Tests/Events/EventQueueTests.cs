using Etl.Core.Errors;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Queue;
using Etl.Testing.Files;

namespace Etl.Kaltura.Tests.Events;

public sealed class EventQueueTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];

    private string Folder => _folder["queue"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_appended_is_read_in_order_and_again_after_opening_until_it_is_done_with()
    {
        using (var queue = Open())
        {
            await queue.AppendAsync(Lines(1, 5));
            var read = Read(queue);
            Assert.Equal(Names(1, 5), read.Select(Name));
            Assert.Null(queue.TryRead());
            queue.Acknowledge(read[1]);
            queue.Acknowledge(read[3]);
            await queue.AppendAsync(Lines(6, 6));
            Assert.Equal("e6", Name(queue.TryRead()!));
            Assert.Equal(4, queue.Count);
        }
        using (var queue = Open())
        {
            Assert.Equal(4, queue.Count);
            Assert.Equal(["e1", "e3", "e5", "e6"], Read(queue).Select(Name));
        }
        Assert.Empty(_warnings);
    }

    [Fact]
    public async Task Event_keeps_its_api_type_parameters_user_and_privileges()
    {
        var e = await EventFormTests.OneAsync("""{"api":"analytics.trackEvent","eventType":10002,"partnerId":101,"buttonName":"ä \"x\"\n","asUser":"ann","privileges":["appid:portal","virtualeventid:9"]}""");
        using var queue = Open();
        await queue.AppendAsync([new EventLine(1, e, [])]);
        var read = queue.TryRead()!.Event!;
        Assert.Equal((e.Api, e.Type, e.AsUser), (read.Api, read.Type, read.AsUser));
        Assert.Equal(e.Privileges, read.Privileges);
        Assert.Equal(e.Parameters, read.Parameters);
    }

    [Fact]
    public async Task Files_go_when_all_their_events_are_done_with()
    {
        using var queue = Open(segmentBytes: 800);
        for (var i = 1; i <= 40; i += 4) await queue.AppendAsync(Lines(i, i + 3));
        Assert.InRange(Directory.GetFiles(Folder, "*.events").Length, 4, 12);
        var read = Read(queue);
        Assert.Equal(Names(1, 40), read.Select(Name));
        // The last first: no file may go before its own events.
        foreach (var e in Enumerable.Reverse(read).Take(39)) queue.Acknowledge(e);
        Assert.Equal(2, Directory.GetFiles(Folder, "*.events").Length);
        queue.Acknowledge(read[0]);
        Assert.Single(Directory.GetFiles(Folder, "*.events"));
        Assert.Equal(0, queue.Count);
        await queue.AppendAsync(Lines(41, 42));
        Assert.Equal(["e41", "e42"], Read(queue).Select(Name));
    }

    [Fact]
    public async Task Torn_tail_is_cut_and_every_intact_event_stays()
    {
        var file = await FilledAsync(10);
        var whole = await File.ReadAllBytesAsync(file);
        var ends = Ends(whole);
        foreach (var cut in new[] { whole.Length - 1, ends[8] + 1, ends[8] + 12, ends[3] + 5 })
        {
            _warnings.Clear();
            Restore(file, whole[..cut]);
            using (var queue = Open()) Assert.Equal(Names(1, ends.Count(e => e <= cut)), Read(queue).Select(Name));
            Assert.Contains("a write that was cut off", Assert.Single(_warnings), StringComparison.Ordinal);
            _warnings.Clear();
            // Mended: the damage is told once.
            using (var queue = Open()) Assert.Equal(ends.Count(e => e <= cut), queue.Count);
            Assert.Empty(_warnings);
        }
    }

    [Fact]
    public async Task Damage_in_the_middle_is_set_aside_and_all_around_it_is_kept()
    {
        var file = await FilledAsync(10);
        var whole = await File.ReadAllBytesAsync(file);
        var ends = Ends(whole);
        for (var at = ends[3]; at < ends[4]; at++)
        {
            _warnings.Clear();
            var bytes = whole.ToArray();
            bytes[at] ^= 0x55;
            Restore(file, bytes);
            using var queue = Open();
            Assert.Equal(Names(1, 10).Except(["e5"]), Read(queue).Select(Name));
            Assert.Contains($"at offset {ends[3]} ", Assert.Single(_warnings), StringComparison.Ordinal);
        }
        var aside = Assert.Single(Directory.GetFiles(_folder["damaged"]));
        Assert.Equal(ends[4] - ends[3], new FileInfo(aside).Length);
    }

    [Fact]
    public async Task Random_damage_never_loses_an_event_that_it_did_not_touch()
    {
        var file = await FilledAsync(30);
        var whole = await File.ReadAllBytesAsync(file);
        var ends = Ends(whole);
        for (var seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var bytes = whole.ToArray();
            var hit = new HashSet<int>();
            for (var n = random.Next(1, 5); n > 0; n--)
            {
                var from = random.Next(Segment.Header.Length, bytes.Length);
                for (var at = from; at < Math.Min(bytes.Length, from + random.Next(1, 300)); at++)
                {
                    bytes[at] ^= (byte)random.Next(1, 256);
                    hit.Add(ends.FindIndex(e => at < e) + 1);
                }
            }
            Restore(file, bytes);
            using var queue = Open();
            var read = Read(queue).Select(Name).ToList();
            Assert.True(Names(1, 30).Where((_, i) => !hit.Contains(i + 1)).SequenceEqual(read), $"seed {seed}: {string.Join(' ', read)}");
        }
    }

    [Fact]
    public async Task Damaged_list_of_what_is_done_brings_events_again_and_loses_none()
    {
        using (var queue = Open())
        {
            await queue.AppendAsync(Lines(1, 3));
            foreach (var e in Read(queue).Take(2)) queue.Acknowledge(e);
        }
        var done = Assert.Single(Directory.GetFiles(Folder, "*.done"));
        var bytes = await File.ReadAllBytesAsync(done);
        bytes[3] ^= 1;
        await File.WriteAllBytesAsync(done, bytes);
        using (var queue = Open()) Assert.Equal(["e1", "e3"], Read(queue).Select(Name));
    }

    [Fact]
    public async Task Full_queue_keeps_the_oldest_refuses_new_ones_and_takes_them_when_there_is_room()
    {
        using var queue = Open(limit: 20_000);
        var taken = 0;
        EtlException? full = null;
        while (full is null)
        {
            try
            {
                await queue.AppendAsync(Lines(taken + 1, taken + 10));
                taken += 10;
            }
            catch (EtlException e)
            {
                full = e;
            }
        }
        Assert.Equal("queue-full", full.Code);
        Assert.Contains("of 20000 bytes", full.Message, StringComparison.Ordinal);
        Assert.InRange(Directory.GetFiles(Folder, "*.events").Sum(f => new FileInfo(f).Length), 18_000, 20_000);
        var read = Read(queue);
        Assert.Equal(Names(1, taken), read.Select(Name));
        foreach (var e in read) queue.Acknowledge(e);
        await queue.AppendAsync(Lines(1, 10));
        Assert.Equal(10, Read(queue).Count);
    }

    [Fact]
    public async Task Second_process_is_refused()
    {
        using var queue = Open();
        await queue.AppendAsync(Lines(1, 1));
        var e = Assert.Throws<EtlException>(() => Open());
        Assert.Equal(FaultKind.Usage, e.Kind);
        Assert.Contains("in use by another process", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Input_goes_on_where_it_stopped_even_when_its_events_are_gone_and_is_known_until_it_is_forgotten()
    {
        using (var queue = Open(segmentBytes: 1_000))
        {
            await queue.AppendAsync(Lines(1, 4), input: 7);
            await queue.AppendAsync(Lines(5, 6), input: 8);
            foreach (var e in Read(queue)) queue.Acknowledge(e);
        }
        for (var i = 0; i < 3; i++)
        {
            using var queue = Open(segmentBytes: 1_000);
            Assert.Equal((4, 6, 0), (queue.LinesTaken(7), queue.LinesTaken(8), queue.LinesTaken(9)));
        }
        using (var queue = Open())
        {
            await queue.AppendAsync(Lines(5, 9), input: 7, isEnd: true);
            Assert.Equal(EventQueue.WholeInput, queue.LinesTaken(7));
        }
        using (var queue = Open())
        {
            Assert.Equal((EventQueue.WholeInput, 6), (queue.LinesTaken(7), queue.LinesTaken(8)));
            Assert.Equal(5, queue.Count);
            await queue.ForgetInputsAsync();
            Assert.Equal((0, 6), (queue.LinesTaken(7), queue.LinesTaken(8)));
        }
        using (var queue = Open()) Assert.Equal((0, 6, 5), (queue.LinesTaken(7), queue.LinesTaken(8), queue.Count));
    }

    [Fact]
    public async Task Many_writers_share_the_file_and_each_keeps_its_order()
    {
        using (var queue = Open(segmentBytes: 50_000))
        {
            await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
            {
                for (var i = 0; i < 100; i++) await queue.AppendAsync([Line(1, $"w{w}-{i:000}")]);
            })));
        }
        using (var queue = Open())
        {
            var read = Read(queue).Select(Name).ToList();
            Assert.Equal(800, read.Count);
            foreach (var writer in read.GroupBy(n => n[..2])) Assert.Equal(writer.Order(StringComparer.Ordinal), writer);
        }
    }

    [Fact]
    public async Task Reader_that_waits_is_woken_by_an_append()
    {
        using var queue = Open();
        var more = queue.WaitForMoreAsync();
        Assert.Null(queue.TryRead());
        Assert.False(more.IsCompleted);
        await queue.AppendAsync(Lines(1, 1));
        await more.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal("e1", Name(queue.TryRead()!));
    }

    private static List<QueuedEvent> Read(EventQueue queue)
    {
        var all = new List<QueuedEvent>();
        while (queue.TryRead() is { } e) all.Add(e);
        return all;
    }

    private static string Name(QueuedEvent e) => e.Event!["pageName"]!;

    private static IEnumerable<string> Names(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => $"e{i}");

    private static List<EventLine> Lines(int from, int to) => [.. Enumerable.Range(from, to - from + 1).Select(i => Line(i, $"e{i}"))];

    private static EventLine Line(long number, string name)
    {
        var api = EventCatalog.Default.TrackEvent;
        return new EventLine(number, new KalturaEvent(api, api.Find(10003)!, [new("partnerId", "101"), new("pageName", name)]), []);
    }

    private EventQueue Open(int segmentBytes = 32 << 20, long limit = 1 << 30) =>
        EventQueue.Open(new EventQueueOptions { Folder = Folder, SegmentBytes = segmentBytes, LimitBytes = limit, Warn = _warnings.Add });

    private async Task<string> FilledAsync(int count)
    {
        using (var queue = Open()) await queue.AppendAsync(Lines(1, count));
        return Assert.Single(Directory.GetFiles(Folder, "*.events"));
    }

    // The queue as it was, but for this one file.
    private void Restore(string file, byte[] bytes)
    {
        foreach (var other in Directory.GetFiles(Folder)) File.Delete(other);
        File.WriteAllBytes(file, bytes);
    }

    // Where each record ends, by its length field.
    private static List<int> Ends(byte[] bytes)
    {
        var ends = new List<int>();
        for (var at = 8; at < bytes.Length; ends.Add(at)) at += 12 + BitConverter.ToInt32(bytes, at + 4);
        return ends;
    }
}
