using Etl.Parquet.Metadata;

namespace Etl.Parquet.Column;

/// <summary>What the indexes and the footer need to know of a finished page.</summary>
internal struct PageRecord
{
    public int Rows;
    public int Nulls;
    public long Nans;
    public Encoding Encoding;

    /// <summary>Where header and body stand in the page store, and how long they are.</summary>
    public long StoreStart;
    public int StoredBytes;

    /// <summary>Header and restored body.</summary>
    public long Bytes;

    /// <summary>Bounds as ranges of the column's bound bytes; without bounds nothing but nulls or NaN is in the page, or there is no upper one.</summary>
    public bool HasBounds;
    public Range Min;
    public Range Max;
}
