using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Reports;

/// <summary>
/// The groups of several accounts as one list: numbers of its own for what accounts count for themselves (entries, users), labels from the
/// account that a group was first seen in.
/// </summary>
internal sealed class FamilyGrouping : Grouping
{
    private readonly List<(Grouping Of, long Key)> _groups = [];
    private readonly Dictionary<string, long> _shared = new(StringComparer.Ordinal);

    public override long KeyOf(in PlaybackEvent session) => throw new NotSupportedException("Events are grouped by account first.");

    /// <summary>The key of a group of one account among all of them.</summary>
    public long KeyOf(Grouping of, long key)
    {
        if (of.SharedId(key) is not { } id)
            return Add(of, key);
        if (!_shared.TryGetValue(id, out var known))
            _shared[id] = known = Add(of, key);
        return known;
    }

    public override Cell Label(string column, long key) => _groups[(int)key].Of.Label(column, _groups[(int)key].Key);

    private long Add(Grouping of, long key)
    {
        _groups.Add((of, key));
        return _groups.Count - 1;
    }
}
