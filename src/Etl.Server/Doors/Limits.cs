using Etl.Core.Errors;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Etl.Server.Doors;

/// <summary>How much one caller may take of the server.</summary>
internal static class Limits
{
    /// <summary>Nothing that is sent here is large: a form, a few labels, a notification.</summary>
    public const long BodyBytes = 1 << 20;

    public const int HeaderBytes = 16 << 10, HeaderCount = 64, LineBytes = 4 << 10;

    private const int Connections = 512;

    public static void Set(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = BodyBytes;
        limits.MaxRequestHeadersTotalSize = HeaderBytes;
        limits.MaxRequestHeaderCount = HeaderCount;
        limits.MaxRequestLineSize = LineBytes;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        limits.MaxConcurrentConnections = Connections;
    }

    public static EtlException CannotListen(IEnumerable<Uri> urls, Exception inner) => new(
        FaultKind.Usage, $"Could not listen at {string.Join(", ", urls)}: {inner.Message} Choose another address with '--urls'.", inner) { Code = "cannot-listen" };
}
