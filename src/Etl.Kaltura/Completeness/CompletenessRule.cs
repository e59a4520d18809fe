using System.Globalization;
using Etl.Core.Completeness;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Completeness;

/// <summary>
/// When a pull is complete (reliability 2.1, C1 to C5 and C7; design: section 5). Pure: the same facts give the same judgement, and nothing else
/// decides it. Only <see cref="Step.Whole"/> and <see cref="Step.Empty"/> are complete; a cap is never an end, and totalCount alone neither ends nor fails
/// a chain.
/// </summary>
internal static class CompletenessRule
{
    /// <summary>Most pages of one chain: a server that ignores the page number would go on for ever.</summary>
    internal const int MaxPages = 500;

    /// <summary>Judges what came so far.</summary>
    public static Judgement Judge(ChainFacts facts)
    {
        if (facts.Pages.Count == 0) return new(Step.Page, "") { Page = 1, Size = facts.Size };
        return facts.Route switch
        {
            Route.Pages => OfPages(facts),
            Route.ReportFile => OfReportFile(facts, facts.Pages[0]),
            Route.CustomFile => OfCustomFile(facts, facts.Pages[0]),
            _ => OfBackgroundFile(facts, facts.Pages[0]),
        };
    }

    /// <summary>
    /// Judges a reading of a list's slice. Its count proves it where no page was asked for by number; otherwise, or where the count is another one, two
    /// readings have to bring the same ids.
    /// </summary>
    public static Judgement Judge(SliceFacts facts)
    {
        if (facts.IsOneAnswer) return new(Step.Whole, "one-answer");
        if (!facts.IsCounted) return new(Step.Totals, "");
        if (facts.Count == facts.Rows && (facts.EqualsBefore || !facts.IsPaged)) return new(Step.Whole, "count-equal");
        if (!facts.EqualsBefore) return new(Step.Again, "unsettled");
        return new(Step.Whole, "two-readings-equal") { Note = $"the service counts {(facts.Count is { } count ? Show(count) : "nothing")}, and two readings brought the same {Show(facts.Rows)} object(s)." };
    }

    /// <summary>
    /// A chain ends on an absent or empty page after rows, or on a short page whose running total equals totalCount; any other short page costs one
    /// more request.
    /// </summary>
    private static Judgement OfPages(ChainFacts facts)
    {
        var header = facts.Pages.FirstOrDefault(p => p.Header is not null)?.Header ?? facts.Again?.Header;
        for (var i = 0; i < facts.Pages.Count; i++)
        {
            var page = facts.Pages[i];
            if (Unsound(page, header) is { } fault) return fault;
            if (i + 1 < facts.Pages.Count && page.Rows < page.Asked)
                return Restart(RestartKind.Unsound, "short-page", $"page {Show(page.Number)} had {Show(page.Rows)} rows of {Show(page.Asked)} asked, and page {Show(page.Number + 1)} was asked for.", page.Number);
        }
        if (facts.Again is { } behind && Unsound(behind, header) is { } wrong) return wrong;

        var (last, rows) = (facts.Pages[^1], facts.Rows);
        if (rows >= facts.Cap) return new(Step.Capped, "cap");
        if (last.Rows == 0) return last.Number > 1 ? Whole(facts, "empty-page") : OfEmptyTable(facts, last);
        if (last.Rows < last.Asked) return OfShortPage(facts, last, rows);
        if ((long)(last.Number + 1) * facts.Size > facts.Cap)
        {
            if (facts.LargePagesFail) return new(Step.Capped, "cap");
            return Restart(RestartKind.OnePage, "cap", $"page {Show(last.Number + 1)} of {Show(facts.Size)} rows would lie beyond the cap of {Show(facts.Cap)} rows.", last.Number);
        }
        if (last.Number >= MaxPages) return Restart(RestartKind.OnePage, "too-many-pages", $"{Show(MaxPages)} pages of {Show(facts.Size)} rows did not reach the end.", last.Number + 1);
        return new(Step.Page, "") { Page = last.Number + 1, Size = facts.Size };
    }

    /// <summary>What is wrong with one page by itself, or beside the first header; null for nothing.</summary>
    private static Judgement? Unsound(PageFacts page, IReadOnlyList<string>? header)
    {
        if (page.RepeatsKey)
        {
            return Restart(RestartKind.Duplicate, "duplicate-key",
                "a key stands on two pages: each page is its own query, so another row may be missing. Ask for the table in one page, or narrow the filter.", page.Number);
        }
        if (page.Rows > page.Asked)
            return Refuse("page-too-large", $"page {Show(page.Number)} has {Show(page.Rows)} rows, but {Show(page.Asked)} were asked; the answer belongs to another request.", page.Number);
        if (page.DataIsNull)
            return Transient("no-data", $"page {Show(page.Number)} has a header or a count but no data, as when one byte of it is not valid text.", page.Number);
        if (page is { Number: 1, Rows: 0, TotalCount: > 0 })
            return Transient("no-data", $"page 1 is empty, but totalCount is {Show(page.TotalCount.Value)}.", page.Number);
        if (page.Header is not null && !page.Header.SequenceEqual(header!, StringComparer.Ordinal))
            return Restart(RestartKind.Header, "header-changed", $"page {Show(page.Number)} has other columns ({Shorten(page.Header)}) than page 1 ({Shorten(header!)}).", page.Number);
        return null;
    }

    /// <summary>Fewer rows than asked: the end, if the service counts as many, or if there is nothing behind them.</summary>
    private static Judgement OfShortPage(ChainFacts facts, PageFacts last, long rows)
    {
        if (last.TotalCount == rows) return Whole(facts, "short-page-matches-total");
        if (facts.Again is not { } behind) return Behind(facts, last, (int)rows);
        if (behind.Rows == 0) return Whole(facts, "empty-page");
        var found = $"page {Show(last.Number)} had {Show(last.Rows)} rows of {Show(last.Asked)} asked, and page {Show(behind.Number)} of {Show(behind.Asked)} has more";
        return last.Number > 1
            ? Restart(RestartKind.Unsound, "short-page", found + ".", last.Number)
            : Restart(RestartKind.Clamp, "clamped", found + ": the server gives no larger pages.", last.Number) with { ShownSize = (int)last.Rows };
    }

    /// <summary>
    /// The page that begins right behind the rows so far. The next one of the same size, or, where that lies beyond the cap, a
    /// smaller one: size s, with s a divisor of the rows so far, has its page number rows/s + 1 begin there. Never a larger one than the server gives: it
    /// would count from another row.
    /// </summary>
    private static Judgement Behind(ChainFacts facts, PageFacts last, int rows)
    {
        if ((long)(last.Number + 1) * facts.Size <= facts.Cap) return new(Step.Again, "") { Page = last.Number + 1, Size = facts.Size };
        for (var s = Math.Min(Math.Min(rows, facts.Cap - rows), facts.LargePagesFail ? facts.Size : int.MaxValue); s > 1; s--)
            if (rows % s == 0) return new(Step.Again, "") { Page = rows / s + 1, Size = s };
        return new(Step.Again, "") { Page = rows + 1, Size = 1 };
    }

    /// <summary>Page 1 has no rows: nothing is there only if the totals of the same question say so too, or, without totals, a second look.</summary>
    private static Judgement OfEmptyTable(ChainFacts facts, PageFacts first)
    {
        if (!facts.HasTotals)
        {
            return facts.Again switch
            {
                null => new(Step.Again, "") { Page = 1, Size = facts.Size },
                { Rows: > 0 } => Transient("empty-unproven", "page 1 was empty, and had rows when it was asked again.", 1),
                _ => new(Step.Empty, "known-empty") { Note = "The report has no totals; its empty table was asked twice." },
            };
        }
        return facts.Totals switch
        {
            null => new(Step.Totals, ""),
            { ProveEmpty: true } => new(Step.Empty, "known-empty"),
            var totals => Transient("empty-unproven",
                $"page 1 is empty{(first.IsAllAbsent ? " (header, data and count absent)" : "")}, but the totals {(totals.HasHeader ? "are not" : "have no header")}: the query failed inside the service.", 1),
        };
    }

    /// <summary>The file's own count, its totals and its title tell that it is whole: a server that ran out of space writes a short file and answers 200.</summary>
    private static Judgement OfReportFile(ChainFacts facts, PageFacts file)
    {
        if (file.HasOtherTitle) return Transient("csv-other-file", "the file has another title than was asked for: it answers another request.");
        if (file.LacksTotals) return Transient("csv-cut", "the file has no totals under the labels that were asked for: it was cut.");
        if (file.Rows > facts.Cap) return Refuse("page-too-large", $"the file has {Show(file.Rows)} rows, but {Show(facts.Cap)} were asked; it answers another request.");
        // Fewer rows than were asked make the count exact (wire facts 3.7); zero beside rows means that it is not told.
        if (file.Rows < facts.Cap && file.TotalCount is > 0 and var count && count != file.Rows)
            return Transient("csv-row-count", $"the file has {Show(file.Rows)} rows, but announces {Show(count)}: it was cut.");
        if (file.Rows == 0) return OfEmptyFile(facts);
        if (file.Rows >= facts.Cap) return new(Step.Capped, "cap");
        return file.TotalCount > 0 ? new(Step.Whole, "file-rows-match-count")
            : new(Step.Whole, "file-end") { Note = file.TotalCount == 0 ? "The file does not tell how many rows it has." : null };
    }

    /// <summary>The table is missing: nothing is there only if all totals of the same question say so too.</summary>
    private static Judgement OfEmptyFile(ChainFacts facts)
    {
        if (facts.TotalsInFile is { IsEmptyOrZero: false }) return Transient("empty-unproven", "the file has no table, but its totals are not empty: the table is missing.");
        if (!facts.HasTotals) return new(Step.Empty, "known-empty") { Note = "The report has no totals; that its table is empty is known from the file alone." };
        return facts.Totals switch
        {
            null => new(Step.Totals, ""),
            { ProveEmpty: true } => new(Step.Empty, "known-empty"),
            var totals => Transient("empty-unproven", $"the file has no table, but the totals {(totals.HasHeader ? "are not empty: the table is missing" : "have no header: the query failed inside the service")}."),
        };
    }

    private static Judgement OfCustomFile(ChainFacts facts, PageFacts file)
    {
        if (file.Rows > facts.Cap) return Refuse("page-too-large", $"the file has {Show(file.Rows)} rows, more than the service's limit of {Show(facts.Cap)}.");
        if (file.Rows == facts.Cap) return new(Step.Capped, "cap");
        if (file.Rows > 0) return new(Step.Whole, "file-end");
        // There are no totals to ask: a second file has to be empty too.
        return facts.Again switch
        {
            null => new(Step.Again, ""),
            { Rows: > 0 } => Transient("empty-unproven", "the file was empty, and had rows when it was asked for again."),
            _ => new(Step.Empty, "known-empty") { Note = "A custom report has no totals; its empty file was asked for twice." },
        };
    }

    /// <summary>Nothing announces its rows: one without rows, or without the last line feed, has to come twice and be the same.</summary>
    private static Judgement OfBackgroundFile(ChainFacts facts, PageFacts file)
    {
        var isUnproven = file.Rows == 0 || file.HasOpenEnd;
        switch (TwiceRule.Judge(new(isUnproven) { AreEqual = facts.Again is null ? null : facts.Again.Sha256 == file.Sha256 }))
        {
            case TwiceStep.Second: return new(Step.Again, "");
            case TwiceStep.Both or TwiceStep.Differ:
                return Transient("file-unproven",
                    $"the file {(file.Rows == 0 ? "had no rows" : "did not end with a line feed")}, and was another one when it was fetched again ({Show(file.Bytes)} and {Show(facts.Again!.Bytes)} bytes).");
        }
        if (!isUnproven) return new(Step.Whole, "file-end");
        var note = $"The file {(file.Rows == 0 ? "has no rows" : "does not end with a line feed")}; it was fetched twice and was the same.";
        return file.Rows == 0 ? new(Step.Empty, "known-empty") { Note = note } : new(Step.Whole, "file-twice") { Note = note };
    }

    /// <summary>All rows are here. A count that says otherwise is an estimate, which is worth telling.</summary>
    private static Judgement Whole(ChainFacts facts, string word)
    {
        var count = facts.Pages.LastOrDefault(p => p.TotalCount > 0)?.TotalCount;
        return new(Step.Whole, word)
        {
            Note = count is { } told && told != facts.Rows ? $"The service counts {Show(told)} rows, and {Show(facts.Rows)} came: its count is an estimate." : null,
        };
    }

    private static Judgement Restart(RestartKind why, string code, string found, int page) => new(Step.Restart, code) { Why = why, Found = found, Page = page };

    private static Judgement Transient(string code, string found, int page = 0) => Restart(RestartKind.Unsound, code, found, page) with { IsTransient = true };

    private static Judgement Refuse(string code, string found, int page = 0) => new(Step.Refuse, code) { Found = found, Page = page };

    private static string Shorten(IReadOnlyList<string> header)
    {
        var text = string.Join(", ", header);
        return text.Length <= 200 ? text : string.Concat(text.AsSpan(0, 200), "…");
    }

    private static string Show(long value) => value.ToString(CultureInfo.InvariantCulture);
}
