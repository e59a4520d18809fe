using Etl.Core.Errors;
using Etl.Parsing;

namespace Etl.Kaltura.Api;

/// <summary>
/// The decoded body: bounds its size and how far it may be blown up from what was sent, and turns damaged compression
/// into a transient fault. (That a cut body is damage at all needs the strict runtime switch; a test pins it.)
/// </summary>
internal sealed class DecodedStream(Stream decoded, PacedStream sent, string what, ExchangeLimits limits) : ReadOnlyStream
{
    private long _decoded;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        try
        {
            read = await decoded.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException e)
        {
            throw new ApiException(FaultKind.Unreachable, $"{what}: the compressed answer is damaged or cut off after {sent.Received} bytes.", e)
            { Code = "bad-encoding", IsTransient = true };
        }
        _decoded += read;
        if (_decoded > limits.MaxBodyBytes)
            throw TooLarge($"is larger than {limits.MaxBodyBytes} bytes");
        if (_decoded > limits.RatioFreeBytes && _decoded > sent.Received * limits.MaxRatio)
            throw TooLarge($"grows to more than {limits.MaxRatio} times of the {sent.Received} bytes sent");
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            decoded.Dispose();
            sent.Dispose();
        }
        base.Dispose(disposing);
    }

    private ApiException TooLarge(string found) =>
        new(FaultKind.Window, $"{what}: the decoded answer {found}. Narrow the filter or use shorter windows.") { Code = "too-large" };
}
