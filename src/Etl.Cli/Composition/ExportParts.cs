using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Landing.Exports;
using Etl.Landing.Exports.Delivery;
using Etl.Landing.Exports.Joining;
using Etl.Landing.Sql.Ledger;

namespace Etl.Cli.Composition;

/// <summary>The exports of one command, and which of them failed: a run ends with an exit code that says so.</summary>
internal sealed class ExportParts : IExporter, IDisposable
{
    private readonly ExportPlaces _places;
    private int _faults;

    public ExportParts(EtlHost host, SqlLedger ledger)
    {
        _places = new ExportPlaces(host.DataFolder, host.Setting, ledger, TimeProvider.System);
        Exporter = new Exporter(host.DataFolder, new LeadJoiner(host.DataFolder, TimeProvider.System), host.Profiles, ledger, _places, TimeProvider.System);
    }

    public Exporter Exporter { get; }

    /// <summary>Exit code that the exports of this command ask for.</summary>
    public int ExitCode => _faults > 0 ? Core.Errors.ExitCode.WindowFailed : Core.Errors.ExitCode.Done;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ExportOutcome>> ExportAsync(JobDefinition job, bool full, CancellationToken cancellation)
    {
        try
        {
            var outcomes = await Exporter.ExportAsync(job, full, cancellation).ConfigureAwait(false);
            Interlocked.Add(ref _faults, outcomes.Count(o => o.Fault is not null));
            return outcomes;
        }
        catch (EtlException)
        {
            Interlocked.Increment(ref _faults);
            throw;
        }
    }

    public void Dispose() => _places.Dispose();
}
