using System.Diagnostics;
using System.Globalization;
using Etl.Testing.Files;
using Microsoft.Data.Sqlite;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>
/// The power goes: every part of what was not synced may be missing. States are made from the calls of real runs, looked at as after a kill, and run again. That the
/// model finds faults is shown with runs that lack a sync, or that write in place.
/// </summary>
public sealed class PowerLossTests(ITestOutputHelper output) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Dataset_is_whole_after_a_loss_of_power_and_every_sync_is_needed(int night)
    {
        var subject = new NightSubject("parquet", night);
        var model = await RecordAsync(subject, p => p.EndsWith("-shm", StringComparison.Ordinal));
        await HoldsAsync(subject, model);
        // Without the sync of the file, or of the folder of its name, or of the folder of a new folder's name.
        await BitesAsync(subject, model, s => s.StartsWith("parquet", StringComparison.Ordinal), least: Sweep.IsNightly ? 2 : 1);
        await BitesInPlaceAsync(subject, model);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Table_and_ledger_are_whole_after_a_loss_of_power(int night)
    {
        var subject = new NightSubject("table", night);
        var model = await RecordAsync(subject, p => p.EndsWith("-shm", StringComparison.Ordinal));
        await HoldsAsync(subject, model, 12);
        await BitesAsync(subject, model, s => s.StartsWith("warehouse.db", StringComparison.Ordinal), least: 1);
    }

    [SkippableTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Export_is_whole_after_a_loss_of_power(int night)
    {
        var subject = new ExportSubject(night);
        var model = await RecordAsync(subject, p => p.EndsWith("-shm", StringComparison.Ordinal));
        await HoldsAsync(subject, model);
        await BitesAsync(subject, model, s => s.StartsWith("receiver", StringComparison.Ordinal) || s.StartsWith("exports", StringComparison.Ordinal), least: Sweep.IsNightly ? 3 : 1);
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Audit_log_verifies_after_a_loss_of_power(int before)
    {
        using var subject = new AuditSubject(before);
        var model = await RecordAsync(subject, _ => false);
        await HoldsAsync(subject, model);
        await BitesAsync(subject, model, s => s.StartsWith("audit", StringComparison.Ordinal), least: Sweep.IsNightly ? 3 : 1);
    }

    private async Task<PowerModel> RecordAsync(SweepSubject subject, Predicate<string> isLeftOut)
    {
        Strace.Require();
        await subject.PrepareAsync(_folder["base"]);
        SqliteConnection.ClearAllPools();
        var data = _folder["run/data"];
        Folders.Copy(_folder["base"], data);
        var log = _folder["trace"];
        await using (var child = await SweepChild.StartAsync())
        await using (await Strace.AttachAsync(child.Id, log, withBytes: true))
        {
            var answer = await child.AskAsync(subject.Command(data));
            Assert.True(answer is not null && subject.IsAcknowledged(answer), answer);
        }
        return new PowerModel(_folder["base"], data, [.. SystemCall.Read(log).Where(c => c.Result is >= 0 && c.IsUnder(data) && !c.Paths.Any(p => isLeftOut(p)))]);
    }

    private async Task HoldsAsync(SweepSubject subject, PowerModel model, int most = 40)
    {
        var clock = Stopwatch.StartNew();
        var (states, violations) = await CheckAsync(subject, model, Sweep.IsNightly ? most * 4 : most, runsEach: Sweep.IsNightly ? 4 : 7, stopAtFirst: false);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{subject.Name}: {model.Count} changes and syncs, {states} states, {violations.Count} violations, {clock.Elapsed.TotalSeconds:0} s"));
        Assert.True(states > 20, $"Only {states} states.");
        Assert.True(violations.Count == 0, string.Join('\n', violations.Take(5)));
    }

    /// <summary>Leaves out syncs of some files and folders: some must be missed. Where it is no night run, that the least is found is enough.</summary>
    private async Task BitesAsync(SweepSubject subject, PowerModel model, Predicate<string> which, int least)
    {
        var found = 0;
        var needless = new List<string>();
        var syncs = model.Syncs.Where(s => which(s.Name)).ToList();
        // Six from all over the work first, then the others.
        var step = Math.Max(1, syncs.Count / 6);
        syncs = [.. syncs.Where((_, i) => i % step == 0), .. syncs.Where((_, i) => i % step != 0)];
        foreach (var (index, name) in syncs)
        {
            var (_, violations) = await CheckAsync(subject, model.Without(index), 60, runsEach: 1000, stopAtFirst: true);
            if (violations.Count > 0) found++;
            else needless.Add(name);
            if (found >= least && !Sweep.IsNightly) break;
        }
        output.WriteLine($"{subject.Name}: of {found + needless.Count} syncs left out {found} are missed; the others: {string.Join(", ", needless)}");
        Assert.True(found >= least, $"The model misses {found} of {found + needless.Count} syncs, and should miss {least} at least.");
    }

    private static async Task BitesInPlaceAsync(SweepSubject subject, PowerModel model)
    {
        var (_, violations) = await CheckAsync(subject, model.InPlace(NightSubject.Published), 200, runsEach: 1000, stopAtFirst: true);
        Assert.NotEmpty(violations);
    }

    private static async Task<(int States, List<string> Violations)> CheckAsync(SweepSubject subject, PowerModel model, int most, int runsEach, bool stopAtFirst)
    {
        var violations = new List<string>();
        var states = 0;
        foreach (var (state, isEnd) in model.States(most))
        {
            using var work = new TempFolder();
            state.Write(work["data"]);
            var step = isEnd ? "after all was done" : "on the way";
            try
            {
                var seen = await subject.LookAsync(work["data"]);
                if (isEnd && seen == Generation.Old) throw new ViolationException("it was reported as done, and is not to be seen");
                if (states++ % runsEach == 0)
                {
                    step += ", run again";
                    await subject.RunAsync(work["data"]);
                    if (await subject.LookAsync(work["data"]) != Generation.New) throw new ViolationException("the new generation is not to be seen");
                    await subject.CheckEndAsync(work["data"]);
                }
            }
            catch (Exception fault) when (fault is not SkipException)
            {
                violations.Add($"{subject.Name}, state {states} {step}: {(fault is ViolationException ? fault.Message : fault.ToString())}; files: {string.Join(", ", state.Files.Select(f => $"{f.Path} {f.Bytes?.Length}"))}");
                if (stopAtFirst) break;
            }
            SqliteConnection.ClearAllPools();
        }
        return (states, violations);
    }
}
