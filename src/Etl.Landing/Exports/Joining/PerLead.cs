namespace Etl.Landing.Exports.Joining;

/// <summary>A value for each lead, by its number.</summary>
/// <typeparam name="T">Of few bytes: there may be millions.</typeparam>
/// <param name="none">What a lead has before it is given one.</param>
internal sealed class PerLead<T>(T none)
    where T : unmanaged
{
    private T[] _values = [];

    /// <summary>A lead's value; <see cref="Grow"/> has made room for it.</summary>
    public ref T this[int lead] => ref _values[lead];

    /// <summary>Makes room for so many leads.</summary>
    public void Grow(int leads)
    {
        var had = _values.Length;
        if (leads <= had) return;
        // By half: doubling would hold three times the room at the moment of the move.
        Array.Resize(ref _values, Math.Max(Math.Max(leads, 1024), had + had / 2));
        _values.AsSpan(had).Fill(none);
    }
}
