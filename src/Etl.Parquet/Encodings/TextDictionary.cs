using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Etl.Parquet.Encodings;

/// <summary>Gives equal texts equal codes: 0, 1, 2, ... in order of first appearance.</summary>
/// <remarks>Reused from chunk to chunk; not thread safe.</remarks>
internal sealed class TextDictionary
{
    private const int FirstSlots = 1 << 8;

    // Lines are asked for 32 values ahead of their use: long enough to hide a cache miss, short enough to stay in the first-level cache.
    private const int Ahead = 32;

    // Eight-byte loads may start at the last byte of an entry.
    private const int Slack = 16;

    private readonly ByteBuffer _entries = new(1 << 12);
    private Slot[] _slots = new Slot[FirstSlots];
    private int[] _offsets = new int[FirstSlots];

    /// <summary>Distinct texts.</summary>
    public int Count { get; private set; }

    /// <summary>The distinct texts in plain encoding (4-byte length, bytes), by code: the dictionary page's body.</summary>
    public ReadOnlySpan<byte> Entries => _entries.Written;

    /// <summary>Memory in use, with the hash table at its usual load (a third); not its capacity, which may stem from an earlier chunk.</summary>
    public long BufferedBytes => _entries.Length + (Count * 52L);

    public void Clear()
    {
        _entries.Clear();
        Count = 0;
        _slots.AsSpan().Clear();
    }

    /// <summary>Forgets the entries from <paramref name="count"/> on, for output only: no text may be encoded before <see cref="Clear"/>.</summary>
    public void Truncate(int count)
    {
        if (count < Count)
            _entries.SetLength(_offsets[count]);
        Count = count;
    }

    /// <summary>One entry in plain encoding.</summary>
    public ReadOnlySpan<byte> this[int code]
    {
        get
        {
            var entry = _entries.Written[_offsets[code]..];
            return entry[..(4 + BinaryPrimitives.ReadInt32LittleEndian(entry))];
        }
    }

    /// <summary>Fills <paramref name="codes"/>, one per text. Text i is <c>bytes[offsets[i]..offsets[i + 1]]</c>.</summary>
    /// <param name="bytes">Must be readable for 8 bytes behind the last text.</param>
    /// <param name="offsets">One more than there are texts.</param>
    /// <param name="codes">Room for one code per text.</param>
    public unsafe void Encode(byte[] bytes, ReadOnlySpan<int> offsets, Span<int> codes)
    {
        var count = offsets.Length - 1;
        while ((Count + count) * 2L > _slots.Length)
            Grow();
        if (_offsets.Length < Count + count)
            Array.Resize(ref _offsets, Math.Max(Count + count, _offsets.Length * 2));

        // Pointers, masked loads and prefetching: 22 ns a value for 200,000 skewed addresses. A first version over four arrays, without
        // prefetching, took 3 to 4 s where 16-byte slots and blocks took 0.5 s for 5 million addresses.
        var hashes = stackalloc uint[Ahead];
        fixed (byte* b = bytes)
        fixed (int* o = offsets, c = codes)
        fixed (Slot* slots = _slots)
        {
            var mask = (uint)_slots.Length - 1;
            for (var first = 0; first < count; first += Ahead)
            {
                var n = Math.Min(Ahead, count - first);
                HashBlock(b, o + first, n, hashes, slots, mask);
                for (var i = 0; i < n; i++)
                {
                    var start = o[first + i];
                    c[first + i] = Find(b + start, o[first + i + 1] - start, hashes[i], slots, mask);
                }
            }
        }
    }

    private unsafe void HashBlock(byte* bytes, int* offsets, int count, uint* hashes, Slot* slots, uint mask)
    {
        for (var i = 0; i < count; i++)
        {
            var hash = Hashing.Text(bytes + offsets[i], offsets[i + 1] - offsets[i]);
            hashes[i] = hash;
            if (Sse.IsSupported)
                Sse.Prefetch0(slots + (hash & mask));
        }

        if (Count < 1 << 12 || !Sse.IsSupported)
            return; // The entries are in the cache anyway.
        fixed (byte* entries = _entries.Array)
        {
            for (var i = 0; i < count; i++)
                Sse.Prefetch0(entries + slots[hashes[i] & mask].Offset);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe int Find(byte* text, int length, uint hash, Slot* slots, uint mask)
    {
        ref var entries = ref _entries.Array[0];
        var at = hash & mask;
        while (true)
        {
            var slot = slots + at;
            if (slot->Code == 0)
                return Add(text, length, hash, slot);
            if (slot->Hash == hash && slot->Length == length && Same(ref Unsafe.Add(ref entries, slot->Offset), text, length))
                return slot->Code - 1;
            at = (at + 1) & mask;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool Same(ref byte entry, byte* text, int length)
    {
        if (length > 16)
            return new ReadOnlySpan<byte>(text, length).SequenceEqual(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpan(ref entry, length));
        if (length <= 8)
        {
            var difference = Unsafe.ReadUnaligned<ulong>(ref entry) ^ Hashing.Load(text);
            return length == 8 ? difference == 0 : (difference & ((1UL << (length * 8)) - 1)) == 0;
        }

        return Unsafe.ReadUnaligned<ulong>(ref entry) == Hashing.Load(text)
            && Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref entry, length - 8)) == Hashing.Load(text + length - 8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private unsafe int Add(byte* text, int length, uint hash, Slot* slot)
    {
        _offsets[Count] = _entries.Length;
        _entries.Reserve(4 + length + Slack);
        _entries.AppendInt32(length);
        *slot = new Slot { Hash = hash, Code = ++Count, Offset = _entries.Length, Length = length };
        _entries.Append(new ReadOnlySpan<byte>(text, length));
        return Count - 1;
    }

    private void Grow()
    {
        var old = _slots;
        _slots = new Slot[old.Length * 2];
        var mask = (uint)_slots.Length - 1;
        foreach (ref readonly var entry in old.AsSpan())
        {
            if (entry.Code == 0)
                continue;
            var at = entry.Hash & mask;
            while (_slots[at].Code != 0)
                at = (at + 1) & mask;
            _slots[at] = entry;
        }
    }

    /// <summary>16 bytes, so a probe touches one cache line. Code 0 marks an empty slot; others are the code plus one.</summary>
    private struct Slot
    {
        public uint Hash;
        public int Code;
        public int Offset;
        public int Length;
    }
}
