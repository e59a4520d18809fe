using Etl.Core.Errors;

namespace Etl.Kaltura.Reports;

/// <summary>Why a page chain is begun again from page 1.</summary>
internal enum RestartKind
{
    /// <summary>A key stood on two pages: ask for one large page.</summary>
    Duplicate,
    /// <summary>Two pages had different headers.</summary>
    Header,
    /// <summary>The server gave fewer rows per page than asked: ask for as many as it gives.</summary>
    Clamp,
    /// <summary>The next page would lie beyond the cap, or there are too many pages: ask for one large page.</summary>
    OnePage,
    /// <summary>The query timed out twice: ask for smaller pages.</summary>
    TimedOut,
    /// <summary>An answer contradicts itself, or broke off after rows were handed on.</summary>
    Unsound,
}

/// <summary>
/// Begins a page chain again, if its budget allows; otherwise <see cref="Fault"/> is what failed. Not transient by itself, so
/// that the retry of single calls leaves it alone.
/// </summary>
internal sealed class RestartException(RestartKind kind, EtlException fault, int? pageSize = null) : EtlException(fault.Kind, fault.Message, fault)
{
    public RestartKind Why => kind;
    public EtlException Fault => fault;

    /// <summary>Page size that the server showed, for <see cref="RestartKind.Clamp"/>.</summary>
    public int? PageSize => pageSize;
}
