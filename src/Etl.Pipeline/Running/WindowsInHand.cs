using System.Collections.Concurrent;
using Etl.Core.Windows;

namespace Etl.Pipeline.Running;

/// <summary>
/// The windows that this process works on. Its leases carry one name, under which the ledger would give a window to a second attempt
/// while the first one still pulls: both would do the work and one of them would end for nothing. For any number of threads.
/// </summary>
internal sealed class WindowsInHand
{
    private readonly ConcurrentDictionary<WindowKey, byte> _keys = new();

    /// <summary>Takes a window in hand until the answer is disposed; null while another attempt of this process has it.</summary>
    public IDisposable? TryTake(WindowKey key) => _keys.TryAdd(key, 0) ? new Hand(_keys, key) : null;

    private sealed class Hand(ConcurrentDictionary<WindowKey, byte> keys, WindowKey key) : IDisposable
    {
        private int _over;

        public void Dispose()
        {
            // A second time it may be another attempt's by now.
            if (Interlocked.Exchange(ref _over, 1) == 0) keys.TryRemove(key, out _);
        }
    }
}
