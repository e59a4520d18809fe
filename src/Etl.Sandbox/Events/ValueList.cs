namespace Etl.Sandbox.Events;

/// <summary>
/// Values by number: the ones that generated sessions draw from, then those that received events bring. Numbers never change, so records
/// can carry them; at most 65,535 values, the rest shares one. <see cref="SessionStep.Unsaid"/> stands for no value. Thread safe.
/// </summary>
internal sealed class ValueList<T>(IEnumerable<T> drawn, T rest, T none)
{
    private const int Most = SessionStep.Unsaid - 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<ValueTuple<T>, ushort> _numbers = [];
    private T[] _values = [.. drawn];
    private int _count = -1;

    public T this[int number] => number == SessionStep.Unsaid ? none : Volatile.Read(ref _values)[number];

    /// <summary>The number of a value, a new one when it was not seen before.</summary>
    public ushort NumberOf(T value)
    {
        lock (_gate)
        {
            if (_count < 0)
            {
                foreach (var (number, known) in _values.Index())
                    _numbers.TryAdd(new(known), (ushort)number);
                _count = _values.Length;
            }
            if (_numbers.TryGetValue(new(value), out var found))
                return found;
            if (_count >= Most)
            {
                value = rest;
                if (_numbers.TryGetValue(new(value), out found))
                    return found;
            }
            if (_count == _values.Length)
            {
                var larger = new T[Math.Min(_values.Length * 2 + 16, Most + 1)];
                _values.CopyTo(larger, 0);
                Volatile.Write(ref _values, larger);
            }
            _values[_count] = value;
            return _numbers[new(value)] = (ushort)_count++;
        }
    }
}
