using Etl.Core.Checks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Another worker that gets in between.</summary>
internal static class Rival
{
    // Lands one row under a newer fence, as another worker would.
    public static async Task StealAsync(Bench bench, string label)
    {
        await using var thief = await bench.SecondWorkerAsync();
        await bench.ExpireLeaseAsync(label);
        var lease = (await thief.Ledger.TryLeaseAsync(bench.Key(label), Day(label), "thief", TimeSpan.FromMinutes(5), 0, default))!;
        await PublishDirectlyAsync(thief, lease);
        await thief.Ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned }, default);
    }

    public static async Task PublishDirectlyAsync(Bench bench, Lease lease)
    {
        var window = Day(lease.Key.Label);
        var batch = new Etl.Core.Columns.RowBatch(ScriptedSource.Schema);
        batch.Text(0).Append("newer"u8);
        batch.Fixed<long>(1).Append(1);
        var stamp = new PullStamp("newer-pull", lease.Fence, 1, new string('0', 64), bench.Clock.GetUtcNow(), "x");
        using (var writer = bench.Staging.Begin(lease.Key, window, stamp.Pull, stamp.PulledAt, ScriptedSource.Schema, withAccount: false))
        {
            writer.Write(batch);
            writer.Complete(stamp);
        }
        using (var staged = bench.Staging.Open(stamp.Pull)!)
            foreach (var land in bench.Job.Land)
                await bench.Targets.Create(land, severalAccounts: false).LandAsync(new LandingOrder(lease.Key, window, stamp), staged, default);
        bench.Staging.Remove(stamp.Pull);
    }

    public static Window Day(string label) => new WindowCalendar("UTC", WindowUnit.Day).Parse(label);
}
