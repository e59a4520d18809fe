using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Etl.Testing;
using Etl.Testing.Simulation;
using Xunit.Abstractions;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>
/// The real planner, runners, lease keeper and publisher in a world of their own, by seeds (<see cref="Night"/>): 2,000 of them, 100,000 on a night run
/// (<c>ETL_TESTS_NIGHTLY=1</c>), or those of <c>ETL_TESTS_SEEDS=first-last</c>. <c>ETL_TESTS_SEED=n</c> lives through one and writes down all that happens. Seeds that once found something stand in
/// <c>Simulation/kept-seeds.txt</c> and always run.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private static bool IsNightly => Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1";

    [Fact]
    public void No_seed_breaks_a_promise()
    {
        if (Environment.GetEnvironmentVariable("ETL_TESTS_SEED") is { Length: > 0 } one)
        {
            var night = Lived.On(() => Night.Live(int.Parse(one, CultureInfo.InvariantCulture), keepsLog: true));
            foreach (var line in night.Log) output.WriteLine(line);
            Assert.Empty(night.Judge.Violations);
            return;
        }
        var clock = Stopwatch.StartNew();
        var (first, last) = Environment.GetEnvironmentVariable("ETL_TESTS_SEEDS") is { Length: > 0 } asked && asked.Split('-') is [var from, var to]
            ? (int.Parse(from, CultureInfo.InvariantCulture), int.Parse(to, CultureInfo.InvariantCulture))
            : (1, IsNightly ? 100_000 : 2_000);
        var seeds = Enumerable.Range(first, last - first + 1).ToList();
        var broken = new ConcurrentQueue<int>();
        long events = 0, published = 0, refused = 0, superseded = 0;
        Lived.OnAll(seeds, seed =>
        {
            var night = Night.Live(seed);
            Interlocked.Add(ref events, night.Happened);
            Interlocked.Add(ref published, night.Judge.Published);
            Interlocked.Add(ref refused, night.Judge.Refused);
            Interlocked.Add(ref superseded, night.Judge.Superseded);
            if (night.Judge.Violations.Count > 0) broken.Enqueue(seed);
        });
        output.WriteLine($"Seeds {first} to {last}, {seeds.Count * Night.Windows} windows, {events} events, {published} publications, {refused} commits refused as too old, {superseded} outcomes superseded, {clock.Elapsed.TotalSeconds:0.0} s");
        Assert.True(broken.IsEmpty, broken.IsEmpty ? "" : Tell(broken.Min(), broken.Count));
        // It would prove little if nothing had come too late.
        Assert.True(!IsNightly || refused > 0, "No commit came too late.");
    }

    [Fact]
    public void Kept_seeds_break_no_promise()
    {
        var seeds = File.ReadLines(Path.Combine(Repository.Root, "tests", "Etl.Pipeline.Tests", "Simulation", "kept-seeds.txt"))
            .Select(l => l.Split('#')[0].Trim()).Where(l => l.Length > 0).Select(l => int.Parse(l, CultureInfo.InvariantCulture)).ToList();
        Assert.NotEmpty(seeds);
        foreach (var seed in seeds)
            if (Lived.On(() => Night.Live(seed)).Judge.Violations.Count > 0) Assert.Fail(Tell(seed, 1));
    }

    [Fact]
    public void Seed_gives_the_same_events_each_time()
    {
        for (var seed = 1; seed <= 5; seed++)
            Assert.Equal(Lived.On(() => Night.Live(seed)).Fingerprint, Lived.On(() => Night.Live(seed)).Fingerprint);
        Assert.NotEqual(Lived.On(() => Night.Live(1)).Fingerprint, Lived.On(() => Night.Live(2)).Fingerprint);
    }

    private static string Tell(int seed, int broken)
    {
        var night = Lived.On(() => Night.Live(seed, keepsLog: true));
        return $"""
            {broken} seeds break a promise; seed {seed} does:
            {string.Join('\n', night.Judge.Violations.Take(5))}
            Again, with all that happens: ETL_TESTS_SEED={seed} dotnet test tests/Etl.Pipeline.Tests -c Release --filter No_seed_breaks_a_promise --logger 'console;verbosity=detailed'
            What came last:
            {string.Join('\n', night.Log.TakeLast(60))}
            """;
    }
}

/// <summary>Runs worlds on threads of their own.</summary>
internal static class Lived
{
    public static T On<T>(Func<T> live)
    {
        T? result = default;
        Exception? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = live();
            }
            catch (Exception e)
            {
                fault = e;
            }
        });
        thread.Start();
        thread.Join();
        return fault is null ? result! : throw new InvalidOperationException(fault.ToString(), fault);
    }

    /// <summary>All of them, on as many threads as there are processors.</summary>
    public static void OnAll(IReadOnlyList<int> seeds, Action<int> live)
    {
        var next = -1;
        var threads = Math.Min(Environment.ProcessorCount, 8);
        Task[] done = [.. Enumerable.Range(0, threads).Select(_ => Task.Factory.StartNew(() => On(() =>
        {
            for (int i; (i = Interlocked.Increment(ref next)) < seeds.Count;) live(seeds[i]);
            return true;
        }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task.WaitAll(done);
    }
}
