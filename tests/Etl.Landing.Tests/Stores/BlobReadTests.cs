using System.Net;
using System.Runtime.InteropServices;
using Azure.Core.Pipeline;
using Etl.Core.Secrets;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Stores.AzureBlob.Portable;

namespace Etl.Landing.Tests.Stores;

/// <summary>Where the bytes of a blob go while it is read: nothing that grows with the blob, nothing that comes and goes with each read.</summary>
public sealed class BlobReadTests
{
    private const int Megabyte = 1 << 20;

    [Theory]
    [InlineData(64)]
    [InlineData(5 << 10)]
    [InlineData(256 << 10)]
    [InlineData((256 << 10) + 1)]
    [InlineData(Megabyte)]
    [InlineData(6 * Megabyte)]
    public void Reads_of_a_large_blob_use_their_memory_again(int readBytes)
    {
        const int length = 96 * Megabyte + 12_345;
        using var stream = new BlobReadStream(length, Fill);
        var buffer = new byte[readBytes];
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var pass = 0; pass < 2; pass++)
        {
            stream.Position = 0;
            // Every read somewhere else; small ones far apart.
            for (long at = 0; at < length; at += Math.Max(readBytes, 100_000))
            {
                stream.Position = at;
                var read = stream.ReadAtLeast(buffer, readBytes, throwOnEndOfStream: false);
                Assert.Equal(Math.Min(readBytes, length - at), read);
                Assert.Equal((Of(at), Of(at + read - 1)), (buffer[0], buffer[read - 1]));
            }
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 1, 20 * Megabyte);

        static byte Of(long offset) => (byte)(offset % 251);

        static Task Fill(long offset, Memory<byte> into)
        {
            for (var i = 0; i < into.Length; i++) into.Span[i] = Of(offset + i);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Range_is_read_straight_into_the_memory_of_who_asks()
    {
        using var body = new Body(Megabyte, breaksAt: null);
        var into = new byte[Megabyte];
        Assert.Equal(Megabyte, await ReadAsync(body, into));
        Assert.NotEmpty(body.Into);
        Assert.All(body.Into, array => Assert.Same(into, array));
        Assert.True(body.IsDisposed);
    }

    [Fact]
    public async Task Range_that_ends_early_says_how_much_came()
    {
        using var body = new Body(1000, breaksAt: null);
        Assert.Equal(1000, await ReadAsync(body, new byte[Megabyte]));
    }

    [Fact]
    public async Task Connection_that_breaks_in_the_middle_of_a_range_is_no_answer()
    {
        using var body = new Body(Megabyte, breaksAt: 300_000);
        var fault = await Assert.ThrowsAsync<BlobException>(() => ReadAsync(body, new byte[Megabyte]));
        Assert.Equal((0, BlobCode.Connection, true), (fault.Status, fault.Code, fault.IsTransient));
        Assert.True(body.IsDisposed);
    }

    private static async Task<int> ReadAsync(Body body, byte[] into)
    {
        var address = new BlobAddress(new Uri("https://acme.blob.core.windows.net/lake"), "", new SasCredential(new Secret("sig=x")));
        using var service = new Service(body);
        return await new HttpBlobApi(address, TimeProvider.System, transport: new HttpClientTransport(service)).GetRangeAsync("plays", 0, into, "\"1\"", default);
    }

    private sealed class Service(Body body) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.PartialContent) { Content = new StreamContent(body) });
    }

    /// <summary>An answer that comes in pieces and knows into which arrays it was read.</summary>
    private sealed class Body(int length, int? breaksAt) : Stream
    {
        private const int PieceBytes = 100_000;
        private int _read;

        public List<byte[]> Into { get; } = [];

        public bool IsDisposed { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _read; set => throw new NotSupportedException(); }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_read >= breaksAt) throw new IOException("The connection broke.");
            Assert.True(MemoryMarshal.TryGetArray<byte>(buffer, out var segment));
            Into.Add(segment.Array!);
            var read = Math.Min(Math.Min(buffer.Length, PieceBytes), length - _read);
            _read += read;
            return new ValueTask<int>(read);
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            IsDisposed = true;
            base.Dispose(disposing);
        }
    }
}
