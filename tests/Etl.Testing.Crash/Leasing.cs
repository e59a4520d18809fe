using Etl.Core.Ledger;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Rows;

namespace Etl.Testing.Crash;

/// <summary>Takes and gives back one lease, competing with other processes.</summary>
internal static class Leasing
{
    public static async Task<IReadOnlyList<long>> RunAsync(string file, string owner, int rounds)
    {
        await using var ledger = await SqliteLedger.OpenAsync(file, default);
        var fences = new List<long>();
        for (var round = 0; round < rounds; round++)
        {
            var lease = await ledger.TryLeaseAsync(Keys.Key(), Keys.Day(), owner, TimeSpan.FromMinutes(5), 0, default);
            if (lease is null) continue;
            fences.Add(lease.Fence);
            await ledger.MoveAsync(lease, WindowState.Pulling, null, "", default);
            await ledger.SettleAsync(lease, new Settlement { State = WindowState.Planned }, default);
        }
        return fences;
    }
}
