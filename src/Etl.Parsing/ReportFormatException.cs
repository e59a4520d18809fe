using Etl.Core.Errors;

namespace Etl.Parsing;

/// <summary>
/// A reply or report file that does not have the form the service promises. The message never repeats a row; it names
/// the row's number and its place. <see cref="EtlException.Code"/> is one of the constants here.
/// </summary>
public sealed class ReportFormatException : EtlException
{
    /// <summary>A row whose cells cannot be matched to the header.</summary>
    public const string BadRow = "bad-row";

    /// <summary>The body is not the JSON (or CSV) value that was expected.</summary>
    public const string NotJson = "not-json";

    /// <summary>The body ends too early.</summary>
    public const string Truncated = "truncated";

    /// <summary>Bytes that are no UTF-8, or an escaped surrogate without its partner.</summary>
    public const string BadUtf8 = "bad-utf8";

    /// <summary>A limit of the reader's options was passed.</summary>
    public const string TooLarge = "too-large";

    /// <summary>An empty or repeated column name, or rows without a header.</summary>
    public const string BadHeader = "bad-header";

    /// <summary>No bytes, or white space only: what a killed request or a failed file action leaves.</summary>
    public const string EmptyBody = "empty-body";

    /// <summary>Markup instead of JSON: usually a proxy's error page.</summary>
    public const string Html = "html";

    /// <summary>Makes the exception; the code decides whether it is transient.</summary>
    /// <param name="code">One of the constants of this class.</param>
    /// <param name="message">Whole sentence for a person.</param>
    /// <param name="byteOffset">Place in the decoded body, from zero.</param>
    /// <param name="row">Number of the row, from one.</param>
    /// <param name="inner">The cause, if there is one.</param>
    public ReportFormatException(string code, string message, long? byteOffset = null, long? row = null, Exception? inner = null)
        : base(FaultKind.Window, message, inner)
    {
        Code = code;
        ByteOffset = byteOffset;
        Row = row;
        // Damage on the way may be gone the next time; what the service means to send will come again.
        IsTransient = code is Truncated or EmptyBody or Html or NotJson or BadUtf8;
    }

    /// <summary>Number of the row (from one) at which it happened, if any.</summary>
    public long? Row { get; }
}
