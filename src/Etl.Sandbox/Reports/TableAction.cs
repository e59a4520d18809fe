using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>report.getTable: order, paging, walls and the count (wire facts 3.6 and 3.7).</summary>
internal sealed class TableAction(ReportEngine engine, ReportBook book)
{
    /// <summary>pageSize x pageIndex: page 1 is cut to it, later pages beyond it fail without an explanation.</summary>
    public const int RowWall = 12_000;

    private const int MinThreshold = 500;

    /// <summary>
    /// Answers a request. <paramref name="shift"/> moves where pages after the first begin, for faults; <paramref name="wall"/> is higher
    /// for exports.
    /// </summary>
    public TableReply Run(ReportRequest request, int shift = 0, int wall = RowWall)
    {
        var report = book.Find(request.Type) ?? throw ApiException.Internal();
        var pageSize = request.PageSize;
        if (pageSize > wall / request.PageIndex)
        {
            if (request.PageIndex > 1)
                throw ApiException.Internal();
            pageSize = wall;
        }
        var result = engine.Table(report, request);
        var first = (request.PageIndex - 1) * pageSize;
        if (request.PageIndex % 2 == 0)
            first += shift;
        return report.IsDateTable
            ? Dates(result, first, pageSize)
            : Labels(report, request, result, first, pageSize, wall);
    }

    /// <summary>Dates only: everything is computed, then sliced; the count is exact and an empty result keeps its header.</summary>
    private static TableReply Dates(ReportResult result, long first, long pageSize)
    {
        var rows = result.OrderByKey();
        var reply = new TableReply { Header = [.. result.Labels, .. result.MetricNames], TotalCount = rows.Length };
        Fill(reply, result, rows, first, pageSize);
        return reply;
    }

    private TableReply Labels(ReportDefinition report, ReportRequest request, ReportResult result, long first, long pageSize, int wall)
    {
        var (metric, descending, label) = ReadOrder(request.Order, result);
        var groups = result.OrderBy(metric, descending);
        var joined = report.Source is ReportSource.Join or ReportSource.Usage;
        if (first >= groups.Length && !joined)
            return new TableReply { IsAbsent = true };
        var header = result.Labels.Concat(result.MetricNames).ToList();
        var page = groups.Skip((int)Math.Min(first, int.MaxValue)).Take((int)pageSize).ToArray();
        if (label is { } column)
            SortPage(result, page, column, request.Order[0] == '+');
        var reply = new TableReply
        {
            Header = header,
            TotalCount = report.Source == ReportSource.Usage ? result.Groups : joined ? JoinCount(result) : Count(report, request, result, metric, first + pageSize, wall),
        };
        Fill(reply, result, page, 0, page.Length);
        return reply;
    }

    private static void Fill(TableReply reply, ReportResult result, int[] groups, long first, long count)
    {
        for (var i = first; i < Math.Min(first + count, groups.Length); i++)
            reply.Rows.Add(Array.ConvertAll(result.Row(groups[i]), TableReply.Print));
    }

    /// <summary>
    /// No sign is descending; an unknown column falls back to plays, else the first metric; a label column sorts only the page that the
    /// fall-back fetched.
    /// </summary>
    private static (Metric Metric, bool Descending, string? Label) ReadOrder(string order, ReportResult result)
    {
        var signed = order.Length > 0 && order[0] is '+' or '-';
        var column = signed ? order[1..] : order;
        var index = result.MetricNames.ToList().IndexOf(column);
        if (index >= 0)
            return (result.Metrics[index], order[0] != '+', null);
        var fallBack = Math.Max(0, result.MetricNames.ToList().IndexOf("count_plays"));
        return (result.Metrics[fallBack], true, signed && result.Labels.Contains(column) ? column : null);
    }

    private static void SortPage(ReportResult result, int[] page, string column, bool ascending)
    {
        var keys = page.Select(group => TableReply.Print(result.Label(group, column))).ToArray();
        Array.Sort(keys, page, StringComparer.Ordinal);
        if (!ascending)
            Array.Reverse(page);
    }

    /// <summary>The three rules of 3.7: exact when fewer labels came back than the engine was asked for, else an estimate or 0.</summary>
    private long Count(ReportDefinition report, ReportRequest request, ReportResult result, Metric orderedBy, long asked, int wall)
    {
        var single = result.Labels.Count > 0 && !engine.IsMultiDimension(report);
        var threshold = single && orderedBy.Additive
            ? Math.Max(MinThreshold, Math.Min(wall, Math.Max(engine.RangeOf(request).Days * 30, 2 * asked)))
            : Math.Min(asked, wall);
        if (result.Groups < threshold)
            return result.Groups;
        return report.CountForced || !request.Filter.IsEndUser ? Estimate(report, result.Groups) : 0;
    }

    /// <summary>An approximate distinct count: up to 3 % off, floored, the same for the same rows.</summary>
    public static long Estimate(ReportDefinition report, int exact)
    {
        var noise = (double)(Prng.Hash(report.Id, 30, exact) % 6_001) / 100_000 - 0.03;
        return (long)Math.Floor(exact * (1 + noise));
    }

    /// <summary>The larger of the joined parts: it can be lower than the rows.</summary>
    private static int JoinCount(ReportResult result)
    {
        int players = 0, creators = 0;
        for (var group = 0; group < result.Groups; group++)
        {
            players += result.Tally(group).Sessions > 0 ? 1 : 0;
            creators += result.Tally(group).AddedEntries > 0 ? 1 : 0;
        }
        return Math.Max(players, creators);
    }
}
