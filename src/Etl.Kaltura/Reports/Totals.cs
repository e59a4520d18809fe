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
        return SmallCall.AskAsync(pull, request, MaxBytes, bytes =>
        {
            var reply = ReportTotalReader.Read(bytes, query.Delimiter);
            return reply.Error is not null || reply.Header is null || reply.Cells is not null ? reply
                : throw new ApiException(Core.Errors.FaultKind.Window, $"{request.What}: a header came without data, the service's encoding failure.") { Code = "no-data", IsTransient = true, MaxAttempts = 3 };
        }, reply => reply.Error, cancellation);
    }
}
