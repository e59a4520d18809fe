namespace Etl.Core.Columns;

/// <summary>
/// A set of row hashes (<see cref="RowHash"/>) for as many rows as a window may have: 21 to 32 bytes a hash, where
/// <see cref="HashSet{T}"/> takes 36 to 72 and, while it grows, half as much again. Not thread safe.
/// </summary>
/// <remarks>
/// The highest bits choose one of many small tables with open addressing, and the lowest bits a place in it. Tables grow one by one, so
/// nothing large is ever copied, and up to a million hashes no array reaches the large object heap (85,000 bytes).
/// </remarks>
public sealed class RowHashSet
{
    private const int TableBits = 9, FirstSlots = 8;

    // A slot of zero is free, so the hash zero is kept beside the tables.
    private readonly UInt128[][] _tables = new UInt128[1 << TableBits][];
    private readonly int[] _counts = new int[1 << TableBits];
    private bool _hasZero;
    private ulong _fetched;

    /// <summary>Makes an empty set.</summary>
    public RowHashSet() => Array.Fill(_tables, []);

    /// <summary>Hashes in the set.</summary>
    public long Count { get; private set; }

    /// <summary>
    /// Looks at the places of hashes that are asked for next, and so brings them into the cache: the processor waits for many of them together,
    /// where it would wait for each one alone. For speed only; a few thousand at once are best.
    /// </summary>
    public void Fetch(ReadOnlySpan<UInt128> hashes)
    {
        ulong met = 0;
        foreach (var hash in hashes)
        {
            var slots = _tables[TableOf(hash)];
            if (slots.Length > 0) met ^= (ulong)slots[PlaceOf(slots, hash)];
        }
        // Kept, so that no compiler finds the looking useless.
        _fetched = met;
    }

    /// <summary>True when the hash is in the set.</summary>
    public bool Contains(UInt128 hash)
    {
        if (hash == UInt128.Zero) return _hasZero;
        var slots = _tables[TableOf(hash)];
        return slots.Length > 0 && slots[Find(slots, hash)] == hash;
    }

    /// <summary>Adds a hash; false when it was there.</summary>
    public bool Add(UInt128 hash)
    {
        if (hash == UInt128.Zero)
        {
            if (_hasZero) return false;
            _hasZero = true;
        }
        else
        {
            var table = TableOf(hash);
            // At most three quarters of the slots are taken: a search ends after three steps on average.
            if (_counts[table] * 4L >= _tables[table].Length * 3L) Grow(table);
            ref var slot = ref _tables[table][Find(_tables[table], hash)];
            if (slot == hash) return false;
            slot = hash;
            _counts[table]++;
        }
        Count++;
        return true;
    }

    /// <summary>Adds all hashes of another set, up to the first that is here already; false when there is one.</summary>
    public bool TryAddAll(RowHashSet other)
    {
        if (other._hasZero && !Add(UInt128.Zero)) return false;
        foreach (var table in other._tables)
        {
            foreach (var hash in table)
                if (hash != UInt128.Zero && !Add(hash)) return false;
        }
        return true;
    }

    /// <summary>Forgets all hashes and keeps the memory.</summary>
    public void Clear()
    {
        foreach (var table in _tables) Array.Clear(table);
        Array.Clear(_counts);
        _hasZero = false;
        Count = 0;
    }

    private static int TableOf(UInt128 hash) => (int)((ulong)(hash >> 64) >> (64 - TableBits));

    // The slot of the hash, or the free one where it belongs.
    private static int Find(UInt128[] slots, UInt128 hash)
    {
        var at = PlaceOf(slots, hash);
        while (slots[at] != UInt128.Zero && slots[at] != hash)
            if (++at == slots.Length) at = 0;
        return at;
    }

    // The high half of the product spreads hashes evenly over any number of slots, without a division.
    private static int PlaceOf(UInt128[] slots, UInt128 hash) => (int)Math.BigMul((ulong)hash, (ulong)slots.Length, out _);

    private void Grow(int table)
    {
        var old = _tables[table];
        var slots = new UInt128[Math.Max(FirstSlots, old.Length + old.Length / 2)];
        foreach (var hash in old)
            if (hash != UInt128.Zero) slots[Find(slots, hash)] = hash;
        _tables[table] = slots;
    }
}
