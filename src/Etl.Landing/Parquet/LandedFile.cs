using Etl.Core.Columns;
using Etl.Parquet;

namespace Etl.Landing.Parquet;

/// <summary>How a file under one of our names was found.</summary>
internal enum FileCondition
{
    /// <summary>There is no file.</summary>
    Absent,
    /// <summary>Ours and whole as far as its footer tells.</summary>
    Good,
    /// <summary>Not readable as Parquet, or its record is damaged or contradicts the file.</summary>
    Damaged,
    /// <summary>Good Parquet, but without our record or with one of a newer build: not ours to replace.</summary>
    Foreign,
}

/// <summary>A Parquet file of ours on disk, looked at through its footer.</summary>
internal sealed record LandedFile(FileCondition Condition, string Why, CommitRecord? Record, long Bytes)
{
    /// <summary>Rows per batch when reading back; one batch stays within a few megabytes.</summary>
    private const int BatchRows = 8192;

    /// <summary>Looks at a file.</summary>
    /// <exception cref="IOException">The file system refuses; that says nothing of the file.</exception>
    public static LandedFile Look(string path)
    {
        try
        {
            using var reader = Open(path);
            var bytes = new FileInfo(path).Length;
            if (!CommitRecord.IsClaimed(reader.Metadata)) return new LandedFile(FileCondition.Foreign, "it carries no record of etl", null, bytes);
            if (CommitRecord.FormatOf(reader.Metadata) > CommitRecord.Format)
                return new LandedFile(FileCondition.Foreign, "a newer etl wrote it", null, bytes);
            if (!CommitRecord.TryRead(reader.Metadata, out var record, out var why)) return new LandedFile(FileCondition.Damaged, why, null, bytes);
            return Contradiction(reader, record) is { } fault
                ? new LandedFile(FileCondition.Damaged, fault, null, bytes)
                : new LandedFile(FileCondition.Good, "", record, bytes);
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return new LandedFile(FileCondition.Absent, "there is no file", null, 0);
        }
        catch (ParquetFormatException fault)
        {
            return new LandedFile(FileCondition.Damaged, fault.Message, null, 0);
        }
    }

    /// <summary>Reads the rows; each batch is valid until the next.</summary>
    public static IEnumerable<RowBatch> Read(string path, TableSchema schema)
    {
        using var reader = Open(path);
        var batch = new RowBatch(schema);
        var columns = new ParquetBatch(reader.Schema);
        while (reader.Read(columns, BatchRows) > 0)
        {
            ParquetRows.Load(batch, columns);
            yield return batch;
        }
    }

    // A reader must never keep a writer from renaming over the file, which Windows needs to be told.
    private static ParquetReader Open(string path) =>
        ParquetReader.Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));

    private static string? Contradiction(ParquetReader reader, CommitRecord record)
    {
        if (reader.RowCount != record.Stamp.Rows) return $"its record says {record.Stamp.Rows} rows, it holds {reader.RowCount}";
        return reader.Schema.Columns.SequenceEqual(ParquetRows.Schema(record.Schema).Columns) ? null : "its columns are not those of its record";
    }
}
