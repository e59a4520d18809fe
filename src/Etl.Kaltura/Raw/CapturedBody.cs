using Etl.Core.Raw;
using Etl.Kaltura.Api;
using Etl.Parsing;

namespace Etl.Kaltura.Raw;

/// <summary>Passes a body on, copies it masked into a capture, and notes the fault that breaks it off.</summary>
internal sealed class CapturedBody(Stream body, IAsyncDisposable owner, IRawReply reply, SecretMask mask, IReadOnlyList<string> secrets) : ReadOnlyStream
{
    private readonly MaskingTee _tee = new(body, secrets.Count == 0 ? reply.Body : new MemberMask(reply.Body, secrets), mask);
    private bool _ended;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await _tee.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (ApiException e)
        {
            reply.Broke(RawRequests.Of(e, mask));
            throw;
        }
    }

    /// <summary>Ends the copy, then what the body came from.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_ended) return;
        _ended = true;
        try
        {
            await _tee.DisposeAsync().ConfigureAwait(false);
            await reply.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            await owner.DisposeAsync().ConfigureAwait(false);
        }
        await base.DisposeAsync().ConfigureAwait(false);
    }
}
