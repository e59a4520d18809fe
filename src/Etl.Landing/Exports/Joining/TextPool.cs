using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Etl.Landing.Exports.Joining;

/// <summary>
/// Texts, each held once as UTF-8 bytes and known by a number from zero in the order of first appearance.
/// Costs its bytes, 4 for their place, 4 for their length and 8 to 16 for the table a text. Not thread safe.
/// </summary>
internal sealed class TextPool
{
    /// <summary>The number of no text.</summary>
    public const int None = -1;

    private const int ChunkBytes = 1 << 20, LengthBytes = 4, LeastSlots = 64;
    private const ulong PrimeA = 0x9E3779B97F4A7C15, PrimeB = 0xC2B2AE3D27D4EB4F;

    // Keyed per process, so that nobody can prepare addresses that collide. Numbers do not depend on it.
    private static readonly ulong s_key = BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8));

    private readonly List<byte[]> _chunks = [];
    private int _used = ChunkBytes;

    // Chunk in the upper half, offset in the lower one: a longer text than a chunk has one of its own.
    private readonly List<long> _places = [];

    // Upper half: hash; lower half: number + 1. Zero is free.
    private ulong[] _slots = new ulong[LeastSlots];

    /// <summary>Texts held.</summary>
    public int Count => _places.Count;

    /// <summary>The bytes of a text.</summary>
    public ReadOnlySpan<byte> this[int number]
    {
        get
        {
            var place = _places[number];
            var chunk = _chunks[(int)(place >> 32)].AsSpan((int)place);
            return chunk.Slice(LengthBytes, BinaryPrimitives.ReadInt32LittleEndian(chunk));
        }
    }

    /// <summary>The number of a text; <see cref="None"/> where it is not held.</summary>
    public int Find(ReadOnlySpan<byte> text)
    {
        Look(text, Hash(text), out var number);
        return number;
    }

    /// <summary>The number of a text, which is held from now on.</summary>
    public int Add(ReadOnlySpan<byte> text)
    {
        var hash = Hash(text);
        var slot = Look(text, hash, out var number);
        if (number != None) return number;
        number = Keep(text);
        _slots[slot] = (ulong)hash << 32 | (uint)(number + 1);
        // At most three of four slots are taken.
        if (Count > _slots.Length / 4 * 3) Grow();
        return number;
    }

    private int Look(ReadOnlySpan<byte> text, uint hash, out int number)
    {
        var slots = _slots;
        var mask = slots.Length - 1;
        for (var slot = (int)hash & mask; ; slot = (slot + 1) & mask)
        {
            var there = slots[slot];
            number = (int)(uint)there - 1;
            if (there == 0 || ((uint)(there >> 32) == hash && this[number].SequenceEqual(text))) return slot;
        }
    }

    private int Keep(ReadOnlySpan<byte> text)
    {
        var bytes = LengthBytes + text.Length;
        if (_chunks.Count == 0 || _used + bytes > _chunks[^1].Length)
        {
            _chunks.Add(new byte[Math.Max(ChunkBytes, bytes)]);
            _used = 0;
        }
        var to = _chunks[^1].AsSpan(_used);
        BinaryPrimitives.WriteInt32LittleEndian(to, text.Length);
        text.CopyTo(to[LengthBytes..]);
        _places.Add((long)(_chunks.Count - 1) << 32 | (uint)_used);
        _used += bytes;
        return _places.Count - 1;
    }

    private void Grow()
    {
        var slots = new ulong[_slots.Length * 2];
        var mask = slots.Length - 1;
        foreach (var there in _slots)
        {
            if (there == 0) continue;
            var slot = (int)(there >> 32) & mask;
            while (slots[slot] != 0) slot = (slot + 1) & mask;
            slots[slot] = there;
        }
        _slots = slots;
    }

    private static uint Hash(ReadOnlySpan<byte> text)
    {
        var hash = s_key ^ (ulong)text.Length * PrimeA;
        foreach (var word in MemoryMarshal.Cast<byte, ulong>(text)) hash = Mix(hash ^ word, PrimeB);
        var tail = 0UL;
        foreach (var b in text[(text.Length & ~7)..]) tail = tail << 8 | b;
        return (uint)Mix(hash ^ tail, PrimeA ^ BitOperations.RotateLeft(s_key, 32) | 1);
    }

    private static ulong Mix(ulong a, ulong b)
    {
        var high = Math.BigMul(a, b, out var low);
        return high ^ low;
    }
}
