using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Parquet;

namespace Etl.Landing.Staging;

/// <summary>A finished staged file. Its stamp was read from its footer; its rows are read afresh each time.</summary>
internal sealed class ParquetStagedPull(string path, CommitRecord record) : IStagedPull
{
    public PullStamp Stamp => record.Stamp;

    public WindowKey Key => record.Key;

    public TableSchema Schema => record.Schema;

    public string Path => path;

    /// <inheritdoc/>
    /// <exception cref="EtlException">The file is damaged behind its good footer.</exception>
    public IEnumerable<RowBatch> Read()
    {
        using var batches = LandedFile.Read(path, record.Schema).GetEnumerator();
        while (Next(batches)) yield return batches.Current;
    }

    private bool Next(IEnumerator<RowBatch> batches)
    {
        try
        {
            return batches.MoveNext();
        }
        catch (ParquetFormatException fault)
        {
            throw new EtlException(
                FaultKind.Window, $"The staged pull '{path}' is damaged: {fault.Message} Delete it and run its window again; what is published was not touched.", fault)
            { Code = "staged-damaged" };
        }
    }

    public void Dispose()
    {
    }
}
