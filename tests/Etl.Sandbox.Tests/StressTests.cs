using System.Diagnostics;

namespace Etl.Sandbox.Tests;

/// <summary>Runs alone: it measures memory.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}

/// <summary>A million entries, one playback each per day.</summary>
[Collection(Alone.Name)]
public class StressTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private static readonly SandboxOptions Million = SandboxFixture.Options with { Entries = 1_000_000, Users = 50_000, Days = 2, EndsAt = new DateOnly(2026, 3, 2) };

    [Fact]
    public async Task Million_rows_are_told_within_bounded_memory()
    {
        await using var api = await Api.StartAsync(Million);
        var before = Alive();
        var started = Stopwatch.GetTimestamp();
        var reading = RowsAsync(api);
        long peak = 0;
        while (!reading.IsCompleted)
        {
            peak = Math.Max(peak, Alive() - before);
            await Task.WhenAny(reading, Task.Delay(200));
        }
        var rows = await reading;
        output.WriteLine($"{rows} rows in {Stopwatch.GetElapsedTime(started)}, {peak / 1_048_576} MiB alive at once");

        Assert.Equal(1_000_000, rows);
        Assert.InRange(peak / 1_048_576, 1, 450);
    }

    private static async Task<long> RowsAsync(Api api)
    {
        await using var stream = await api.Http.GetStreamAsync(new Uri(api.Server.BaseUrl, "sandbox/truth?report=38&from=1772323200&to=1772409600"));
        var rows = 0L;
        var buffer = new byte[1 << 16];
        for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
        {
            rows += buffer.AsSpan(0, read).Count((byte)'\n');
        }
        return rows;
    }

    /// <summary>Bytes of the objects that are reachable now: what other tests left, and when the collector ran last, do not count.</summary>
    private static long Alive()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true);
        return GC.GetGCMemoryInfo(GCKind.FullBlocking).HeapSizeBytes;
    }

    [Fact]
    public async Task Million_entries_can_be_pulled_in_ranges_of_creation_time()
    {
        await using var api = await Api.StartAsync(Million);
        var entries = new Events.EntryBook(Million);
        var created = Enumerable.Range(0, entries.Count).Select(entries.CreatedAt).Order().ToArray();
        var pulled = 0;
        var started = Stopwatch.GetTimestamp();
        // Three of the hundred ranges.
        for (var part = 0; part < 3; part++)
        {
            var (first, next) = (created[part * 10_000], created[(part + 1) * 10_000]);
            var page = await api.TableAsync(38, ("reportInputFilter[toDate]", "1772409600"), ("pager[pageSize]", "12000"),
                ("reportInputFilter[entryCreatedAtGreaterThanOrEqual]", $"{first}"), ("reportInputFilter[entryCreatedAtLessThanOrEqual]", $"{next - 1}"));
            pulled += page.Rows.Count;
        }
        output.WriteLine($"{pulled} rows in {Stopwatch.GetElapsedTime(started)}");

        Assert.Equal(created.AsSpan(0, 31_000).ToArray().Count(c => c >= created[0] && c < created[30_000]), pulled);
    }
}
