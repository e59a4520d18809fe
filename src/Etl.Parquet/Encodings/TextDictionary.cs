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

    // Lines are asked for a block ahead of their use: long enough to hide a cache miss, short enough to stay in the first-level cache.
    private const int Block = 32;

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
        // 200,000 addresses a quarter as large. Three blocks are on their way at a time, each a step farther than the one behind it, so that no
        // step waits for memory that the step before has asked for.
        var texts = stackalloc Text[3 * Block];
        fixed (byte* b = bytes)
        fixed (int* o = offsets, c = codes)
        fixed (ulong* slots = _slots)
        {
            var mask = (uint)_slots.Length - 1;
            for (var first = -2 * Block; first < count; first += Block)
            {
                var (last, next) = (first + 2 * Block, first + Block);
                if (last < count)
                    Hash(b, o + last, Math.Min(Block, count - last), At(texts, last), slots, mask);
                if (next >= 0 && next < count)
                    Probe(At(texts, next), Math.Min(Block, count - next), slots, mask);
                if (first >= 0)
                    Encode(At(texts, first), Math.Min(Block, count - first), c + first, slots, mask);
            }
        }
    }

    private static unsafe Text* At(Text* texts, int first) => texts + (first % (3 * Block));

    /// <summary>Step 1: hashes a block of texts and asks for their slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static unsafe void Hash(byte* bytes, int* offsets, int count, Text* texts, ulong* slots, uint mask)
    {
        var hashing = Hashing.Current;
        for (var i = 0; i < count; i++)
        {
            var text = texts + i;
            text->Start = bytes + offsets[i];
            text->Length = offsets[i + 1] - offsets[i];
            text->Hash = hashing.Text(text->Start, text->Length);
            if (Sse.IsSupported)
                Sse.Prefetch0(slots + (text->Hash & mask));
        }
    }

    /// <summary>Step 2: finds the first slot of each text whose tag is the text's, and asks for its entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe void Probe(Text* texts, int count, ulong* slots, uint mask)
    {
        fixed (byte* entries = _entries.Array)
        {
            for (var i = 0; i < count; i++)
            {
                var text = texts + i;
                var at = text->Hash & mask;
                var tag = text->Hash >> 24;
                var slot = slots[at];
                while (slot >> TagShift != tag && slot != 0)
                {
                    at = (at + 1) & mask;
                    slot = slots[at];
                }

                text->Slot = slot;
                if (!Sse.IsSupported)
                    continue;
                // Its length stands before it, and nearly half of all texts of 24 bytes begin in one line and end in the next.
                var entry = entries + (slot & OffsetMask);
                Sse.Prefetch0(entry - 4);
                Sse.Prefetch0(entry + 28);
            }
        }
    }

    /// <summary>Step 3: compares; what is not the text of its slot is looked up on its own, and added if it is new.</summary>
    private unsafe void Encode(Text* texts, int count, int* codes, ulong* slots, uint mask)
    {
        for (var i = Known(texts, 0, count, codes); i < count; i = Known(texts, i + 1, count, codes))
            codes[i] = CodeOf(texts + i, slots, mask);
    }

    /// <summary>Gives the codes of the texts from <paramref name="i"/> on; returns the index of the first that is not the one of its slot, or the count.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe int Known(Text* texts, int i, int count, int* codes)
    {
        fixed (byte* entries = _entries.Array)
        {
            for (; i < count; i++)
            {
                var text = texts + i;
                var slot = text->Slot;
                if (slot == 0 || !Same(entries + (slot & OffsetMask), text->Start, text->Length))
                    return i;
                codes[i] = CodeOf(slot);
            }
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private unsafe int CodeOf(Text* text, ulong* slots, uint mask)
    {
        var at = text->Hash & mask;
        for (; slots[at] != 0; at = (at + 1) & mask)
        {
            // The entries move when they grow.
            fixed (byte* entries = _entries.Array)
            {
                if (slots[at] >> TagShift == text->Hash >> 24 && Same(entries + (slots[at] & OffsetMask), text->Start, text->Length))
                    return CodeOf(slots[at]);
            }
        }

        _offsets[Count] = _entries.Length;
        _entries.Reserve(4 + text->Length + Hashing.ReadAhead);
        _entries.AppendInt32(text->Length);
        slots[at] = Slot(text->Hash, Count, _entries.Length);
        _entries.Append(new ReadOnlySpan<byte>(text->Start, text->Length));
        return Count++;
    }

    private static int CodeOf(ulong slot) => (int)((slot >> OffsetBits) & CodeMask);

    /// <summary>True when an entry, whose length stands before it, is a text. Behind both, <see cref="Hashing.ReadAhead"/> bytes must be readable.</summary>
    // A call would cost the loop around it its registers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static unsafe bool Same(byte* entry, byte* text, int length)
    {
        if (*(int*)(entry - 4) != length)
            return false;
        if (length <= 32)
            return ((Vector256.Load(entry) ^ Vector256.Load(text)) & Hashing.Mask(length)) == Vector256<byte>.Zero;
        for (var at = 0; at < length - 32; at += 32)
        {
            if (Vector256.Load(entry + at) != Vector256.Load(text + at))
                return false;
        }

        return Vector256.Load(entry + length - 32) == Vector256.Load(text + length - 32);
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

    /// <summary>A text on its way.</summary>
    private unsafe struct Text
    {
        public byte* Start;
        public int Length;
        public uint Hash;
        public ulong Slot;
    }
}
