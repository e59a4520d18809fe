using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Cli.Commands;

/// <summary>How many rows of a job's windows are in quarantine now.</summary>
internal static class QuarantineCounts
{
    /// <summary>Rows by window: of its held pull, or of the landed one where none is held.</summary>
    public static Dictionary<WindowKey, long> Of(IQuarantineStore store, string job, IReadOnlyList<WindowRecord> windows, Terminal terminal)
    {
        try
        {
            var pulls = store.List(job).ToDictionary(p => (p.Key, p.Pull), p => p.Rows);
            return windows.Select(w => (w.Key, Rows: pulls.GetValueOrDefault((w.Key, w.HeldPull ?? w.LandedPull ?? "")))).Where(w => w.Rows > 0).ToDictionary(w => w.Key, w => w.Rows);
        }
        catch (EtlException damaged)
        {
            // What is landed and due must be told all the same.
            terminal.Warn(damaged.Message);
            return [];
        }
    }
}
