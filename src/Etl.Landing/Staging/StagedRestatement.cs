using Etl.Core.Columns;
using Etl.Core.Targets;

namespace Etl.Landing.Staging;

/// <summary>A difference that waits beside the staged pull that makes it.</summary>
internal sealed class StagedRestatement(ParquetStagedPull file, string previousPull) : IRestatement
{
    public string PreviousPull => previousPull;

    public TableSchema Schema => file.Schema;

    public long Rows => file.Stamp.Rows;

    public IEnumerable<RowBatch> Read() => file.Read();
}
