using Etl.Core.Catalog;
using Etl.Core.Jobs;
using Etl.Core.Sources;

namespace Etl.Kaltura.Lists;

/// <summary>
/// Pulls the captions of an account's entries (<c>action: captions</c>). The service lists captions per entry only, so the entries are
/// listed first, unless the job names them.
/// </summary>
internal sealed class CaptionSource(KalturaConnection connection, ICatalog catalog, SourceSpec spec, string account)
    : ListSource(connection, catalog, spec, account, "caption_captionAsset.list")
{
    /// <summary>Entries asked for at once: few enough that most answers have one page.</summary>
    internal const int ChunkEntries = 100;

    private static readonly string[] s_entryFields = ["entryIdEqual", "entryIdIn"];

    /// <summary>True for the fields that name entries.</summary>
    public static bool IsEntryField(string field) => s_entryFields.Contains(field, StringComparer.Ordinal);

    public override PullForecast Forecast(PullRequest request)
    {
        var named = NamedEntries().Length;
        return named > 0
            ? new((named + ChunkEntries - 1) / ChunkEntries, "none: chunked by entries")
            : new(2, $"none: one call for {ListWalk.PageSize} entries, then one for the captions of {ChunkEntries}");
    }

    protected override async Task ReadAsync(ListPages pages, ListRows rows, CancellationToken cancellation)
    {
        if (NamedEntries() is { Length: > 0 } named)
        {
            await ReadCaptionsAsync(pages, rows, named, cancellation).ConfigureAwait(false);
            return;
        }
        await foreach (var slice in EntriesAsync(pages, cancellation).ConfigureAwait(false))
        {
            pages.Pull.Log.Chains.Add(slice.Proof with { Part = $"entries, {slice.Proof.Part}" });
            await ReadCaptionsAsync(pages, rows, [.. slice.Rows.Select(r => r.Id)], cancellation).ConfigureAwait(false);
        }
    }

    private string[] NamedEntries() => [.. s_entryFields.SelectMany(f => Spec.Filter.GetValueOrDefault(f)?.Values ?? []).Distinct(StringComparer.Ordinal)];

    private async Task ReadCaptionsAsync(ListPages pages, ListRows rows, string[] entries, CancellationToken cancellation)
    {
        foreach (var chunk in entries.Chunk(ChunkEntries))
        {
            var part = $"captions of {chunk.Length} entries, {chunk[0]} to {chunk[^1]}";
            await foreach (var slice in new ListWalk(pages, new CaptionQuery(Spec, chunk, ActAs), part).SlicesAsync(ListForm.FirstTime, ListForm.LastTime, cancellation).ConfigureAwait(false))
            {
                pages.Pull.Log.Chains.Add(slice.Proof);
                await rows.WriteAsync(slice.Rows, cancellation).ConfigureAwait(false);
            }
        }
    }
}
