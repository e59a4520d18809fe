using System.Text.Json;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Live;

/// <summary>
/// Polls the servers that take or give live entries (<c>entryServerNode.list</c>): a sample of the moment every five seconds, one row per
/// node and sample. What happened between two samples nobody knows; a sample that failed is a gap of five seconds.
/// </summary>
internal sealed class StreamStatus(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account) : ILiveSource
{
    private static readonly ReportType s_report = Poll.Named(LiveRules.StreamStatus, "entryServerNode.list");

    private static readonly (string Field, Column Column)[] s_fields =
    [
        ("id", new("id", ColumnType.Text)),
        ("entryId", new("entry_id", ColumnType.Text)),
        ("serverNodeId", new("server_node_id", ColumnType.Text)),
        ("serverType", new("server_type", ColumnType.Text)),
        ("status", new("status", ColumnType.Int64)),
        ("createdAt", new("created_at", ColumnType.Timestamp)),
        ("updatedAt", new("updated_at", ColumnType.Timestamp)),
    ];

    private static readonly string[] s_left = ["objectType", "partnerId"];

    private static readonly TableSchema s_schema = new([new Column("observed_at", ColumnType.Timestamp), .. s_fields.Select(f => f.Column)], ["observed_at", "id"]);

    public TimeSpan Every => TimeSpan.FromSeconds(5);
    public TimeSpan Reach => TimeSpan.Zero;
    public TimeSpan Delay => TimeSpan.Zero;
    public int CallsPerMinute => 12;
    public TableSchema Schema => s_schema;

    public async Task<LivePoll> PollAsync(LiveRequest request, CancellationToken cancellation)
    {
        var slot = LiveWindow.Floor(request.At, Every);
        var slice = new TimeSlice(slot, slot + Every);
        var observed = LiveWindow.Floor(request.At, TimeSpan.FromSeconds(1));
        var sink = new PollSink();
        var pull = Poll.Context(connection, catalog, spec, s_report, request, slice, sink);
        List<KeyValuePair<string, string>> filter = [new("filter[objectType]", "KalturaEntryServerNodeFilter"), new("filter[entryIdIn]", string.Join(',', spec.Entries))];
        var rows = new ObjectColumns(s_schema, request.SchemaPolicy, connection.Api.Mask);
        foreach (var node in await ObjectList.ReadAsync(pull, "entryServerNode", filter, connection.ActAs(account), cancellation).ConfigureAwait(false))
        {
            if (node.ValueKind != JsonValueKind.Object) throw pull.Fault("bad-row", "an item of the list is not an object.", transient: true);
            var cells = rows.Add(observed, node);
            cells["observed_at"] = ObjectColumns.Text(observed);
            foreach (var (field, column) in s_fields)
                cells[column.Name] = node.TryGetProperty(field, out var value) ? ObjectColumns.TextOf(value) : null;
            rows.Flatten(cells, node, name => s_left.Contains(name) || s_fields.Any(f => f.Field == name));
        }
        if (rows.Overflowed) pull.Note("Nodes with more fields than become columns lost the others; the raw replies have them.");
        var (batch, times) = rows.Build();
        return Poll.Of(pull, sink, batch, times, [slice], request);
    }
}
