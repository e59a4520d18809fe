namespace Etl.Fuzz.Tests.Targets;

/// <summary>Gives at most so many bytes at a time.</summary>
internal sealed class ChunkedStream(byte[] bytes, int start, int chunk) : MemoryStream(bytes, start, bytes.Length - start, writable: false)
{
    public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, chunk)]);

    public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));
}
