using Etl.Core.Columns;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Staging;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Staging;

/// <summary>Stages pulls for tests the way the pipeline does.</summary>
internal static class Staged
{
    public static IStagedPull Pull(
        string data, WindowKey key, PullStamp stamp, TableSchema report, IReadOnlyList<RowBatch> rows, bool withAccount = false)
    {
        var area = new ParquetStagingArea(data);
        var window = key.Label.Length == 10 ? Keys.Day(key.Label) : Keys.Day();
        using (var writer = area.Begin(key, window, stamp.Pull, stamp.PulledAt, report, withAccount))
        {
            foreach (var batch in rows) writer.Write(batch);
            writer.Complete(stamp);
        }
        return area.Open(stamp.Pull)!;
    }
}
