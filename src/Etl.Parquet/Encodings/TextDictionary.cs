using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Etl.Parquet.Encodings;

/// <summary>Gives equal texts equal codes: 0, 1, 2, ... in order of first appearance.</summary>
/// <remarks>Reused from chunk to chunk; not thread safe.</remarks>
internal sealed class TextDictionary
{
    private const int FirstSlots = 1 << 8;

    // Lines are asked for 32 values ahead of their use: long enough to hide a cache miss, short enough to stay in the first-level cache.
    private const int Ahead = 32;

    // A slot is one word, so that eight share a line of the cache: the top 8 bits of the text's hash, its code, and where its bytes begin in the
    // entries. No text begins at 0, so 0 marks an empty slot. Room for both: an entry takes 4 bytes or more, a dictionary has at most 256 MiB, and a
    // block adds no more than one row's text to it, which has at most 128 MiB, and 256 KiB.
    private const int OffsetBits = 29, TagShift = 56;
    private const ulong OffsetMask = (1UL << OffsetBits) - 1, CodeMask = (1UL << (TagShift - OffsetBits)) - 1;

    private readonly ByteBuffer _entries = new(1 << 12);
    private ulong[] _slots = new ulong[FirstSlots];
    private int[] _offsets = new int[FirstSlots];

    /// <summary>Distinct texts.</summary>
    public int Count { get; private set; }

    /// <summary>The distinct texts in plain encoding (4-byte length, bytes), by code: the dictionary page's body.</summary>
    public ReadOnlySpan<byte> Entries => _entries.Written;

    /// <summary>Memory in use, with the hash table at its usual load (a half); not its capacity, which may stem from an earlier chunk.</summary>
    public long BufferedBytes => _entries.Length + (Count * 20L);

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
    /// <param name="bytes">Must be readable for <see cref="Hashing.ReadAhead"/> bytes behind the last text.</param>
    /// <param name="offsets">One more than there are texts.</param>
    /// <param name="codes">Room for one code per text.</param>
    public unsafe void Encode(byte[] bytes, ReadOnlySpan<int> offsets, Span<int> codes)
    {
        var count = offsets.Length - 1;
        // Three quarters full at most, even if all texts are new: probes end.
        while ((Count + count) * 4L > _slots.Length * 3L)
            Grow();
        if (_offsets.Length < Count + count)
            Array.Resize(ref _offsets, Math.Max(Count + count, _offsets.Length * 2));

        // Pointers, masked loads and prefetching. Slots of 8 bytes instead of 16, at three quarters instead of a half, make the table of
        // 200,000 addresses a quarter as large.
        var hashes = stackalloc uint[Ahead];
        fixed (byte* b = bytes)
        fixed (int* o = offsets, c = codes)
        fixed (ulong* slots = _slots)
        {
            var mask = (uint)_slots.Length - 1;
            for (var first = 0; first < count; first += Ahead)
            {
                var n = Math.Min(Ahead, count - first);
                HashBlock(b, o + first, n, hashes, slots, mask);
                for (var i = 0; i < n; i++)
                {
                    i = Find(b, o + first, i, n, hashes, c + first, slots, mask);
                    if (i < n)
                        c[first + i] = Add(b + o[first + i], o[first + i + 1] - o[first + i], hashes[i], slots, mask);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void HashBlock(byte* bytes, int* offsets, int count, uint* hashes, ulong* slots, uint mask)
    {
        var hashing = Hashing.Current;
        for (var i = 0; i < count; i++)
        {
            var hash = hashing.Text(bytes + offsets[i], offsets[i + 1] - offsets[i]);
            hashes[i] = hash;
            if (Sse.IsSupported)
                Sse.Prefetch0(slots + (hash & mask));
        }

        if (Count < 1 << 12 || !Sse.IsSupported)
            return; // The entries are in the cache anyway.
        fixed (byte* entries = _entries.Array)
        {
            for (var i = 0; i < count; i++)
            {
                // A text that met another one in its slot stands in the next one, mostly. Its length stands before it, and nearly half of all
                // texts of 24 bytes begin in one line and end in the next.
                var at = hashes[i] & mask;
                var slot = slots[at];
                if (slot >> TagShift != hashes[i] >> 24)
                    slot = slots[(at + 1) & mask];
                var entry = entries + (slot & OffsetMask);
                Sse.Prefetch0(entry - 4);
                Sse.Prefetch0(entry + 28);
            }
        }
    }

    /// <summary>Gives the codes of the texts from <paramref name="i"/> on; returns the index of the first that is new, or the count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe int Find(byte* bytes, int* offsets, int i, int count, uint* hashes, int* codes, ulong* slots, uint mask)
    {
        fixed (byte* entries = _entries.Array)
        {
            for (; i < count; i++)
            {
                var text = bytes + offsets[i];
                var length = offsets[i + 1] - offsets[i];
                var tag = hashes[i] >> 24;
                var at = hashes[i] & mask;
                ulong slot;
                while (true)
                {
                    slot = slots[at];
                    if (slot == 0)
                        return i;
                    if (slot >> TagShift == tag)
                    {
                        var entry = entries + (slot & OffsetMask);
                        if (*(int*)(entry - 4) == length && Same(entry, text, length))
                            break;
                    }

                    at = (at + 1) & mask;
                }

                codes[i] = (int)((slot >> OffsetBits) & CodeMask);
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static unsafe bool Same(byte* entry, byte* text, int length)
    {
        if (length <= 32)
            return ((Vector256.Load(entry) ^ Vector256.Load(text)) & Hashing.Mask(length)) == Vector256<byte>.Zero;
        if (length <= 64)
            return Vector256.Load(entry) == Vector256.Load(text) && Vector256.Load(entry + length - 32) == Vector256.Load(text + length - 32);
        return new ReadOnlySpan<byte>(text, length).SequenceEqual(new ReadOnlySpan<byte>(entry, length));
    }

    private unsafe int Add(byte* text, int length, uint hash, ulong* slots, uint mask)
    {
        var at = hash & mask;
        while (slots[at] != 0)
            at = (at + 1) & mask;
        _offsets[Count] = _entries.Length;
        _entries.Reserve(4 + length + Hashing.ReadAhead);
        _entries.AppendInt32(length);
        slots[at] = Slot(hash, Count, _entries.Length);
        _entries.Append(new ReadOnlySpan<byte>(text, length));
        return Count++;
    }

    private static ulong Slot(uint hash, int code, int offset) => ((ulong)(hash >> 24) << TagShift) | ((ulong)(uint)code << OffsetBits) | (uint)offset;

    // Hashes are not kept: they are made again from the entries, each entry a handful of times in the life of a table.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void Grow()
    {
        var hashing = Hashing.Current;
        _slots = new ulong[_slots.Length * 2];
        var mask = (uint)_slots.Length - 1;
        fixed (byte* entries = _entries.Array)
        {
            for (var code = 0; code < Count; code++)
            {
                var text = entries + _offsets[code] + 4;
                var hash = hashing.Text(text, Unsafe.ReadUnaligned<int>(text - 4));
                var at = hash & mask;
                while (_slots[at] != 0)
                    at = (at + 1) & mask;
                _slots[at] = Slot(hash, code, _offsets[code] + 4);
            }
        }
    }
}
