using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;

namespace Etl.Landing.Staging;

/// <summary>A finished staged file. Its stamp was read from its footer; its rows are read afresh each time.</summary>
internal sealed class ParquetStagedPull(string path, CommitRecord record) : IStagedPull
{
    public PullStamp Stamp => record.Stamp;

    public WindowKey Key => record.Key;

    public TableSchema Schema => record.Schema;

    public string Path => path;

    public IEnumerable<RowBatch> Read() => LandedFile.Read(path, record.Schema);

    public void Dispose()
    {
    }
}
