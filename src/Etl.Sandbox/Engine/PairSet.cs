namespace Etl.Sandbox.Engine;

/// <summary>
/// Set of (group, value) pairs with a byte each, for distinct counts. Open addressing at no more than 3/4 load:
/// 9 bytes per slot, 12 to 24 bytes per pair, where a HashSet takes 32 and more.
/// </summary>
internal sealed class PairSet
{
    private ulong[] _keys = new ulong[1024];
    private byte[] _values = new byte[1024];
    private int _count;

    /// <summary>Adds the pair; true when it is new.</summary>
    public bool Add(int group, uint value)
    {
        ref var slot = ref Slot(group, value, out var isNew);
        slot = 0;
        return isNew;
    }

    /// <summary>The byte that belongs to the pair, 0 when new.</summary>
    public ref byte Slot(int group, uint value, out bool isNew)
    {
        // Zero marks a free slot, so the group is stored one higher.
        var key = ((ulong)(uint)(group + 1) << 32) | value;
        var mask = _keys.Length - 1;
        var index = (int)(Events.Prng.Mix(key) & (ulong)mask);
        while (_keys[index] != 0 && _keys[index] != key)
            index = (index + 1) & mask;
        isNew = _keys[index] == 0;
        if (isNew)
        {
            if (++_count > _keys.Length / 4 * 3)
            {
                Grow();
                _count--;
                return ref Slot(group, value, out isNew);
            }
            _keys[index] = key;
        }
        return ref _values[index];
    }

    private void Grow()
    {
        var (keys, values) = (_keys, _values);
        _keys = new ulong[keys.Length * 2];
        _values = new byte[keys.Length * 2];
        var mask = _keys.Length - 1;
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i] == 0)
                continue;
            var index = (int)(Events.Prng.Mix(keys[i]) & (ulong)mask);
            while (_keys[index] != 0)
                index = (index + 1) & mask;
            _keys[index] = keys[i];
            _values[index] = values[i];
        }
    }
}
