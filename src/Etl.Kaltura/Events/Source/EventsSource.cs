using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Lists;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Events.Source;

/// <summary>
/// Pulls the events that a sandbox received in a window, one by one (<c>action: events</c>). Only a sandbox has the list: the service shows
/// events in its reports alone.
/// </summary>
/// <remarks>
/// Proof: ids ascend strictly, every page begins behind the last id of the one before, every answer gives the same count for the whole window, and
/// as many events came as it says. The log only grows, and a window that is over gets no more of them.
/// </remarks>
internal sealed class EventsSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account)
    : ListSource(connection, catalog, spec, account, Service + ".list")
{
    private const string Service = "sandbox_event";

    /// <summary>Events of a page: 3 to 5 MB.</summary>
    internal const int PageSize = 5_000;

    private const int MaxBytes = 128 << 20;

    public override PullForecast Forecast(PullRequest request) => new(1, $"none: one call for {PageSize} events, until all are there");

    protected override async Task ReadAsync(ListPages pages, ListRows rows, CancellationToken cancellation)
    {
        var pull = pages.Pull;
        var proofs = new List<PageProof>();
        var (after, got, announced) = (0L, 0L, (long?)null);
        do
        {
            var (total, events, proof) = await AskAsync(pull, after, proofs.Count + 1, cancellation).ConfigureAwait(false);
            if (announced is { } before && before != total)
                throw pull.Fault("unsettled", $"the window had {before} events when its first page was asked for, and has {total} now. It is not over yet; run again later.", transient: true, page: proof.Number);
            announced = total;
            proofs.Add(proof);
            foreach (var item in events)
            {
                if (item.Time < pull.Request.Window.From.ToUnixTimeSeconds() || item.Time >= pull.Request.Window.To.ToUnixTimeSeconds())
                    throw pull.Fault("range-ignored", $"event {item.Id} was received at {item.Time.ToString(CultureInfo.InvariantCulture)}, outside the window.", page: proof.Number);
                var id = long.Parse(item.Id, CultureInfo.InvariantCulture);
                if (id <= after)
                    throw pull.Fault("order-ignored", $"event {id} follows event {after}; ids have to ascend.", page: proof.Number);
                after = id;
            }
            got += events.Count;
            if (events.Count == 0 && got < total || got > total)
                throw pull.Fault("count-differs", $"{got} events came, the sandbox counts {total} in the window.", transient: true, page: proof.Number);
            await rows.WriteAsync(events, cancellation).ConfigureAwait(false);
        }
        while (got < announced);
        pull.Log.Chains.Add(new ChainProof("", proofs, "count-equal"));
    }

    private async Task<(long Total, IReadOnlyList<ListRow> Events, PageProof Proof)> AskAsync(PullContext pull, long after, int page, CancellationToken cancellation)
    {
        var window = pull.Request.Window;
        List<KeyValuePair<string, string>> fields =
        [
            new("filter[receivedAtGreaterThanOrEqual]", ListForm.Text(window.From.ToUnixTimeSeconds())),
            new("filter[receivedAtLessThan]", ListForm.Text(window.To.ToUnixTimeSeconds())),
            new("filter[idGreaterThan]", ListForm.Text(after)),
        ];
        ListForm.AddPager(fields, 1, PageSize);
        if (ActAs is { } other) fields.Add(new("partnerId", other));
        var request = new ApiRequest(Service, "list", fields) { Page = page };
        var (hash, length) = ("", 0L);
        ListReply reply;
        try
        {
            reply = await SmallCall.AskAsync(pull, request, MaxBytes, bytes =>
            {
                (hash, length) = (Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length);
                return ListReplyReader.Read(bytes);
            }, r => r.Error, cancellation).ConfigureAwait(false);
        }
        catch (EtlException e) when (e.Code == "SERVICE_DOES_NOT_EXISTS")
        {
            throw new EtlException(FaultKind.Usage, "Action 'events' pulls what an 'etl sandbox' received, one by one. The service at KALTURA_SERVICE_URL has no such list: it shows events in its reports alone.", e) { Code = "events-source" };
        }
        var total = reply.TotalCount ?? throw pull.Fault("bad-row", "the list of events gives no count.", page: page);
        var events = reply.Objects.Select(item => RowOf(pull, item, page)).ToList();
        pull.Progress($"{after} of {total} events");
        return (total, events, new PageProof(page, PageSize, events.Count, total, length, hash));
    }

    private static ListRow RowOf(PullContext pull, JsonElement item, int page) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty("id", out var id) && id.ValueKind == JsonValueKind.Number && id.TryGetInt64(out _)
        && item.TryGetProperty("receivedAt", out var time) && time.ValueKind == JsonValueKind.Number && time.TryGetInt64(out var seconds)
            ? new ListRow(seconds, id.GetRawText(), item)
            : throw pull.Fault("bad-row", "an event of the list has no id or no time.", page: page);
}
