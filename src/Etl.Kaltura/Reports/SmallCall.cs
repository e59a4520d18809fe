using Etl.Core.Errors;
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
    /// <param name="along">What to ask in the same round trip.</param>
    public static async Task<T> AskAsync<T>(
        PullContext pull, ApiRequest request, int maxBytes,
        Func<byte[], T> read, Func<T, ServiceError?> errorOf, CancellationToken cancellation, IReadOnlyList<ApiRequest>? along = null)
    {
        if (pull.Connection.Shelf.Take(pull.Request, request) is { } kept)
        {
            try
            {
                var body = pull.Shelved(request, kept);
                await using (body.ConfigureAwait(false))
                {
                    var reply = await ReadAsync(body, () => Task.CompletedTask, cancellation).ConfigureAwait(false);
                    if (kept.Pull != pull.Request.PullId) pull.Note($"The answer of {request.What} came in one round trip with pull {kept.Pull} of the same window.");
                    return reply;
                }
            }
            catch (EtlException)
            {
                // Damaged, or an error: asked by itself.
            }
        }
        return await pull.CallAsync(request, along ?? [], ReadAsync, cancellation).ConfigureAwait(false);

        async Task<T> ReadAsync(Stream body, Func<Task> rest, CancellationToken token)
        {
            var bytes = await AllOfAsync(pull, request, body, maxBytes, token).ConfigureAwait(false);
            pull.Log.Bytes += bytes.Length;
            T reply;
            try
            {
                reply = read(bytes);
                if (errorOf(reply) is null) await rest().ConfigureAwait(false);
            }
            catch (ReportFormatException e)
            {
                throw PageReader.Unsound(request.What, e);
            }
            if (errorOf(reply) is { } error) throw ErrorRules.Exception(request.What, error.Code, error.Message, error.Args, pull.Connection.Api.Mask);
            return reply;
        }
    }

    private static async Task<byte[]> AllOfAsync(PullContext pull, ApiRequest request, Stream body, int maxBytes, CancellationToken cancellation)
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
