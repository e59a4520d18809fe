using System.Globalization;
using Etl.Core.Catalog;
using Etl.Kaltura.Catalog;

namespace Etl.Kaltura.Reports;

/// <summary>Cuts a capped question into narrower ones, by the rules of its report in order.</summary>
internal sealed class Splitter(SplitPull parts, PullContext pull, ICatalog catalog, IChainRunner runner)
{
    /// <summary>Values per request where each value is one row.</summary>
    internal const int ValuesPerPart = 1000;

    // Nothing of the service is older (2006-01-01), and what a window shows was there before it ended. Only a middle is computed from
    // these: the outer ranges stay open. No clock is asked, so that a replay asks for the same parts.
    private const long EarliestCreation = 1_136_073_600;

    /// <summary>Pulls a capped question in parts.</summary>
    public Task SplitAsync(ReportQuery query, int rule, ChainResult capped, CancellationToken cancellation)
    {
        if (rule >= pull.Report.Splits.Count) throw parts.Truncated($"the smallest part ({PartOf(capped)}) still reaches the cap.");
        var split = pull.Report.Splits[rule];
        return split.Kind switch
        {
            SplitKind.Range => RangeAsync(query, split.Filter!, rule, capped, cancellation),
            SplitKind.Values => ValuesAsync(query, split, rule, capped, cancellation),
            _ => TimeAsync(query, rule, capped, cancellation),
        };
    }

    /// <summary>Halves a range of times; both bounds are inclusive on the wire. Bounds that the job set stay as they are.</summary>
    private async Task RangeAsync(ReportQuery query, string stem, int rule, ChainResult capped, CancellationToken cancellation)
    {
        string lowField = $"{stem}GreaterThanOrEqual", highField = $"{stem}LessThanOrEqual";
        var low = Bound(query, lowField) ?? EarliestCreation;
        var high = Bound(query, highField) ?? Math.Max(pull.Request.Window.To.ToUnixTimeSeconds(), low);
        if (high <= low)
        {
            await SplitAsync(query, rule + 1, capped, cancellation).ConfigureAwait(false);
            return;
        }
        var middle = low + (high - low) / 2;
        ReportQuery[] halves = [query.With(highField, Text(middle)), query.With(lowField, Text(middle + 1))];
        foreach (var half in halves)
        {
            var name = $"{stem} {Bound(half, lowField)?.ToString(CultureInfo.InvariantCulture) ?? "…"}-{Bound(half, highField)?.ToString(CultureInfo.InvariantCulture) ?? "…"}";
            if (await parts.TryPartAsync(half, name, cancellation).ConfigureAwait(false) is { } still)
                await RangeAsync(half, stem, rule, still, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Chunks the values of a list filter: the job's own, those of another report, or those that capped pages show.</summary>
    private async Task ValuesAsync(ReportQuery query, SplitRule split, int rule, ChainResult capped, CancellationToken cancellation)
    {
        var own = query.Filter.GetValueOrDefault(split.Filter!)?.Values;
        var values = own ?? (split.FromReport is { } from
            ? await FromReportAsync(query, from, split.Column!, cancellation).ConfigureAwait(false)
            : await new ValueSearch(pull, runner).FindAsync(query, capped.Table!, split.Column!, cancellation).ConfigureAwait(false));
        // A value that holds the delimiter or a semicolon was changed on its way here: asking for it would find nothing.
        pull.Log.Splits.Add($"{split.Filter}: {values.Count} values{(capped.Proof.Part.Length == 0 ? "" : $" in {capped.Proof.Part}")}.");
        var perPart = split.FromReport is null && own is null ? ValuesPerPart : Math.Max(1, (values.Count + 1) / 2);
        foreach (var chunk in values.Chunk(perPart))
            await ChunkAsync(query, split.Filter!, chunk, rule, cancellation).ConfigureAwait(false);
        if (own is null && split.FromReport is null) await parts.TakeUnresolvedAsync(capped, cancellation).ConfigureAwait(false);
    }

    private async Task ChunkAsync(ReportQuery query, string filter, string[] values, int rule, CancellationToken cancellation)
    {
        var part = query.With(filter, values);
        var name = values.Length == 1 ? $"{filter} 1 value" : $"{filter} {values.Length} values";
        if (await parts.TryPartAsync(part, name, cancellation).ConfigureAwait(false) is not { } still) return;
        if (values.Length == 1)
        {
            await SplitAsync(part, rule + 1, still, cancellation).ConfigureAwait(false);
            return;
        }
        var middle = values.Length / 2;
        await ChunkAsync(query, filter, values[..middle], rule, cancellation).ConfigureAwait(false);
        await ChunkAsync(query, filter, values[middle..], rule, cancellation).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<string>> FromReportAsync(ReportQuery query, string report, string column, CancellationToken cancellation)
    {
        var type = catalog.FindReport(report) ?? throw parts.Truncated($"report {report}, which lists the values of '{column}', is not known.");
        // 'Unknown' is a value that the engine stores for such labels, and can be asked for like any other.
        var collector = new ValueCollector(column) { WithUnknown = true };
        var lister = new ChainRunner(pull.For(type, new TableBinder(catalog, type, query.Interval, pull.Request.SchemaPolicy, query.OffsetMinutes)));
        var result = await lister.RunAsync(query with { Report = type, Order = null }, collector, $"values of '{column}' from report {report}", cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(result.Proof);
        pull.Log.Rows -= result.Rows;
        return result.End != ChainEnd.Capped ? collector.Values
            : throw parts.Truncated($"the list of '{column}' from report {report} reaches the cap itself.");
    }

    /// <summary>Halves the date range at a boundary of the interval; rows keyed by date cannot stand in both halves.</summary>
    private async Task TimeAsync(ReportQuery query, int rule, ChainResult capped, CancellationToken cancellation)
    {
        if (!pull.Report.HasDateRows()) throw parts.Truncated("its rows are not keyed by date.");
        if (TimeCut.Middle(query) is not { } middle)
        {
            await SplitAsync(query, rule + 1, capped, cancellation).ConfigureAwait(false);
            return;
        }
        ReportQuery[] halves = [query with { To = middle }, query with { From = middle }];
        foreach (var half in halves)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{half.From:yyyy-MM-ddTHH:mm:ssZ} to {half.To:yyyy-MM-ddTHH:mm:ssZ}");
            if (await parts.TryPartAsync(half, name, cancellation).ConfigureAwait(false) is { } still)
                await TimeAsync(half, rule, still, cancellation).ConfigureAwait(false);
        }
    }

    private static long? Bound(ReportQuery query, string field) =>
        query.Filter.GetValueOrDefault(field) is { Values: [var text] } && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? value : null;

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string PartOf(ChainResult capped) => capped.Proof.Part.Length == 0 ? "the whole window" : capped.Proof.Part;
}
