using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>Asks one page and streams its rows on, repeating the request while none of its rows were handed on.</summary>
internal sealed class PageReader(PullContext pull)
{
    private int _pages;

    /// <summary>What happens to the rows of a page.</summary>
    public delegate ValueTask Take(BoundTable table, RowBatch batch, int page, CancellationToken cancellation);

    /// <summary>Reads the page.</summary>
    /// <param name="query">The question.</param>
    /// <param name="number">Page number, from one.</param>
    /// <param name="size">Rows asked.</param>
    /// <param name="along">What to ask in the same round trip.</param>
    /// <param name="take">Gets each batch with the page's ordinal in this pull.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="RestartException">The answer broke off after rows had been handed on.</exception>
    public Task<TableReply> ReadAsync(ReportQuery query, int number, int size, IReadOnlyList<ApiRequest> along, Take take, CancellationToken cancellation)
    {
        var request = query.Table(number, size);
        var ordinal = ++_pages;
        return pull.CallAsync(request, along, async (body, rest, token) =>
        {
            BoundTable? table = null;
            var handedOn = false;
            TableReply reply;
            try
            {
                reply = await pull.Reader.ReadAsync(
                    body,
                    header => (table = pull.Bind(header)).Plan,
                    (batch, t) =>
                    {
                        handedOn = true;
                        return take(table!, batch, ordinal, t);
                    },
                    token).ConfigureAwait(false);
                if (reply.Error is null) await rest().ConfigureAwait(false);
            }
            catch (EtlException e) when (e is ReportFormatException or { IsTransient: true } and not RestartException)
            {
                var fault = e is ReportFormatException format ? Unsound(request.What, format, request.Page) : e;
                throw handedOn && fault.IsTransient ? new RestartException(RestartKind.Unsound, fault) : fault;
            }
            if (reply.Error is { } error) throw ErrorRules.Exception(request.What, error.Code, error.Message, error.Args, pull.Connection.Api.Mask);
            pull.Log.Bytes += reply.Bytes;
            pull.Progress($"page {number}");
            return reply;
        }, cancellation);
    }

    /// <summary>A damaged answer, as a fault of the call: damage on the way may be gone the next time, twice.</summary>
    internal static ApiException Unsound(string what, ReportFormatException e, int? page = null) =>
        new(FaultKind.Window, $"{what}: {e.Message}", e)
        {
            // 'truncated' is the word for a table that cannot be pulled whole.
            Code = e.Code == ReportFormatException.Truncated ? "cut-off" : e.Code,
            IsTransient = e.IsTransient,
            MaxAttempts = 3,
            Page = page,
            ByteOffset = e.ByteOffset,
        };
}
