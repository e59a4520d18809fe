using Etl.Core.Errors;

namespace Etl.Kaltura.Api;

/// <summary>A fault of one call, with what the retry needs to know beyond <see cref="EtlException.IsTransient"/>.</summary>
internal sealed class ApiException : EtlException
{
    public ApiException(FaultKind kind, string message, Exception? inner = null)
        : base(kind, message, inner) => IsOfWindow = kind == FaultKind.Window;

    /// <summary>Attempts that make sense for this fault, the first included.</summary>
    public int MaxAttempts { get; init; } = int.MaxValue;

    /// <summary>Shortest wait before the next attempt.</summary>
    public TimeSpan MinWait { get; init; }

    /// <summary>True when the service asks us to do less at once.</summary>
    public bool SlowDown { get; init; }

    /// <summary>Why a session was refused: <c>EXPIRED</c>, <c>LOGOUT</c>, …; null for other faults and for malformed tokens.</summary>
    public string? SessionReason { get; init; }
}
