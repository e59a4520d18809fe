using Etl.Parsing;

namespace Etl.Cli.Converting;

/// <summary>
/// A local file whose asynchronous reads are read at once, by the thread that asks. A file stream hands each of them to the thread pool, which moves
/// the parser from processor to processor, away from its cached data.
/// </summary>
internal sealed class DirectReads(string path) : ReadOnlyStream
{
    // The reader has a buffer of its own.
    private readonly FileStream _file = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new ValueTask<int>(_file.Read(buffer.Span));
    }

    public override int Read(byte[] buffer, int offset, int count) => _file.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => _file.Read(buffer);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _file.Dispose();
        base.Dispose(disposing);
    }
}
