using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Etl.Testing.Files;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>
/// Kills a process, or lets its call fail, at the calls on files that its work makes, one call a time, and looks: (a) one whole generation is to be seen, the old
/// one or the new; (b) a plain run again reaches the new one; (c) nothing temporary is left then; (d) one more run changes nothing; (e) the ledger agrees.
/// The calls are first written down in an undisturbed run. All of them on a night run (<c>ETL_TESTS_NIGHTLY=1</c>), otherwise some.
/// </summary>
/// <param name="subject">What is swept.</param>
/// <param name="output">Where figures go.</param>
internal sealed class Sweep(SweepSubject subject, ITestOutputHelper output) : IDisposable
{
    /// <summary>The process is killed on entering the call.</summary>
    public const string Kill = "signal=KILL";

    /// <summary>The call is not made and answers that the disk failed.</summary>
    public const string Error = "error=EIO";

    /// <summary>The call is not made and answers that the disk is full.</summary>
    public const string Full = "error=ENOSPC";

    private const int AtOnce = 2, Tries = 5;

    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<string> _violations = new(), _died = new();
    private int _missed, _old, _new;

    /// <summary>True on a night run.</summary>
    public static bool IsNightly => Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1";

    /// <summary>What was found, with where.</summary>
    public IReadOnlyCollection<string> Violations => _violations;

    public void Dispose() => _folder.Dispose();

    /// <summary>Prepares the state before.</summary>
    public async Task PrepareAsync()
    {
        Strace.Require();
        await subject.PrepareAsync(_folder["base"]);
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
    }

    /// <summary>Sweeps with one fault.</summary>
    /// <param name="fault"><see cref="Kill"/>, <see cref="Error"/> or <see cref="Full"/>.</param>
    /// <param name="eachOf">Where it is no night run: one of how many calls that neither sync nor name anything.</param>
    /// <param name="keyOf">One of how many of those that do.</param>
    public async Task RunAsync(string fault, int eachOf, int keyOf = 1)
    {
        (_missed, _old, _new) = (0, 0, 0);
        _died.Clear();
        var clock = Stopwatch.StartNew();
        var calls = await RecordAsync(isWarm: fault != Kill);
        var all = fault == Full ? calls.Where(c => c.NeedsSpace).ToList() : calls;
        var points = new ConcurrentQueue<SystemCall>(IsNightly ? all : [.. all.Where(c => c.IsKey).Where((_, i) => i % keyOf == 0), .. all.Where(c => !c.IsKey).Where((_, i) => i % eachOf == eachOf / 2)]);
        var (count, before) = (points.Count, _violations.Count);
        Assert.NotEqual(0, count);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => WorkAsync(points, fault)));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{subject.Name} {fault}: {all.Count} points, {count} tried, {_missed} not met, {_old} old and {_new} new after the fault, {_violations.Count - before} violations, {clock.Elapsed.TotalSeconds:0} s"));
        if (!_died.IsEmpty) output.WriteLine($"  the process died of {string.Join("; ", _died)}");
        // A call that does not come in a later run proves nothing; one, or a few of many, may be of the runtime's own.
        Assert.True(_missed <= 1 + (count / 20), $"{_missed} of {count} calls did not come.");
    }

    /// <summary>The calls on swept files of a run that nobody disturbs.</summary>
    /// <param name="isWarm">True for a process that did the same before: it loads nothing any more.</param>
    /// <param name="withBytes">True to write down all that is written.</param>
    /// <param name="folder">Where it worked; the caller's to remove.</param>
    public async Task<IReadOnlyList<SystemCall>> RecordAsync(bool isWarm, bool withBytes = false, string? folder = null)
    {
        using var own = new TempFolder();
        var (data, log) = (Path.Combine(folder ?? own.Path, "data"), own["trace"]);
        Folders.Copy(_folder["base"], data);
        await using var child = await SweepChild.StartAsync();
        if (isWarm) await WarmAsync(child);
        await using (await Strace.AttachAsync(child.Id, log, withBytes: withBytes))
        {
            var answer = await child.AskAsync(subject.Command(data));
            Assert.True(answer is not null && subject.IsAcknowledged(answer), answer);
        }
        var calls = SystemCall.Read(log).Where(c => c.Result is not < 0 && c.IsUnder(data) && c.Paths.Any(subject.Sweeps)).ToList();
        Assert.True(calls.Select(c => c.Thread).Distinct().Count() == 1, "More than one thread works on files: calls cannot be counted.");
        return calls;
    }

    private async Task WarmAsync(SweepChild child)
    {
        using var scratch = new TempFolder();
        for (var i = 0; i < 2; i++)
        {
            Folders.Copy(_folder["base"], scratch[$"{i}/data"]);
            var answer = await child.AskAsync(subject.Command(scratch[$"{i}/data"]));
            Assert.True(answer is not null && subject.IsAcknowledged(answer), answer);
        }
    }

    private async Task WorkAsync(ConcurrentQueue<SystemCall> points, string fault)
    {
        SweepChild? child = null;
        try
        {
            while (points.TryDequeue(out var point))
            {
                for (var attempt = 1; ; attempt++)
                {
                    if (child is null)
                    {
                        child = await SweepChild.StartAsync();
                        if (fault != Kill) await WarmAsync(child);
                    }
                    var hit = await TryAsync(child, point, fault);
                    // A handle that was not closed stays open in the process, as it never would; its locks with it. Where the point was not met, the process may stand still.
                    if (fault == Kill || point.Name == "close" || child.IsGone || !hit)
                    {
                        await child.DisposeAsync();
                        child = null;
                    }
                    if (hit) break;
                    if (attempt < Tries) continue;
                    Interlocked.Increment(ref _missed);
                    break;
                }
            }
        }
        finally
        {
            if (child is not null) await child.DisposeAsync();
        }
    }

    private async Task<bool> TryAsync(SweepChild child, SystemCall point, string fault)
    {
        using var work = new TempFolder();
        var (data, log) = (work["data"], work["trace"]);
        Folders.Copy(_folder["base"], data);
        var where = $"{subject.Name}, {fault} at {point.Name} {point.Number} of '{string.Join("', '", point.Paths.Select(Path.GetFileName))}'";
        string? answer;
        var strace = await Strace.AttachAsync(child.Id, log, $"{point.Name}:{fault}:when={point.Number}");
        await using (strace) answer = await child.AskAsync(subject.Command(data));
        if (child.Hangs)
        {
            _violations.Enqueue($"{where}; no answer within {SweepChild.Patience.TotalSeconds:0} s");
            return true;
        }
        if (strace.WasStuck) return false;
        var calls = SystemCall.Read(log);
        var hit = fault == Kill ? answer is null && calls is [.., var last] && last.Name == point.Name && last.Result is null && last.IsUnder(data) : calls.Any(c => c.IsInjected && c.IsUnder(data));
        if (!hit) return false;
        // Calls are counted by thread, so the first 'write' of the work is also that of the answer, on another thread, and the child ends without one. What it leaves behind has to be as after a kill.
        if (fault != Kill && answer is null) _died.Enqueue(where);
        var hasFailedSync = fault != Kill && point.Name is ("fsync" or "fdatasync") && !point.Paths.Any(SweepSubject.MayFailUnseen);
        var (seen, violation) = await Aftermath.FindAsync(subject, data, answer, hasFailedSync);
        if (seen is { } generation) Interlocked.Increment(ref (generation == Generation.New ? ref _new : ref _old));
        if (violation is not null) _violations.Enqueue($"{where}; {violation}");
        return true;
    }
}
