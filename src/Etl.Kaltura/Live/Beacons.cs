using System.Globalization;
using System.Text.Json;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Live;

/// <summary>
/// Polls the beacons of live streams (<c>beacon_beacon.list</c>, wire facts 5.2): health alerts from the log, what encoders send from the
/// state, which keeps the latest per entry and event. A beacon belongs to the minute of its <c>updatedAt</c>. Its private data is JSON in a
/// text, an open schema: flattened into columns, and kept as it came.
/// </summary>
internal sealed class Beacons : ILiveSource
{
    private const string Severity = "severity", MaxSeverity = "maxSeverity";
    private const int WorstSeverity = 4;

    private readonly KalturaConnection _connection;
    private readonly ICatalog _catalog;
    private readonly SourceSpec _spec;
    private readonly string _account;
    private readonly bool _health;
    private readonly ReportType _report;

    public Beacons(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account)
    {
        (_connection, _catalog, _spec, _account) = (connection, catalog, spec, account);
        _health = spec.Kind == LiveRules.Health;
        _report = Poll.Named($"{LiveRules.Beacons} {spec.Kind}", "beacon_beacon.list");
        List<Column> columns =
        [
            new("id", ColumnType.Text), new("object_id", ColumnType.Text), new("event_type", ColumnType.Text), new("related_object_type", ColumnType.Text),
            new("index_type", ColumnType.Text), new("updated_at", ColumnType.Timestamp), new("private_data", ColumnType.Text), new("raw_data", ColumnType.Text),
        ];
        columns.AddRange(_health
            ? [new(Severity, ColumnType.Int64, ColumnRole.Metric, Additivity.Level), new("data_alerts", ColumnType.Text)]
            : [new("data_inputs", ColumnType.Text), new("data_flavors", ColumnType.Text)]);
        // The log has an id per beacon. The state may keep one for what it overwrites.
        Schema = new TableSchema(columns, _health ? ["id"] : ["object_id", "event_type", "updated_at"]);
    }

    public TimeSpan Every => TimeSpan.FromSeconds(_health ? 10 : 30);
    public TimeSpan Reach => LiveWindow.Reach;
    public TimeSpan Delay => LiveWindow.Delay;
    public int CallsPerMinute => _health ? 6 : 2;
    public TableSchema Schema { get; }

    public async Task<LivePoll> PollAsync(LiveRequest request, CancellationToken cancellation)
    {
        var slice = LiveWindow.At(request.At);
        var sink = new PollSink();
        var pull = Poll.Context(_connection, _catalog, _spec, _report, request, slice, sink);
        var objects = await ObjectList.ReadAsync(pull, "beacon_beacon", Filter(slice), _connection.ActAs(_account), cancellation).ConfigureAwait(false);
        var rows = new ObjectColumns(Schema, request.SchemaPolicy, _connection.Api.Mask);
        foreach (var beacon in objects) Add(rows, beacon, request, pull);
        if (rows.Overflowed) pull.Note("Private data with more fields than become columns stays in 'private_data' alone.");
        var (batch, times) = rows.Build();
        // What is newer than the stretch is whole as well: the latest is not left for the next poll.
        return Poll.Of(pull, sink, batch, times, [slice], request, keepOutside: true);
    }

    private List<KeyValuePair<string, string>> Filter(TimeSlice slice) =>
    [
        new("filter[objectType]", "KalturaBeaconFilter"),
        new("filter[indexTypeEqual]", _health ? "Log" : "State"),
        new("filter[relatedObjectTypeIn]", "4"),
        new("filter[eventTypeIn]", _health ? "0_healthData,1_healthData" : "0_staticData,0_dynamicData,1_staticData,1_dynamicData"),
        new("filter[objectIdIn]", string.Join(',', _spec.Entries)),
        new("filter[updatedAtGreaterThanOrEqual]", slice.From.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        // Oldest first: what comes in between two pages does not move the others.
        new("filter[orderBy]", "+updatedAt"),
    ];

    private void Add(ObjectColumns rows, JsonElement beacon, LiveRequest request, PullContext pull)
    {
        string? Field(string name) => beacon.ValueKind == JsonValueKind.Object && beacon.TryGetProperty(name, out var value) ? ObjectColumns.TextOf(value) : null;
        var updated = Field("updatedAt");
        var time = long.TryParse(updated, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253_402_300_800
            ? DateTimeOffset.FromUnixTimeSeconds(seconds) : request.At;
        var cells = rows.Add(time, beacon);
        cells["id"] = Field("id");
        cells["object_id"] = Field("objectId");
        cells["event_type"] = Field("eventType");
        cells["related_object_type"] = Field("relatedObjectType");
        cells["index_type"] = Field("indexType");
        cells["updated_at"] = updated;
        cells["private_data"] = Field("privateData");
        cells["raw_data"] = Field("rawData");
        Flatten(rows, cells, pull);
    }

    private void Flatten(ObjectColumns rows, Dictionary<string, string?> cells, PullContext pull)
    {
        if (cells["private_data"] is not { Length: > 0 } text) return;
        try
        {
            using var document = JsonDocument.Parse(text);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return; // '[]' when empty
            rows.Flatten(cells, document.RootElement, name => _health && name == MaxSeverity);
            if (!_health || !document.RootElement.TryGetProperty(MaxSeverity, out var severity)) return;
            var level = ObjectColumns.TextOf(severity);
            if (level is null || (level.Length == 1 && level[0] is >= '0' and <= (char)('0' + WorstSeverity))) cells[Severity] = level;
            else rows.Refuse(Severity, level, $"is not a severity from 0 to {WorstSeverity}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // Also an escaped surrogate without its partner, which the reader only finds when the text is asked for.
            pull.Note("Private data that is not JSON has no columns of its own; it landed as text.");
        }
    }
}
