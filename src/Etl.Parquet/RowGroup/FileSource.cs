namespace Etl.Parquet.RowGroup;

/// <summary>Reads ranges of a seekable stream.</summary>
internal sealed class FileSource(Stream stream)
{
    public long Length { get; } = stream.Length;

    /// <summary>Fills <paramref name="target"/> from <paramref name="position"/> on.</summary>
    public void Read(long position, Span<byte> target)
    {
        if (position < 0 || position > Length - target.Length)
            throw new ParquetFormatException(FormattableString.Invariant($"The file has {Length} bytes; expected {target.Length} more.")).At(offset: position);
        stream.Position = position;
        if (stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) != target.Length)
            throw new ParquetFormatException(FormattableString.Invariant($"The file ended while {target.Length} bytes were read.")).At(offset: position);
    }
}
