namespace Etl.Parsing;

/// <summary>How much of a report file to read, and how its cells come.</summary>
public sealed record CsvReadOptions
{
    /// <summary>Rows per batch.</summary>
    public int BatchRows { get; init; } = 4096;

    /// <summary>Bytes of cells after which a batch is handed out though it has fewer rows: long texts must not make batches of any size.</summary>
    public int BatchBytes { get; init; } = 4 << 20;

    /// <summary>Largest file in bytes.</summary>
    public long MaxFileBytes { get; init; } = 1L << 30;

    /// <summary>Largest record in bytes; the reader's buffer grows up to it.</summary>
    public int MaxRecordBytes { get; init; } = 16 << 20;

    /// <summary>Largest cell in bytes of UTF-8, quotes taken off.</summary>
    public int MaxCellBytes { get; init; } = 1 << 20;

    /// <summary>Most header cells.</summary>
    public int MaxColumns { get; init; } = 2000;

    /// <summary>
    /// Takes the protective apostrophe off table cells (<see cref="CsvReportReader.Unguard(string)"/>). Without it negative numbers
    /// are no numbers.
    /// </summary>
    public bool Unguard { get; init; } = true;

    /// <summary>
    /// Of plain files: so many batches are filled while the receiver works at one, on a thread of its own. Each costs the memory of a batch.
    /// </summary>
    public int BatchesAhead { get; init; }

    /// <summary>Buffer at the start: smaller than a second-level cache, larger than most reads. Tests make it tiny.</summary>
    internal int BufferBytes { get; init; } = 256 * 1024;

    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchBytes, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(BatchesAhead);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxFileBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRecordBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCellBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxColumns, 1);
    }
}
