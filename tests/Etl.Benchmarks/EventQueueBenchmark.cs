using System.Diagnostics;
using System.Globalization;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Model;
using Etl.Kaltura.Events.Queue;
using Etl.Landing.Stores.Local;
using Etl.Testing.Files;

namespace Etl.Benchmarks;

/// <summary>The event queue: events a second to disk, each group synced; and back, with every event noted as done.</summary>
internal static class EventQueueBenchmark
{
    internal static int Run(string[] args)
    {
        var events = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 500_000;
        var repeats = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 3;
        Console.WriteLine(Machine.Describe());
        var lines = Lines(events);
        foreach (var (batch, writers) in new[] { (1_000, 1), (100, 8), (1, 64) })
            for (var repeat = 0; repeat < repeats; repeat++) MeasureAsync(lines[..(batch == 1 ? Math.Min(events, 50_000) : events)], batch, writers).GetAwaiter().GetResult();
        return 0;
    }

    private static List<EventLine> Lines(int count)
    {
        var model = new ViewerModelOptions { Api = EventCatalog.Default.TrackEvent, PartnerId = "101", EntryId = "1_abcdefgh", Duration = TimeSpan.FromMinutes(10), Viewers = 10_000 };
        return [.. ViewerModel.Play(model).Take(count).Select((e, i) => new EventLine(i + 1, e.Event, []))];
    }

    private static async Task MeasureAsync(List<EventLine> lines, int batch, int writers)
    {
        using var folder = new TempFolder();
        var options = new EventQueueOptions { Folder = folder["queue"], SyncFolder = DurableFolder.Sync, LimitBytes = 8L << 30 };
        using var queue = EventQueue.Open(options);
        var (clock, cpu) = (Stopwatch.StartNew(), Process.GetCurrentProcess().TotalProcessorTime);
        var next = -batch;
        await Task.WhenAll(Enumerable.Range(0, writers).Select(_ => Task.Run(async () =>
        {
            for (int at; (at = Interlocked.Add(ref next, batch)) < lines.Count;)
                await queue.AppendAsync(lines.GetRange(at, Math.Min(batch, lines.Count - at)));
        })));
        var (written, writtenCpu) = (clock.Elapsed, Process.GetCurrentProcess().TotalProcessorTime - cpu);
        var bytes = Directory.GetFiles(folder["queue"]).Sum(f => new FileInfo(f).Length);
        clock.Restart();
        var read = 0;
        for (; queue.TryRead() is { } e; read++) queue.Acknowledge(e);
        if (read != lines.Count || queue.Count != 0) throw new InvalidOperationException($"{read} of {lines.Count} events came back.");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{writers,2} writers x {batch,4} events: {lines.Count / written.TotalSeconds,9:#,0} events/s to disk ({bytes / 1048576.0 / written.TotalSeconds:0} MB/s, {lines.Count / writtenCpu.TotalSeconds:#,0} per cpu-second); back and done with: {read / clock.Elapsed.TotalSeconds:#,0} events/s"));
    }
}
