using System.Buffers;
using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Core.Runs;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// Takes bytes in order, cuts them into blocks and stages several at a time. Memory: <see cref="FirstBytes"/> for small objects, otherwise
/// <see cref="InFlight"/> + 1 blocks of <see cref="BlockBytes"/>, 20 MiB, and as much is kept for later uploads; a writer that is faster than the network waits.
/// </summary>
internal sealed class BlobUpload : Stream
{
    /// <summary>Size of a block. Larger ones cost memory and more bytes to send again, smaller ones more requests; 50,000 of these are 195 GiB.</summary>
    public const int BlockBytes = 4 << 20;

    /// <summary>Blocks on their way at once.</summary>
    public const int InFlight = 4;

    /// <summary>What an object may hold before it gets a whole block: most windows are smaller than this.</summary>
    private const int FirstBytes = 64 << 10;

    // The shared pool would keep a block for each thread that ever ended one.
    private static readonly ArrayPool<byte> s_blocks = ArrayPool<byte>.Create(BlockBytes, InFlight + 1);

    private readonly Func<string, ReadOnlyMemory<byte>, byte[], CancellationToken, Task> _send;
    private readonly string _pull;
    private readonly CancellationTokenSource _stop;
    private readonly SemaphoreSlim _places = new(InFlight);
    private readonly List<Task> _sending = [];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    private readonly List<string> _ids = [];
    private byte[]? _block;
    private int _filled;
    private bool _isDisposed;

    /// <summary>Begins an upload.</summary>
    /// <param name="pull">Goes into the ids of the blocks.</param>
    /// <param name="send">Stages one block.</param>
    /// <param name="cancellation">Ends the whole upload.</param>
    public BlobUpload(string pull, Func<string, ReadOnlyMemory<byte>, byte[], CancellationToken, Task> send, CancellationToken cancellation)
    {
        (_pull, _send) = (pull, send);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    }

    /// <summary>Ids of the blocks so far, in order.</summary>
    public IReadOnlyList<string> Ids => _ids;

    /// <summary>Bytes taken.</summary>
    public long Bytes { get; private set; }

    /// <summary>MD5 of all bytes; after <see cref="CompleteAsync"/>.</summary>
    public byte[]? Md5 { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => Bytes;

    public override long Position { get => Bytes; set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_isDisposed || Md5 is not null, this);
        _hash.AppendData(buffer);
        Bytes += buffer.Length;
        while (buffer.Length > 0)
        {
            var taken = Math.Min(buffer.Length, BlockBytes - _filled);
            MakeRoom(taken);
            buffer[..taken].CopyTo(_block.AsSpan(_filled));
            _filled += taken;
            buffer = buffer[taken..];
            if (_filled == BlockBytes) Send();
        }
    }

    /// <summary>Blocks leave when they are full; a flush sends nothing.</summary>
    public override void Flush()
    {
    }

    /// <summary>Sends the last block and waits for all.</summary>
    public async Task CompleteAsync(CancellationToken cancellation)
    {
        if (_filled > 0) await Task.Run(Send, cancellation);
        await Task.WhenAll(_sending).WaitAsync(cancellation);
        Md5 = _hash.GetHashAndReset();
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Stops what is on its way and waits for it: buffers go back only when nobody reads them.</summary>
    public override async ValueTask DisposeAsync()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        await _stop.CancelAsync();
        await Task.WhenAll(_sending).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        if (_block is not null) s_blocks.Return(_block);
        _block = null;
        _stop.Dispose();
        _places.Dispose();
        _hash.Dispose();
        await base.DisposeAsync();
    }

    private void MakeRoom(int bytes)
    {
        if (_block is not null && _block.Length - _filled >= bytes) return;
        var block = s_blocks.Rent(_ids.Count == 0 && _filled + bytes <= FirstBytes ? FirstBytes : BlockBytes);
        if (_block is not null)
        {
            _block.AsSpan(0, _filled).CopyTo(block);
            s_blocks.Return(_block);
        }
        _block = block;
    }

    private void Send()
    {
        if (_ids.Count == BlockIds.MaxBlocks)
            throw new EtlException(
                FaultKind.Window, $"An object of more than {(long)BlockBytes * _ids.Count / (1 << 30)} GiB cannot be stored in Azure. Land the job in shorter windows.") { Code = "too-large" };
        _places.Wait(_stop.Token);
        // A block that failed for good ends the upload at once.
        foreach (var sent in _sending) if (sent.IsFaulted) sent.GetAwaiter().GetResult();
        _sending.RemoveAll(s => s.IsCompletedSuccessfully);
        var (block, filled) = (_block!, _filled);
        (_block, _filled) = (null, 0);
#pragma warning disable CA5351 // The service's own check against bytes damaged on the way; nothing is trusted because of it.
        var md5 = MD5.HashData(block.AsSpan(0, filled));
#pragma warning restore CA5351
        var id = BlockIds.Of(_pull, _ids.Count, md5);
        _ids.Add(id);
        _sending.Add(Task.Run(() => SendAsync(id, block, filled, md5)));
    }

    private async Task SendAsync(string id, byte[] block, int filled, byte[] md5)
    {
        try
        {
            Failpoint.Hit("blob.block-sent");
            await _send(id, block.AsMemory(0, filled), md5, _stop.Token);
            Failpoint.Hit("blob.block-staged");
        }
        finally
        {
            s_blocks.Return(block);
            _places.Release();
        }
    }
}
