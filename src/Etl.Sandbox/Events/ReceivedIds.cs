namespace Etl.Sandbox.Events;

/// <summary>Ids that received events named and the account does not hold, numbered from zero in the order in which they came. Thread safe.</summary>
internal sealed class ReceivedIds
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _ids = [];

    public string this[int number]
    {
        get
        {
            lock (_gate)
                return _ids[number];
        }
    }

    /// <summary>The number of an id, or -1.</summary>
    public int Find(string id)
    {
        lock (_gate)
            return _numbers.GetValueOrDefault(id, -1);
    }

    /// <summary>The number of an id, a new one when it is new.</summary>
    public int Add(string id)
    {
        lock (_gate)
        {
            if (_numbers.TryGetValue(id, out var known))
                return known;
            _ids.Add(id);
            return _numbers[id] = _ids.Count - 1;
        }
    }
}
