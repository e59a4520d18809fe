namespace Etl.Parquet;

/// <summary>How pages are compressed.</summary>
public enum ParquetCodec
{
    /// <summary>Not compressed.</summary>
    None,

    /// <summary>Snappy: 1 GB per cpu-second on encoded report data, ratio 1.4.</summary>
    Snappy,

    /// <summary>Gzip: writing a file takes four to five times as long as with Snappy and saves a sixth of its bytes.</summary>
    Gzip,
}

/// <summary>The knobs of a <see cref="ParquetWriter"/>. Immutable; checked when the writer is made.</summary>
public sealed record ParquetWriterOptions
{
    /// <summary>How pages are compressed. Default Snappy.</summary>
    public ParquetCodec Codec { get; init; } = ParquetCodec.Snappy;

    /// <summary>Rows after which a row group is closed, 1 or more. Default 1,048,576.</summary>
    /// <remarks>Lower: less memory and more chances to skip; higher: dictionaries are shared by more rows and the file is smaller.</remarks>
    public long MaxRowGroupRows { get; init; } = 1_048_576;

    /// <summary>Buffered bytes at which a row group is closed, 1 KiB or more. Default 32 MiB.</summary>
    /// <remarks>
    /// Counts finished (compressed) pages, dictionaries with their hash tables, and open pages, over all columns. Best effort: looked at once per
    /// block of at most 1,024 rows, and a block's growth of a hash table is not foreseen. A single row larger than the limit gets a row group of its own.
    /// </remarks>
    public long MaxRowGroupBytes { get; init; } = 32L << 20;

    /// <summary>Rows per page, 1 to 1,048,576. Default 20,480.</summary>
    /// <remarks>Lower: finer page index, more headers (about 100 bytes per page); higher: readers must decode more to reach one row.</remarks>
    public int MaxPageRows { get; init; } = 20_480;

    /// <summary>Bytes of a page in plain form at which it is closed, 64 bytes to 64 MiB. Default 1 MiB.</summary>
    /// <remarks>The last value of a page may exceed it. Counts values as if there were no dictionary, since that is what a reader decodes.</remarks>
    public int MaxPageBytes { get; init; } = 1 << 20;

    /// <summary>Largest dictionary of one column chunk in plain bytes, 0 (no dictionaries) to 256 MiB. Default 8 MiB.</summary>
    /// <remarks>
    /// A chunk whose dictionary would grow past this keeps its earlier pages and writes plain pages from there on. A reader holds one
    /// dictionary per column, so this times the column count is what reading costs. Default: 200,000 addresses of 24 bytes plus their
    /// lengths are 5.6 MB, so the widest column of our reports stays in one dictionary.
    /// </remarks>
    public int MaxDictionaryBytes { get; init; } = 8 << 20;

    /// <summary>Checks all limits.</summary>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    internal void Validate()
    {
        var faults = new List<string>();
        if (!Enum.IsDefined(Codec))
            faults.Add($"Codec is '{Codec}'; expected None, Snappy or Gzip");
        Check(nameof(MaxRowGroupRows), MaxRowGroupRows, 1, long.MaxValue);
        Check(nameof(MaxRowGroupBytes), MaxRowGroupBytes, 1 << 10, long.MaxValue);
        Check(nameof(MaxPageRows), MaxPageRows, 1, 1 << 20);
        Check(nameof(MaxPageBytes), MaxPageBytes, 64, 64 << 20);
        Check(nameof(MaxDictionaryBytes), MaxDictionaryBytes, 0, 256 << 20);
        if (faults.Count > 0)
            throw new ArgumentException("The Parquet writer's options are not valid: " + string.Join("; ", faults) + ".", "options");

        void Check(string name, long value, long min, long max)
        {
            if (value < min || value > max)
                faults.Add(FormattableString.Invariant($"{name} is '{value}'; expected {min} to {max}"));
        }
    }
}
