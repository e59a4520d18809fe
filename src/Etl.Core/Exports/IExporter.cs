using Etl.Core.Jobs;

namespace Etl.Core.Exports;

/// <summary>Joins what has landed into leads.</summary>
public interface ILeadJoiner
{
    /// <summary>Joins the leads of an export. Holds what it needs in memory or under the data folder until it is disposed.</summary>
    /// <exception cref="Errors.EtlException">A column that the export names is in no landed row of its source, a list cannot be read, or a score has no measure; nothing was written.</exception>
    Task<ILeadTable> JoinAsync(JobDefinition job, ExportSpec export, CancellationToken cancellation);

    /// <summary>What <see cref="ILeadTable.Inputs"/> would say, without reading rows; null when nothing has landed.</summary>
    Task<string?> InputsAsync(JobDefinition job, ExportSpec export, CancellationToken cancellation);
}

/// <summary>Makes, delivers and accepts the exports of jobs.</summary>
public interface IExporter
{
    /// <summary>
    /// Makes a new file of each export of a job for which something landed since its last one, and delivers what waits, oldest first. Safe to call at any time and by several processes at once.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="full">All leads, also those that were accepted before, whatever landed since.</param>
    /// <param name="cancellation">Stops; what was made and not delivered waits for the next call.</param>
    /// <returns>What was made, delivered or could not be, in order.</returns>
    Task<IReadOnlyList<ExportOutcome>> ExportAsync(JobDefinition job, bool full, CancellationToken cancellation);
}

/// <summary>What became of one file of an export.</summary>
/// <param name="Job">Job.</param>
/// <param name="Export">Export.</param>
/// <param name="Record">As the ledger has it now; null when nothing could be made.</param>
/// <param name="Counts">What was counted when it was made; null for one that waited.</param>
/// <param name="Fault">Why it could not be made or delivered; null when all is well.</param>
public sealed record ExportOutcome(string Job, string Export, ExportRecord? Record, LeadCounts? Counts, Errors.EtlException? Fault)
{
    /// <summary>What became of the leads when the file was made, or when none was since nothing is new; null for one that waited.</summary>
    public ExportCounts? Written { get; init; }
}

/// <summary>What became of the leads of a cut.</summary>
/// <param name="Sent">Rows of the file.</param>
/// <param name="Unchanged">Leads that were left out since the last accepted file has them as they are.</param>
/// <param name="Gone">Leads of the last accepted file that are no more.</param>
/// <param name="Rejected">Leads that the profile's importer would not take; they are listed with the reason, and come again with a later cut.</param>
/// <param name="Defused">Cells of the file that a spreadsheet would have run, and headers; they were changed.</param>
public sealed record ExportCounts(long Sent, long Unchanged, long Gone, long Rejected, long Defused);
