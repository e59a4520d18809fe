using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Etl.Parquet.Encodings;

/// <summary>Gives equal values of 4 or 8 bytes equal codes: 0, 1, 2, ... in order of first appearance.</summary>
/// <remarks>Values are compared by their bits, so NaN payloads and both zeros survive. Reused from chunk to chunk; not thread safe.</remarks>
internal sealed class NumberDictionary<T>
    where T : unmanaged
{
    private const int FirstSlots = 1 << 8;

    private readonly ByteBuffer _entries = new();
    private Slot[] _slots = new Slot[FirstSlots];

    /// <summary>Distinct values.</summary>
    public int Count { get; private set; }

    /// <summary>The distinct values in plain encoding, by code: the dictionary page's body.</summary>
    public ReadOnlySpan<byte> Entries => _entries.Written;

    /// <summary>Memory in use, with the hash table at its usual load (a third); not its capacity, which may stem from an earlier chunk.</summary>
    public long BufferedBytes => _entries.Length + (Count * 48L);

    public T this[int code] => MemoryMarshal.Read<T>(_entries.Written[(code * Unsafe.SizeOf<T>())..]);

    public void Clear()
    {
        _entries.Clear();
        Count = 0;
        _slots.AsSpan().Clear();
    }

    /// <summary>Forgets the entries from <paramref name="count"/> on, for output only: no value may be encoded before <see cref="Clear"/>.</summary>
    public void Truncate(int count)
    {
        Count = count;
        _entries.SetLength(count * Unsafe.SizeOf<T>());
    }

    /// <summary>Fills <paramref name="codes"/>, one per value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Encode(ReadOnlySpan<T> values, Span<int> codes)
    {
        // Half full at most, even if all values are new: probes stay short and always end.
        while ((Count + values.Length) * 2L > _slots.Length)
            Grow();

        // Spans: pointers were no faster here (3.5 ns a value both ways).
        var hashing = Hashing.Current;
        var slots = _slots.AsSpan();
        var mask = (uint)slots.Length - 1;
        for (var i = 0; i < values.Length; i++)
        {
            var key = Bits(values[i]);
            var at = hashing.Number(key) & mask;
            while (slots[(int)at].Code != 0 && slots[(int)at].Key != key)
                at = (at + 1) & mask;
            ref var slot = ref slots[(int)at];
            if (slot.Code == 0)
            {
                slot.Key = key;
                slot.Code = ++Count;
                MemoryMarshal.Write(_entries.Take(Unsafe.SizeOf<T>()), values[i]);
            }

            codes[i] = slot.Code - 1;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(T value) =>
        Unsafe.SizeOf<T>() == 8 ? Unsafe.BitCast<T, ulong>(value) : Unsafe.BitCast<T, uint>(value);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Grow()
    {
        var hashing = Hashing.Current;
        var old = _slots;
        _slots = new Slot[old.Length * 2];
        var mask = (uint)_slots.Length - 1;
        foreach (ref readonly var entry in old.AsSpan())
        {
            if (entry.Code == 0)
                continue;
            var at = hashing.Number(entry.Key) & mask;
            while (_slots[at].Code != 0)
                at = (at + 1) & mask;
            _slots[at] = entry;
        }
    }

    /// <summary>16 bytes, so a probe touches one cache line. Code 0 marks an empty slot; others are the code plus one.</summary>
    private struct Slot
    {
        public ulong Key;
        public int Code;
#pragma warning disable CS0169, CA1823 // Fills the slot to a power of two.
        private readonly int _unused;
#pragma warning restore CS0169, CA1823
    }
}
