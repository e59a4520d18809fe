using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>Asks for an answer that is read whole before it is looked at: totals, graphs, base totals.</summary>
internal static class SmallCall
{
    /// <summary>Makes the call; the service's errors and damaged answers come as exceptions, and are repeated where that helps.</summary>
    /// <param name="pull">The pull.</param>
    /// <param name="request">The call.</param>
    /// <param name="maxBytes">Largest body.</param>
    /// <param name="read">Reads a body; may run several times.</param>
    /// <param name="errorOf">The error that came instead of an answer, or null.</param>
    /// <param name="cancellation">Stops waiting and reading.</param>
    public static Task<T> AskAsync<T>(
        PullContext pull, ApiRequest request, int maxBytes,
        Func<byte[], T> read, Func<T, ServiceError?> errorOf, CancellationToken cancellation) =>
        pull.CallAsync(request, async (body, token) =>
        {
            var bytes = await ReadAsync(pull, request, body, maxBytes, token).ConfigureAwait(false);
            pull.Log.Bytes += bytes.Length;
            T reply;
            try
            {
                reply = read(bytes);
            }
            catch (ReportFormatException e)
            {
                throw PageReader.Unsound(request.What, e);
            }
            if (errorOf(reply) is { } error) throw ErrorRules.Exception(request.What, error.Code, error.Message, error.Args, pull.Connection.Api.Mask);
            return reply;
        }, cancellation);

    private static async Task<byte[]> ReadAsync(PullContext pull, ApiRequest request, Stream body, int maxBytes, CancellationToken cancellation)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (copy.Length + read > maxBytes) throw pull.Fault("too-large", $"the answer of {request.What} is larger than {maxBytes} bytes.");
            copy.Write(buffer, 0, read);
        }
        return copy.ToArray();
    }
}
