using System.IO.Compression;
using System.Security.Cryptography;
using Etl.Core.Raw;

namespace Etl.Landing.Raw;

/// <summary>Compresses one reply into a file of the capture and names the file by the hash of the bytes that went in.</summary>
internal sealed class RawReplyWriter : IRawReply
{
    private readonly string _temporary;
    private readonly RawRequest _request;
    private readonly Action<RawEntry, string> _done;
    private readonly HashingStream _body;
    private RawFault? _fault;
    private bool _ended;

    /// <summary>Begins the file.</summary>
    /// <param name="temporary">Name of the file until it has its own.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="done">Takes the finished reply and its file.</param>
    public RawReplyWriter(string temporary, RawRequest request, Action<RawEntry, string> done)
    {
        (_temporary, _request, _done) = (temporary, request, done);
        // The fastest level: bodies are written while the service is waited for, and text shrinks to a tenth anyway.
        _body = new HashingStream(new GZipStream(new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.Read), CompressionLevel.Fastest));
    }

    public Stream Body => _body;

    public void Broke(RawFault fault) => _fault = fault;

    public async ValueTask DisposeAsync()
    {
        if (_ended) return;
        _ended = true;
        await _body.CloseAsync().ConfigureAwait(false);
        _done(new RawEntry(_request, _body.Bytes == 0 ? null : _body.Sha256, _body.Bytes, _fault), _temporary);
    }

    /// <summary>Counts and hashes what passes; closing it is left to its owner.</summary>
    private sealed class HashingStream(Stream inner) : Stream
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public long Bytes { get; private set; }

        public string Sha256 { get; private set; } = "";

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => Bytes;

        public override long Position
        {
            get => Bytes;
            set => throw new NotSupportedException();
        }

        public async ValueTask CloseAsync()
        {
            await inner.DisposeAsync().ConfigureAwait(false);
            Sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
            _hash.Dispose();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            inner.Write(buffer);
            Count(buffer);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            Count(buffer.Span);
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();

        private void Count(ReadOnlySpan<byte> bytes)
        {
            _hash.AppendData(bytes);
            Bytes += bytes.Length;
        }
    }
}
