namespace Etl.Sandbox;

/// <summary>Names of the faults; <see cref="SandboxFault.Parameter"/> in parentheses.</summary>
public static class SandboxFaultKinds
{
    /// <summary>The rate limit of the service: ACTION_BLOCKED.</summary>
    public const string ActionBlocked = "action-blocked";

    /// <summary>DRUID_QUERY_TIMED_OUT.</summary>
    public const string QueryTimedOut = "query-timed-out";

    /// <summary>INTERNAL_SERVERL_ERROR.</summary>
    public const string InternalError = "internal-error";

    /// <summary>INVALID_KS, EXPIRED.</summary>
    public const string ExpiredSession = "expired-session";

    /// <summary>HTTP 502 without a body.</summary>
    public const string BadGateway = "http-502";

    /// <summary>HTTP 429 with Retry-After (seconds, default 1).</summary>
    public const string TooManyRequests = "http-429";

    /// <summary>HTTP 503 with Retry-After (seconds, default 1).</summary>
    public const string Unavailable = "http-503";

    /// <summary>HTTP 200 without a body.</summary>
    public const string EmptyBody = "empty-body";

    /// <summary>HTTP 200 with a page for people.</summary>
    public const string HtmlPage = "html-page";

    /// <summary>The body stops (after the share, default 0.5) and the answer ends as if complete.</summary>
    public const string TruncatedBody = "truncated-body";

    /// <summary>The gzip stream stops (after the share, default 0.5); the answer is compressed whatever the request says.</summary>
    public const string TruncatedGzip = "truncated-gzip";

    /// <summary>The connection breaks in the middle of the body.</summary>
    public const string BrokenConnection = "broken-connection";

    /// <summary>A byte that is no UTF-8 stands in the body.</summary>
    public const string InvalidUtf8 = "invalid-utf8";

    /// <summary>The answer starts late (seconds, default 1).</summary>
    public const string Slow = "slow";

    /// <summary>Bytes arrive one by one and never end (milliseconds between two, default 50).</summary>
    public const string Drip = "drip";

    /// <summary>Header and totalCount without data: what one bad byte in a name does.</summary>
    public const string DataNull = "data-null";

    /// <summary>Even pages start one row early: a row stands on two pages and another one on none.</summary>
    public const string PageDrift = "page-drift";

    /// <summary>The first row stands in the page twice.</summary>
    public const string DuplicateRow = "duplicate-row";

    /// <summary>Pages hold at most (number) rows, whatever was asked.</summary>
    public const string PageClamp = "page-clamp";

    /// <summary>totalCount says (number).</summary>
    public const string TotalCount = "total-count";

    /// <summary>One row lacks its last cell; with parameter <c>extra</c> it has one too many.</summary>
    public const string WrongCellCount = "wrong-cell-count";

    /// <summary>A row in the middle of the page is missing: only totals can tell.</summary>
    public const string DropRow = "drop-row";

    /// <summary>A column has another name (<c>old=new</c>; default the last metric, with <c>_v2</c>).</summary>
    public const string RenameColumn = "rename-column";

    /// <summary>A column is new (name, default <c>new_metric</c>).</summary>
    public const string AddColumn = "add-column";

    /// <summary>A column is gone (name, default the last one).</summary>
    public const string RemoveColumn = "remove-column";

    /// <summary>The columns stand in reverse order.</summary>
    public const string ReorderColumns = "reorder-columns";

    /// <summary>A cell of the first row says <c>Unknown</c> (column, default the last one).</summary>
    public const string UnknownCell = "unknown-cell";

    /// <summary>A cell of the first row says <c>Error</c> (column, default the last one).</summary>
    public const string ErrorCell = "error-cell";

    /// <summary>A cell of a row in the middle of the page is malformed (<c>column=text</c>; default the last column, <c>1,2x</c>).</summary>
    public const string BadCell = "bad-cell";

    /// <summary>No rows at all, as if the account were empty.</summary>
    public const string EmptyTable = "empty-table";

    /// <summary>Header without data and a totalCount above 0.</summary>
    public const string HeaderOnly = "header-only";

    /// <summary>HTTP 404 without a body.</summary>
    public const string NotFound = "http-404";

    /// <summary>HTTP 302 to another host (address, default one that does not resolve).</summary>
    public const string Redirect = "redirect";

    /// <summary>The call is carried out, but the connection ends before a byte of the reply.</summary>
    public const string LostReply = "lost-reply";

    /// <summary>What a failure inside a file action looks like: status 200, no body, X-Kaltura headers (code, default REPORT_NOT_FOUND).</summary>
    public const string FileError = "file-error";

    /// <summary>Instead of the address of an export: an empty text.</summary>
    public const string EmptyUrl = "empty-url";

    /// <summary>Instead of the address of an export: null.</summary>
    public const string NullUrl = "null-url";

    /// <summary>The address of an export names another host, one that does not resolve.</summary>
    public const string OtherHost = "other-host";

    /// <summary>The file of an export ends after its title, dates and text.</summary>
    public const string TitleOnly = "title-only";

    /// <summary>Texts of a custom report keep their line breaks, unquoted.</summary>
    public const string RawLineBreaks = "raw-line-breaks";

    /// <summary>A report of the microservice (action <c>microservice.generate</c>) never leaves <c>pending</c>.</summary>
    public const string StuckPending = "stuck-pending";

    /// <summary>A report of the microservice fails instead of completing (text of the error).</summary>
    public const string JobFailed = "job-failed";

    /// <summary>A report of the microservice ends in a state with another name (word, default <c>queued_for_export</c>).</summary>
    public const string UnknownStatus = "unknown-status";

    internal static readonly string[] All =
    [
        ActionBlocked, QueryTimedOut, InternalError, ExpiredSession, BadGateway, TooManyRequests, Unavailable, EmptyBody, HtmlPage, TruncatedBody,
        TruncatedGzip, BrokenConnection, InvalidUtf8, Slow, Drip, DataNull, PageDrift, DuplicateRow, PageClamp, TotalCount, WrongCellCount, DropRow,
        RenameColumn, AddColumn, RemoveColumn, ReorderColumns, UnknownCell, ErrorCell, BadCell, EmptyTable, HeaderOnly, NotFound, Redirect,
        LostReply, FileError, EmptyUrl, NullUrl, OtherHost, TitleOnly, RawLineBreaks,
        StuckPending, JobFailed, UnknownStatus,
    ];
}
