using Etl.Core.Exports;
using Etl.Landing.Exports.Files;

namespace Etl.Landing.Exports.Delivery;

/// <summary>Brings a finished export to its receiver.</summary>
internal interface IExportDelivery
{
    /// <summary>Delivers it; once more is harmless.</summary>
    /// <param name="note">What it is.</param>
    /// <param name="folder">Where its files are.</param>
    /// <param name="record">As the ledger has it.</param>
    /// <param name="cancellation">Stops; what has got there already is not brought again where that can be avoided.</param>
    /// <returns>As the ledger has it now.</returns>
    /// <exception cref="Core.Errors.EtlException">It is not delivered, or not to the end: it is tried again with the next call.</exception>
    Task<ExportRecord> DeliverAsync(ExportNote note, ExportFolder folder, ExportRecord record, CancellationToken cancellation);
}
