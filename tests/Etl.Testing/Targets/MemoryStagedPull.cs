using System.Text;
using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Testing.Targets;

/// <summary>A staged pull that never touched a disk: its system columns are made as the staging area makes them.</summary>
public sealed class MemoryStagedPull : IStagedPull
{
    private readonly IReadOnlyList<RowBatch> _batches;

    public MemoryStagedPull(WindowKey key, PullStamp stamp, TableSchema report, IReadOnlyList<RowBatch> rows, bool withAccount = false)
    {
        Key = key;
        Stamp = stamp;
        Schema = SystemColumns.Extend(report, withAccount);
        _batches = [.. rows.Select(Extend)];
    }

    public PullStamp Stamp { get; }

    public WindowKey Key { get; }

    public TableSchema Schema { get; }

    /// <summary>Empty: there is no file.</summary>
    public string Path => "";

    public IEnumerable<RowBatch> Read() => _batches;

    public void Dispose()
    {
    }

    private RowBatch Extend(RowBatch report)
    {
        var batch = new RowBatch(Schema);
        var offset = Schema.Columns.Count - report.Schema.Columns.Count;
        for (var row = 0; row < report.RowCount; row++)
        {
            batch.Text(0).Append(Encoding.UTF8.GetBytes(Key.Label));
            batch.Text(1).Append(Encoding.UTF8.GetBytes(Stamp.Pull));
            batch.Fixed<long>(2).Append((Stamp.PulledAt - DateTimeOffset.UnixEpoch).Ticks / 10);
            if (offset == 4) batch.Text(3).Append(Encoding.UTF8.GetBytes(Key.Account));
            for (var column = 0; column < report.Schema.Columns.Count; column++) batch[offset + column].AppendFrom(report[column], row);
        }
        return batch;
    }
}
