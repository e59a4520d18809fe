using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>Asks <c>getTotal</c>: one small answer, read whole.</summary>
internal static class Totals
{
    private const int MaxBytes = 4 << 20;

    /// <summary>The totals of a question; the service's errors come as exceptions.</summary>
    public static Task<TotalReply> AskAsync(PullContext pull, ReportQuery query, CancellationToken cancellation)
    {
        var request = query.Total();
        return pull.CallAsync(request, async (body, token) =>
        {
            var capture = pull.Capture(body, "total-0001");
            await using (capture.ConfigureAwait(false))
            {
                var bytes = await ReadAsync(pull, capture, token).ConfigureAwait(false);
                pull.Log.Bytes += bytes.Length;
                TotalReply reply;
                try
                {
                    reply = ReportTotalReader.Read(bytes, query.Delimiter);
                }
                catch (ReportFormatException e)
                {
                    throw PageReader.Unsound(request, e);
                }
                if (reply.Error is { } error) throw ErrorRules.Exception(request.What, error.Code, error.Message, error.Args, pull.Connection.Api.Mask);
                if (reply.Header is not null && reply.Cells is null)
                    throw new ApiException(Core.Errors.FaultKind.Window, $"{request.What}: a header came without data, the service's encoding failure.") { Code = "no-data", IsTransient = true, MaxAttempts = 3 };
                return reply;
            }
        }, cancellation);
    }

    private static async Task<byte[]> ReadAsync(PullContext pull, Stream body, CancellationToken cancellation)
    {
        using var copy = new MemoryStream();
        var buffer = new byte[16 << 10];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellation).ConfigureAwait(false)) > 0)
        {
            if (copy.Length + read > MaxBytes) throw pull.Fault("too-large", $"the totals are larger than {MaxBytes} bytes.");
            copy.Write(buffer, 0, read);
        }
        return copy.ToArray();
    }
}
