namespace Etl.Core.Errors;

/// <summary>What kind of fault stopped the work; each has its exit code and its person who must act.</summary>
public enum FaultKind
{
    /// <summary>The window failed: data, truncation, a target. Exit code 1.</summary>
    Window,
    /// <summary>Bad usage or configuration; nothing was touched. Exit code 2.</summary>
    Usage,
    /// <summary>The service refused us: session, permission. Exit code 4.</summary>
    Refused,
    /// <summary>The service could not be reached or kept failing. Exit code 5.</summary>
    Unreachable,
}

/// <summary>
/// A fault that a person has to act on: configuration, data, the service or a target. The message says what was
/// attempted, where, what was found, what was expected and what the reader can do, and never holds a credential.
/// </summary>
public class EtlException : Exception
{
    private readonly bool? _isOfWindow;

    /// <summary>Makes the exception.</summary>
    public EtlException(FaultKind kind, string message, Exception? inner = null)
        : base(message, inner) => Kind = kind;

    /// <summary>Who must act.</summary>
    public FaultKind Kind { get; }

    /// <summary>A stable code for scripts, such as <c>truncated</c>, <c>bad-row</c> or the service's own error code.</summary>
    public string Code { get; init; } = "failed";

    /// <summary>True when doing the same again later may work. Retry reads this and nothing else.</summary>
    public bool IsTransient { get; init; }

    /// <summary>
    /// True for a fault of the window itself, which would meet any machine at any hour: enough of them in a row park the window. By default one of
    /// kind <see cref="FaultKind.Window"/> that does not pass by itself; a source says so of damaged data too, which is worth another try now and
    /// not for ever.
    /// </summary>
    public bool IsOfWindow
    {
        get => _isOfWindow ?? (Kind == FaultKind.Window && !IsTransient);
        init => _isOfWindow = value;
    }

    /// <summary>How long the other side asked us to wait; null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Number of the page (from one) at which it happened, if any.</summary>
    public int? Page { get; init; }

    /// <summary>Offset in bytes (from zero) in the decoded body at which it happened, if any.</summary>
    public long? ByteOffset { get; init; }
}
