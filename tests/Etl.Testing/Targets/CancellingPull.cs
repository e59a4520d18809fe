using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Testing.Targets;

/// <summary>Cancels its run while its rows are being read, and breaks off when asked for them anyway.</summary>
internal sealed class CancellingPull(IStagedPull inner, CancellationTokenSource source) : IStagedPull
{
    public PullStamp Stamp => inner.Stamp;

    public WindowKey Key => inner.Key;

    public TableSchema Schema => inner.Schema;

    /// <summary>Empty, so that a target that copies files reads the rows instead.</summary>
    public string Path => "";

    public IEnumerable<RowBatch> Read()
    {
        foreach (var batch in inner.Read())
        {
            source.Cancel();
            yield return batch;
        }
    }

    public void Dispose()
    {
    }
}
