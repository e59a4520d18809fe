using System.Globalization;
using Etl.Cli.Composition;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Raw;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Events.Model;

namespace Etl.Cli.Events;

/// <summary>Reads the totals of labelled viewers back through the same sources that jobs use.</summary>
internal sealed class ReportedMetrics(EtlHost host, ViewerModelOptions model, DateTimeOffset began)
{
    // CONTENT_DROPOFF for loads, plays and quartiles; USER_ENGAGEMENT for people and minutes.
    private static readonly string[] s_reports = ["2", "11"];

    /// <summary>Metrics by name; one that is null or absent in the answer is left out.</summary>
    public async Task<IReadOnlyDictionary<string, double?>> ReadAsync(CancellationToken cancellation)
    {
        var found = new Dictionary<string, double?>(StringComparer.Ordinal);
        var from = new DateTimeOffset(began.UtcDateTime.Date, TimeSpan.Zero);
        var window = new Window(from, new DateTimeOffset(TimeProvider.System.GetUtcNow().UtcDateTime.Date.AddDays(1), TimeSpan.Zero), from.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), WindowUnit.Day);
        var users = Enumerable.Range(0, model.Viewers).Select(v => string.Create(CultureInfo.InvariantCulture, $"{model.Label}-{v:0000}")).ToList();
        foreach (var report in s_reports)
        {
            var spec = new SourceSpec
            {
                Action = "total", Report = report,
                Filter = new Dictionary<string, FilterValue> { ["entryIdIn"] = new([model.EntryId], IsList: false), ["userIds"] = new(users, IsList: true) },
            };
            var request = new PullRequest(new WindowKey("events-verify", SourceSpec.MainName, model.PartnerId, window.Label), window, 0, "UTC", "verify");
            await host.Sources.Create(spec, model.PartnerId).PullAsync(request, new OneRow(found), cancellation).ConfigureAwait(false);
        }
        return found;
    }

    private sealed class OneRow(Dictionary<string, double?> into) : IPullSink
    {
        public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation) => ValueTask.CompletedTask;

        public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation)
        {
            for (var c = 0; c < batch.Schema.Columns.Count; c++)
            {
                double? value = batch[c] switch
                {
                    FixedBuffer<long> whole when !whole.IsNull(0) => whole.Values[0],
                    FixedBuffer<double> real when !real.IsNull(0) => real.Values[0],
                    _ => null,
                };
                if (value is not null) into.TryAdd(batch.Schema.Columns[c].Name, value);
            }
            return ValueTask.CompletedTask;
        }

        public IRawReply OpenRaw(RawRequest request) => new NoReply();

        public void Report(PullProgress progress)
        {
        }
    }

    private sealed class NoReply : IRawReply
    {
        public Stream Body => Stream.Null;

        public void Broke(RawFault fault)
        {
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
