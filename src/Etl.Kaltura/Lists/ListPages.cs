using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Lists;

/// <summary>One object of a list.</summary>
/// <param name="Time">Its time, unix seconds.</param>
/// <param name="Id">Its id.</param>
/// <param name="Value">The object.</param>
internal readonly record struct ListRow(long Time, string Id, JsonElement Value);

/// <summary>Asks for pages of lists and checks that they are what was asked for.</summary>
internal sealed class ListPages(PullContext pull)
{
    // A page of 500 entries is 2 MB; descriptions may be long.
    private const int MaxBytes = 128 << 20;

    /// <summary>What is pulled, for messages.</summary>
    public PullContext Pull => pull;

    /// <summary>Asks for one page; rows come in the order of their time, all of them inside the range.</summary>
    public async Task<(long? Total, IReadOnlyList<ListRow> Rows, PageProof Proof)> AskAsync(
        IListQuery query, long from, long to, int page, int size, CancellationToken cancellation)
    {
        var request = query.Page(from, to, page, size);
        var hash = "";
        var length = 0L;
        var reply = await SmallCall.AskAsync(pull, request, MaxBytes, bytes =>
        {
            (hash, length) = (Convert.ToHexStringLower(SHA256.HashData(bytes)), bytes.Length);
            return ListReplyReader.Read(bytes);
        }, r => r.Error, cancellation).ConfigureAwait(false);

        var rows = new List<ListRow>(reply.Objects.Count);
        var previous = from;
        foreach (var item in reply.Objects)
        {
            var row = RowOf(query, request, item);
            if (row.Time < from || row.Time > to)
                throw pull.Fault("range-ignored", $"{request.What}: object '{row.Id}' has {query.TimeName} {Show(row.Time)}, outside the range {Show(from)} to {Show(to)} that was asked for. The service ignored the range.", page: page);
            if (row.Time < previous)
                throw pull.Fault("order-ignored", $"{request.What}: object '{row.Id}' has {query.TimeName} {Show(row.Time)} and follows one of {Show(previous)}. The service ignored the order, without which no listing is sure to be whole.", page: page);
            previous = row.Time;
            rows.Add(row);
        }
        pull.Progress($"{request.Service}, up to {DateTimeOffset.FromUnixTimeSeconds(previous).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)}");
        return (reply.TotalCount, rows, new PageProof(page, size, rows.Count, reply.TotalCount, length, hash));
    }

    private ListRow RowOf(IListQuery query, ApiRequest request, JsonElement item)
    {
        // Results of a search wrap their object.
        if (item.ValueKind == JsonValueKind.Object && item.TryGetProperty("itemsData", out _) && item.TryGetProperty("object", out var inner)) item = inner;
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("id", out var id) || id.ValueKind is not (JsonValueKind.String or JsonValueKind.Number))
            throw pull.Fault("bad-row", $"{request.What}: an object of the list has no id.", page: request.Page);
        var name = id.ValueKind == JsonValueKind.String ? id.GetString()! : id.GetRawText();
        if (!item.TryGetProperty(query.TimeName, out var time) || time.ValueKind != JsonValueKind.Number || !time.TryGetInt64(out var seconds))
            throw pull.Fault("bad-row", $"{request.What}: object '{name}' has no {query.TimeName}.", page: request.Page);
        return new ListRow(seconds, name, item);
    }

    private static string Show(long seconds) => seconds.ToString(CultureInfo.InvariantCulture);
}
