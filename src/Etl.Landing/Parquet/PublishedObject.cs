using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Landing.Stores;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>The rows of a published object, open for reading: one version of it, whatever lands meanwhile. Not for several threads.</summary>
/// <param name="opened">The object; disposed with this.</param>
/// <param name="record">Its commit record.</param>
/// <param name="explain">The store's way to say its faults.</param>
internal sealed class PublishedObject(OpenedObject opened, CommitRecord record, Func<Exception, EtlException?> explain) : IPublishedRows
{
    public string Pull => record.Stamp.Pull;

    public TableSchema Schema => record.Schema;

    /// <inheritdoc/>
    /// <exception cref="EtlException">The store failed, or the object is damaged behind its good footer.</exception>
    public IEnumerable<RowBatch> Read()
    {
        using var batches = LandedFile.Read(opened.Content, record.Schema).GetEnumerator();
        while (Next(batches)) yield return batches.Current;
    }

    public void Dispose() => opened.Dispose();

    private bool Next(IEnumerator<RowBatch> batches)
    {
        try
        {
            return batches.MoveNext();
        }
        catch (ParquetFormatException fault)
        {
            throw new EtlException(
                FaultKind.Window,
                $"The published rows of window '{record.Key}' are damaged: {fault.Message} Run the window again with --force to replace them.",
                fault) { Code = "published-damaged" };
        }
        catch (Exception fault) when (explain(fault) is not null)
        {
            throw explain(fault)!;
        }
    }
}
