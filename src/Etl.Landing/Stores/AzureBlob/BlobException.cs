using System.Net.Http;
using System.Net.Sockets;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// The blob service refused a request or did not answer. Holds the service's own code and nothing of the request's headers, query or of
/// the answer's body, in which signatures occur.
/// </summary>
internal sealed class BlobException : Exception
{
    public BlobException(int status, string code, Exception? inner = null)
        : base(status == 0 ? $"No answer ({code})" : $"HTTP {status} {code}", inner) => (Status, Code) = (status, code);

    /// <summary>HTTP status; 0 when no answer came.</summary>
    public int Status { get; }

    /// <summary>The service's code, such as <c>ConditionNotMet</c>, or one of <see cref="BlobCode"/>.</summary>
    public string Code { get; }

    /// <summary>How long the service asked us to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>See <see cref="BlobState.LeaseDuration"/>; filled in where a lease stands in the way.</summary>
    public string? LeaseDuration { get; init; }

    /// <summary>The name under which the service's people find the request.</summary>
    public string? RequestId { get; init; }

    /// <summary>True when the same request may succeed a moment later: no answer, throttling, a fault of the service, bytes damaged on the way.</summary>
    public bool IsTransient =>
        (Status == 0 && Code is not (BlobCode.UnknownHost or BlobCode.Login)) || Status is 408 or 429 or >= 500 || Code == BlobCode.Md5Mismatch;
}

/// <summary>Codes of the service on which decisions rest, and a few of ours.</summary>
internal static class BlobCode
{
    public const string BlobNotFound = "BlobNotFound";
    public const string ContainerNotFound = "ContainerNotFound";
    public const string ContainerAlreadyExists = "ContainerAlreadyExists";
    public const string BlobAlreadyExists = "BlobAlreadyExists";
    public const string ConditionNotMet = "ConditionNotMet";
    public const string InvalidBlockList = "InvalidBlockList";
    public const string InvalidBlobOrBlock = "InvalidBlobOrBlock";
    public const string InvalidRange = "InvalidRange";
    public const string Md5Mismatch = "Md5Mismatch";
    public const string LeaseIdMissing = "LeaseIdMissing";

    /// <summary>Ours: the host's name is not known.</summary>
    public const string UnknownHost = "unknown host";

    /// <summary>Ours: the connection could not be made or broke.</summary>
    public const string Connection = "connection";

    /// <summary>Ours: the answer took too long.</summary>
    public const string TimedOut = "timed out";

    /// <summary>Ours: no login was found or it was refused.</summary>
    public const string Login = "login";

    /// <summary>Ours: the container is missing and may not be made with this credential.</summary>
    public const string ContainerMayNotBeMade = "container may not be made";

    /// <summary>Ours: the blob that is being read was replaced or removed.</summary>
    public const string Replaced = "replaced";

    /// <summary>The code of a refusal that came without one: a HEAD has no body.</summary>
    public static string Of(int status) => status switch
    {
        404 => BlobNotFound,
        412 => ConditionNotMet,
        _ => "without a code",
    };

    /// <summary>The code of a request that had no answer.</summary>
    public static string OfNetwork(Exception fault)
    {
        for (Exception? cause = fault; cause is not null; cause = cause.InnerException)
            if (cause is SocketException { SocketErrorCode: SocketError.HostNotFound } or HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError }) return UnknownHost;
        return Connection;
    }
}
