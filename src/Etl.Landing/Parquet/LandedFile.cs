using Etl.Core.Columns;
using Etl.Landing.Stores.Local;
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

/// <summary>A Parquet file of ours, looked at through its footer.</summary>
internal sealed record LandedFile(FileCondition Condition, string Why, CommitRecord? Record)
{
    /// <summary>Rows per batch when reading back: so few that they stay in the second cache until they are used, and as many as are decoded at once.</summary>
    private const int BatchRows = 1024;

    /// <summary>Looks at a file on disk.</summary>
    /// <exception cref="IOException">The file system refuses; that says nothing of the file.</exception>
    public static LandedFile Look(string path)
    {
        using var stream = LocalObjectStore.OpenFile(path);
        return Look(stream);
    }

    /// <summary>Looks at a file that is open; null where there is none. Leaves it open.</summary>
    /// <exception cref="Exception">What the stream throws; that says nothing of the file.</exception>
    public static LandedFile Look(Stream? file)
    {
        if (file is null) return new LandedFile(FileCondition.Absent, "there is no file", null);
        try
        {
            using var reader = ParquetReader.Open(file, leaveOpen: true);
            if (!CommitRecord.IsClaimed(reader.Metadata)) return new LandedFile(FileCondition.Foreign, "it carries no record of etl", null);
            if (CommitRecord.FormatOf(reader.Metadata) > CommitRecord.Format)
                return new LandedFile(FileCondition.Foreign, "a newer etl wrote it", null);
            if (!CommitRecord.TryRead(reader.Metadata, out var record, out var why)) return new LandedFile(FileCondition.Damaged, why, null);
            return Contradiction(reader, record) is { } fault
                ? new LandedFile(FileCondition.Damaged, fault, null)
                : new LandedFile(FileCondition.Good, "", record);
        }
        catch (ParquetFormatException fault)
        {
            return new LandedFile(FileCondition.Damaged, fault.Message, null);
        }
    }

    /// <summary>Reads the rows of a file on disk; each batch is valid until the next.</summary>
    public static IEnumerable<RowBatch> Read(string path, TableSchema schema)
    {
        using var stream = LocalObjectStore.OpenFile(path) ?? throw new FileNotFoundException($"'{path}' is gone.", path);
        foreach (var batch in Read(stream, schema)) yield return batch;
    }

    /// <summary>Reads the rows of an open file, which it leaves open; each batch is valid until the next.</summary>
    public static IEnumerable<RowBatch> Read(Stream file, TableSchema schema)
    {
        using var reader = ParquetReader.Open(file, leaveOpen: true);
        var batch = new RowBatch(schema);
        var columns = new ParquetBatch(reader.Schema, sharesText: true);
        while (reader.Read(columns, BatchRows) > 0)
        {
            ParquetRows.Load(batch, columns);
            yield return batch;
            // Its texts stand in the reader's memory, which the next read may use anew.
            batch.Clear();
        }
    }

    private static string? Contradiction(ParquetReader reader, CommitRecord record)
    {
        if (reader.RowCount != record.Stamp.Rows) return $"its record says {record.Stamp.Rows} rows, it holds {reader.RowCount}";
        var (there, columns) = (reader.Schema.Columns, record.Schema.Columns);
        var same = there.Count == columns.Count;
        for (var i = 0; same && i < columns.Count; i++) same = there[i].Name == columns[i].Name && there[i].Type == ParquetRows.Type(columns[i].Type);
        return same ? null : "its columns are not those of its record";
    }
}
