using System.Threading.Channels;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Hands filled batches to a receiver, one after the other, and gives empty ones to fill. With batches ahead, the receiver works on a thread of its
/// own while the next ones are filled.
/// </summary>
internal sealed class HandOver
{
    private readonly Func<RowBatch, CancellationToken, ValueTask> _take;
    private readonly Channel<RowBatch> _full = Channel.CreateUnbounded<RowBatch>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Channel<RowBatch> _empty = Channel.CreateUnbounded<RowBatch>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
    private readonly Task? _receiver;

    /// <summary>Begins.</summary>
    /// <param name="schema">The columns of a batch.</param>
    /// <param name="ahead">How many batches may be filled while the receiver works at one, 0 or more. Each costs the memory of a batch.</param>
    /// <param name="take">The receiver.</param>
    /// <param name="cancellation">Stops the receiver before its next batch.</param>
    public HandOver(TableSchema schema, int ahead, Func<RowBatch, CancellationToken, ValueTask> take, CancellationToken cancellation)
    {
        _take = take;
        for (var i = 0; i < ahead; i++) _empty.Writer.TryWrite(new RowBatch(schema));
        if (ahead > 0) _receiver = Task.Run(() => ReceiveAsync(cancellation), CancellationToken.None);
    }

    /// <summary>Hands a batch over and gives an empty one. What the receiver threw is thrown here.</summary>
    public async ValueTask<RowBatch> GiveAsync(RowBatch batch, CancellationToken cancellation)
    {
        if (_receiver is null)
        {
            await _take(batch, cancellation).ConfigureAwait(false);
            batch.Clear();
            return batch;
        }
        _full.Writer.TryWrite(batch);
        while (await _empty.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            if (_empty.Reader.TryRead(out var next)) return next;
        }
        await _receiver.ConfigureAwait(false);
        throw new InvalidOperationException("The receiver of batches ended before the last one.");
    }

    /// <summary>Waits for the receiver, which takes what it was given before; what it threw is thrown here.</summary>
    public async ValueTask EndAsync()
    {
        _full.Writer.TryComplete();
        if (_receiver is not null) await _receiver.ConfigureAwait(false);
    }

    private async Task ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var batch in _full.Reader.ReadAllAsync(cancellation).ConfigureAwait(false))
            {
                await _take(batch, cancellation).ConfigureAwait(false);
                batch.Clear();
                _empty.Writer.TryWrite(batch);
            }
        }
        finally
        {
            _empty.Writer.TryComplete();
        }
    }
}
