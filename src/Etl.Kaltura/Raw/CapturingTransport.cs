using Etl.Core.Secrets;
using Etl.Core.Sources;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Raw;

/// <summary>
/// Sends the calls of one pull and captures what comes back, faults too: a replay has to fail where the pull failed, or it
/// would ask other things afterwards. Calls that make sessions go another way and are never captured.
/// </summary>
internal sealed class CapturingTransport(IKalturaTransport inner, IPullSink sink, SecretMask mask) : IKalturaTransport
{
    public async Task<ApiReply> SendAsync(ApiRequest request, Secret? session, CancellationToken cancellation)
    {
        var reply = sink.OpenRaw(RawRequests.Of(request, mask));
        ApiReply? answer = null;
        try
        {
            answer = await inner.SendAsync(request, session, cancellation).ConfigureAwait(false);
            return new ApiReply(new CapturedBody(answer.Body, answer, reply, mask, request.Secrets));
        }
        catch (ApiException e)
        {
            reply.Broke(RawRequests.Of(e, mask));
            throw;
        }
        finally
        {
            if (answer is null) await reply.DisposeAsync().ConfigureAwait(false);
        }
    }
}
