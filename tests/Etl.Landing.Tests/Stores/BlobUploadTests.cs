using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Etl.Landing.Stores.AzureBlob;

namespace Etl.Landing.Tests.Stores;

/// <summary>What an upload sends, and what memory it takes and leaves.</summary>
public sealed class BlobUploadTests
{
    private const int Uploads = 40;

    [Theory]
    [InlineData(1)]
    [InlineData((64 << 10) - 1)]
    [InlineData(64 << 10)]
    [InlineData((64 << 10) + 1)]
    [InlineData(BlobUpload.BlockBytes - 1)]
    [InlineData(BlobUpload.BlockBytes)]
    [InlineData(BlobUpload.BlockBytes + 1)]
    [InlineData((2 * BlobUpload.BlockBytes) + 12_345)]
    public async Task Blocks_hold_what_was_written(int length)
    {
        var bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        var blocks = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await using var upload = new BlobUpload("pull", Keep, default);
        for (var (at, piece) = (0, 1); at < length; at += piece, piece = Math.Min(piece * 3, 300_000)) upload.Write(bytes.AsSpan(at, Math.Min(piece, length - at)));
        await upload.CompleteAsync(default);
        Assert.Equal(bytes, upload.Ids.SelectMany(id => blocks[id]).ToArray());

        Task Keep(string id, ReadOnlyMemory<byte> block, byte[] md5, CancellationToken cancellation)
        {
            lock (blocks) blocks.Add(id, block.ToArray());
            return Task.CompletedTask;
        }
    }

    /// <summary>Blocks of one upload go side by side, and never more of them than what its memory is counted by.</summary>
    [Fact]
    public async Task Blocks_of_one_upload_go_four_at_a_time()
    {
        const int blocks = 6;
        var patience = TimeSpan.FromSeconds(30);
        var (gate, inside, most) = (new Lock(), 0, 0);
        TaskCompletionSource four = new(TaskCreationOptions.RunContinuationsAsynchronously), fifth = new(TaskCreationOptions.RunContinuationsAsynchronously), goOn = new();
        await using var upload = new BlobUpload("pull", HoldAsync, default);
        var writing = Task.Run(async () =>
        {
            for (var block = 0; block < blocks; block++) upload.Write(new byte[BlobUpload.BlockBytes]);
            await upload.CompleteAsync(default);
        });
        await Task.WhenAny(four.Task, Task.Delay(patience));
        Assert.True(four.Task.IsCompleted, $"{most} blocks were on their way at once.");
        // A fifth would come at once: the writer has its bytes.
        await Task.WhenAny(fifth.Task, Task.Delay(TimeSpan.FromMilliseconds(300)));
        goOn.SetResult();
        await writing.WaitAsync(patience);
        Assert.Equal((4, BlobUpload.InFlight, blocks), (most, most, upload.Ids.Count));

        async Task HoldAsync(string id, ReadOnlyMemory<byte> block, byte[] md5, CancellationToken cancellation)
        {
            lock (gate)
            {
                most = Math.Max(most, ++inside);
                if (inside == 4) four.TrySetResult();
                if (inside == 5) fifth.TrySetResult();
            }
            await goOn.Task.WaitAsync(cancellation);
            lock (gate) inside--;
        }
    }

    [Fact]
    public async Task Small_upload_takes_little_memory()
    {
        var taken = 0;
        await using var upload = new BlobUpload("pull", Look, default);
        upload.Write(new byte[1000]);
        await upload.CompleteAsync(default);
        Assert.InRange(taken, 1000, 128 << 10);

        Task Look(string id, ReadOnlyMemory<byte> block, byte[] md5, CancellationToken cancellation)
        {
            taken = Array(block).Length;
            return Task.CompletedTask;
        }
    }

    /// <summary>Blocks that were in hand at once are not all kept for later: each thread that ended one would hold 4 MiB for good.</summary>
    [Fact]
    public async Task Many_uploads_at_once_leave_few_blocks_behind()
    {
        var blocks = await UploadAsync();
        Assert.Equal(Uploads, blocks.Count);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        // One more set may be in the hands of another test.
        Assert.InRange(blocks.Count(b => b.IsAlive), 0, 2 * (BlobUpload.InFlight + 1));
    }

    // By itself, so that no variable of the test holds a block.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<IReadOnlyList<WeakReference>> UploadAsync()
    {
        var (blocks, all) = (new List<WeakReference>(), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        await Task.WhenAll(Enumerable.Range(0, Uploads).Select(async i =>
        {
            await using var upload = new BlobUpload($"pull{i}", HoldAsync, default);
            upload.Write(new byte[100_000]);
            await upload.CompleteAsync(default);
        }));
        return blocks;

        Task HoldAsync(string id, ReadOnlyMemory<byte> block, byte[] md5, CancellationToken cancellation)
        {
            lock (blocks)
            {
                blocks.Add(new WeakReference(Array(block)));
                if (blocks.Count == Uploads) all.SetResult();
            }
            return all.Task;
        }
    }

    private static byte[] Array(ReadOnlyMemory<byte> block)
    {
        Assert.True(MemoryMarshal.TryGetArray(block, out var segment));
        return segment.Array!;
    }
}
