using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Does what another worker would do at a bad moment.</summary>
internal static class Rival
{
    /// <summary>Takes a window over and lands one row under a newer fence.</summary>
    public static async Task StealAsync(Bench bench, string label)
    {
        await using var thief = await bench.SecondWorkerAsync();
        await bench.ExpireLeaseAsync(label);
        var lease = (await thief.Ledger.TryLeaseAsync(bench.Key(label), Day(label), "thief", TimeSpan.FromMinutes(5), 0, default))!;
        await PublishDirectlyAsync(thief, lease);
        await thief.Ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned }, default);
    }

    /// <summary>Lands one row under a newer fence while nobody works on the window, and says nothing of it in the ledger.</summary>
    public static async Task LandAsync(Bench bench, string label, Func<LandSpec, bool>? where = null)
    {
        var lease = (await bench.Ledger.TryLeaseAsync(bench.Key(label), Day(label), "newer", TimeSpan.FromMinutes(5), 0, default))!;
        await PublishDirectlyAsync(bench, lease, where);
        await bench.Ledger.SettleAsync(lease, new Settlement { State = WindowState.Unknown }, default);
    }

    /// <summary>Lands one row under a lease.</summary>
    public static async Task PublishDirectlyAsync(Bench bench, Lease lease, Func<LandSpec, bool>? where = null)
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
            foreach (var land in bench.Job.Land.Where(where ?? (_ => true)))
                await bench.Targets.Create(land, severalAccounts: false).LandAsync(new LandingOrder(lease.Key, window, stamp), staged, default);
        bench.Staging.Remove(stamp.Pull);
    }

    public static Window Day(string label) => new WindowCalendar("UTC", WindowUnit.Day).Parse(label);
}
