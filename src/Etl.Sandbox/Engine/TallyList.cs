namespace Etl.Sandbox.Engine;

/// <summary>Growing list of tallies by reference, in chunks: no copying and no doubling of a large array.</summary>
internal sealed class TallyList
{
    private const int ChunkLength = 4096;
    private readonly List<Tally[]> _chunks = [];

    public int Count { get; private set; }

    public ref Tally this[int index] => ref _chunks[index / ChunkLength][index % ChunkLength];

    /// <summary>Appends an empty tally and gives its index.</summary>
    public int Add()
    {
        if (Count == _chunks.Count * ChunkLength)
            _chunks.Add(new Tally[ChunkLength]);
        return Count++;
    }
}
