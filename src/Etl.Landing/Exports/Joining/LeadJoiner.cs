using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;

namespace Etl.Landing.Exports.Joining;

/// <summary>
/// Joins landed rows into leads. Two passes: one over the sources that name people by address and by user id, to learn who is who; one over all rows, window by window in
/// order of time, that adds each row to its lead. One person over all accounts is one lead. Works in memory: about 100 bytes a lead besides its texts, each of which is held
/// once. The same landed rows give the same leads: neither threads nor the clock decide anything.
/// </summary>
/// <param name="dataFolder">The data folder.</param>
/// <param name="time">The clock.</param>
public sealed class LeadJoiner(string dataFolder, TimeProvider time) : ILeadJoiner
{
    /// <summary>How often rows are listed again because they landed anew meanwhile.</summary>
    private const int Attempts = 5;

    private readonly string _dataFolder = Path.GetFullPath(dataFolder);

    /// <inheritdoc/>
    public async Task<ILeadTable> JoinAsync(JobDefinition job, ExportSpec export, CancellationToken cancellation)
    {
        RefuseScoreOfNothing(job, export);
        for (var attempt = 1; ; attempt++)
        {
            var rows = RowsOf(job, export);
            var windows = await rows.ListAsync(cancellation).ConfigureAwait(false);
            var (suppression, path) = LeaveList.Read(job, export);
            try
            {
                return await Task.Run(
                    () => new LeadJoin(job, export, rows, windows, new LeaveList(export.Leave, suppression, path), cancellation).Run(ExportInputs.Of(export, suppression, windows)), cancellation)
                    .ConfigureAwait(false);
            }
            catch (RowsChangedException fault) when (attempt < Attempts)
            {
                _ = fault;
            }
            catch (RowsChangedException fault)
            {
                throw new EtlException(
                    FaultKind.Window,
                    $"Export '{export.Name}' of job '{job.Name}' was not joined: windows landed anew {Attempts} times in a row while their rows were read. The next run makes it. Nothing was written.", fault)
                    { Code = "contended", IsTransient = true };
            }
        }
    }

    /// <inheritdoc/>
    public async Task<string?> InputsAsync(JobDefinition job, ExportSpec export, CancellationToken cancellation)
    {
        var windows = await RowsOf(job, export).ListAsync(cancellation).ConfigureAwait(false);
        return windows.Count == 0 ? null : ExportInputs.Of(export, LeaveList.Read(job, export).Content, windows);
    }

    private ExportRows RowsOf(JobDefinition job, ExportSpec export) => new(ExportRows.StoreOf(_dataFolder, job.Name, export.Name, time), job, export);

    // Fewer leads than the score's population, or none, is no fault: they have a score and no tier.
    private static void RefuseScoreOfNothing(JobDefinition job, ExportSpec export)
    {
        if (export.Score is not { } score) return;
        var unknown = score.Weights.Select(w => w.Key).Where(w => export.Measures.All(m => m.Name != w)).ToList();
        if (score.Weights.Count > 0 && unknown.Count == 0) return;
        throw new EtlException(
            FaultKind.Usage,
            $"Export '{export.Name}' of job '{job.Name}' cannot score its leads: {(unknown.Count == 0 ? "its score has no weights" : $"'{unknown[0]}' is weighted and is no measure")}. "
            + "Give 'measures' and a weight for at least one of them, or leave 'score' out. Nothing was written.") { Code = "export-score" };
    }
}
