namespace Etl.Core.Columns;

/// <summary>
/// Row hashes (<see cref="RowHash"/>) with the number of times each was added, from which they can be taken again: what is left
/// of one table after another one was taken from it. 21 to 32 bytes for each different hash, as much again once it is taken, and about
/// 50 more for one that was added several times. Not thread safe.
/// </summary>
public sealed class RowHashBag
{
    private readonly RowHashSet _added = new(), _taken = new();
    // How often a hash is here beyond its first time.
    private readonly Dictionary<UInt128, long> _more = [];

    /// <summary>Rows in the bag.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a row. All are added before the first is taken.</summary>
    /// <exception cref="InvalidOperationException">Rows were taken before.</exception>
    public void Add(UInt128 hash)
    {
        if (_taken.Count > 0) throw new InvalidOperationException("Rows were taken from the bag; it takes no more.");
        if (!_added.Add(hash)) _more[hash] = _more.GetValueOrDefault(hash) + 1;
        Count++;
    }

    /// <summary>Takes one row with this hash out; false when there is none.</summary>
    public bool TryTake(UInt128 hash)
    {
        if (_more.GetValueOrDefault(hash) is > 0 and var more) _more[hash] = more - 1;
        else if (!_added.Contains(hash) || !_taken.Add(hash)) return false;
        Count--;
        return true;
    }
}
