using System.Diagnostics;
using System.Diagnostics.Metrics;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Core.Telemetry;

namespace Etl.Kaltura.Api;

/// <summary>
/// Counts calls and makes each a span, up to the answer's first bytes. It tells service, action and the stable code of a fault; the address, which
/// may hold a session, and what was asked stay here.
/// </summary>
internal sealed class TracedTransport(IKalturaTransport inner) : IKalturaTransport
{
    private static readonly Counter<long> s_calls = EtlActivity.Meter.CreateCounter<long>("etl.calls", "{call}", "Calls to the service, repeated ones included.");

    public async Task<ApiReply> SendAsync(ApiRequest request, Secret? session, CancellationToken cancellation)
    {
        using var span = EtlActivity.Source.StartActivity("call", ActivityKind.Client);
        span?.SetTag("rpc.system", "kaltura").SetTag("rpc.service", request.Service).SetTag("rpc.method", request.Action).SetTag("etl.page", request.Page);
        var outcome = "ok";
        try
        {
            return await inner.SendAsync(request, session, cancellation).ConfigureAwait(false);
        }
        catch (Exception fault)
        {
            outcome = fault is EtlException { IsTransient: true } ? "transient" : fault is OperationCanceledException ? "cancelled" : "failed";
            EtlActivity.Fail(span, fault);
            throw;
        }
        finally
        {
            s_calls.Add(1, new("action", $"{request.Service}.{request.Action}"), new("outcome", outcome));
        }
    }
}
