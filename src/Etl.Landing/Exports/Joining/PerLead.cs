namespace Etl.Landing.Exports.Joining;

/// <summary>A value for each lead, by its number. Grows page by page: what is there is never moved, so growing needs no room for a copy.</summary>
/// <typeparam name="T">Of few bytes: there may be millions.</typeparam>
/// <param name="none">What a lead has before it is given one.</param>
internal sealed class PerLead<T>(T none)
    where T : unmanaged
{
    private const int PageBits = 14, PageLength = 1 << PageBits;

    private T[][] _pages = [];
    private int _room;

    /// <summary>A lead's value; <see cref="Grow"/> has made room for it.</summary>
    public ref T this[int lead] => ref _pages[lead >> PageBits][lead & (PageLength - 1)];

    /// <summary>Makes room for so many leads.</summary>
    public void Grow(int leads)
    {
        while (_room < leads)
        {
            var page = _room >> PageBits;
            if (page == _pages.Length) Array.Resize(ref _pages, Math.Max(4, _pages.Length * 2));
            _pages[page] = new T[PageLength];
            _pages[page].AsSpan().Fill(none);
            _room += PageLength;
        }
    }
}
