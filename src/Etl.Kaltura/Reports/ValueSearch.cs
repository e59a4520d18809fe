namespace Etl.Kaltura.Reports;

/// <summary>
/// Finds the values of a label column that no single request can list: asks the capped table in the orders of several additive
/// metrics, both ways, until a metric shows nothing new. That this found all of them is proven afterwards, by the sums.
/// </summary>
internal sealed class ValueSearch(PullContext pull, IChainRunner runner)
{
    /// <summary>The values, in the order they were first seen.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(ReportQuery query, BoundTable table, string column, CancellationToken cancellation)
    {
        var collector = new ValueCollector(column);
        foreach (var metric in table.Additive.Select(i => table.Schema.Columns[i].Name))
        {
            var before = collector.Values.Count;
            foreach (var order in new[] { $"-{metric}", $"+{metric}" })
            {
                var rows = pull.Log.Rows;
                var result = await runner.RunAsync(query with { Order = order }, collector, $"values of '{column}' by {order}", cancellation).ConfigureAwait(false);
                pull.Log.Chains.Add(result.Proof);
                pull.Log.Rows = rows;
            }
            if (collector.Values.Count == before) break;
        }
        return collector.Values;
    }
}
