using Etl.Parsing;

namespace Etl.Kaltura.Completeness;

/// <summary>How the rows of one question come.</summary>
internal enum Route
{
    /// <summary>Page by page, as JSON.</summary>
    Pages,
    /// <summary>A report file by address, with its own count and totals.</summary>
    ReportFile,
    /// <summary>The file of a custom report, which announces nothing.</summary>
    CustomFile,
    /// <summary>The file of a background report, which announces nothing and has no cap.</summary>
    BackgroundFile,
}

/// <summary>What is known of one answer with rows: a page, or a file.</summary>
/// <param name="Number">Page number, from one; one for a file.</param>
/// <param name="Asked">Rows asked for; 0 where a file is asked for whole.</param>
/// <param name="Rows">Rows received, those that could not be typed included.</param>
internal sealed record PageFacts(int Number, int Asked, long Rows)
{
    /// <summary>Column names in order; null when none came.</summary>
    public IReadOnlyList<string>? Header { get; init; }

    /// <summary>The service's count of all rows; null when absent.</summary>
    public long? TotalCount { get; init; }

    /// <summary>True for a header or a count without data.</summary>
    public bool DataIsNull { get; init; }

    /// <summary>True when header, data and count are all absent.</summary>
    public bool IsAllAbsent { get; init; }

    /// <summary>True when a key of it stood on an earlier page.</summary>
    public bool RepeatsKey { get; init; }

    /// <summary>True for a file under another title than was asked for.</summary>
    public bool HasOtherTitle { get; init; }

    /// <summary>True for a file without the totals, or without the labels of totals, that were asked for.</summary>
    public bool LacksTotals { get; init; }

    /// <summary>True when the last line of a file has no line feed, where that is allowed.</summary>
    public bool HasOpenEnd { get; init; }

    /// <summary>Decoded body bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Hash of the decoded body.</summary>
    public string Sha256 { get; init; } = "";
}

/// <summary>What is known of the service's totals of the same question.</summary>
/// <param name="HasHeader">True when they name columns. Having found nothing, the service still names them (wire facts 3.2): without a header the totals failed too.</param>
/// <param name="IsEmptyOrZero">True when no total is a number other than zero.</param>
internal sealed record TotalsFacts(bool HasHeader, bool IsEmptyOrZero)
{
    /// <summary>True when they say that there is nothing.</summary>
    public bool ProveEmpty => HasHeader && IsEmptyOrZero;

    /// <summary>The facts of an answer.</summary>
    public static TotalsFacts Of(TotalReply totals) => new(totals.Header is not null, totals.IsEmptyOrZero);
}

/// <summary>
/// All that is known of one question's rows so far. Every paged and file route fills it; <see cref="CompletenessRule"/> says what it proves.
/// </summary>
/// <param name="Route">How they come.</param>
/// <param name="Cap">Rows that no request of the route reaches beyond; <see cref="int.MaxValue"/> for none.</param>
internal sealed record ChainFacts(Route Route, int Cap)
{
    /// <summary>Rows to ask per page.</summary>
    public int Size { get; init; }

    /// <summary>True when the server gives no larger pages, or fails at them.</summary>
    public bool LargePagesFail { get; init; }

    /// <summary>True when the report has totals to ask for.</summary>
    public bool HasTotals { get; init; }

    /// <summary>Pages in order, or the one file.</summary>
    public IReadOnlyList<PageFacts> Pages { get; init; } = [];

    /// <summary>The answer to <see cref="Step.Again"/>: what stands behind a short page, or the same question once more.</summary>
    public PageFacts? Again { get; init; }

    /// <summary>The answer to <see cref="Step.Totals"/>.</summary>
    public TotalsFacts? Totals { get; init; }

    /// <summary>Totals that stand in a file beside its rows.</summary>
    public TotalsFacts? TotalsInFile { get; init; }

    /// <summary>Rows of all pages.</summary>
    public long Rows => Pages.Sum(p => p.Rows);
}

/// <summary>What is known of one slice of a list, whose rows are told apart by their ids.</summary>
/// <param name="Rows">Objects of the last reading.</param>
internal sealed record SliceFacts(int Rows)
{
    /// <summary>True when one reply holds all and says so: nothing can have changed in between.</summary>
    public bool IsOneAnswer { get; init; }

    /// <summary>True when pages were told apart by their number: an object that goes while another comes can hide a third one.</summary>
    public bool IsPaged { get; init; }

    /// <summary>True when the service was asked how many there are.</summary>
    public bool IsCounted { get; init; }

    /// <summary>Its answer; null when it gave none.</summary>
    public long? Count { get; init; }

    /// <summary>True when the reading before brought the same ids.</summary>
    public bool EqualsBefore { get; init; }
}
