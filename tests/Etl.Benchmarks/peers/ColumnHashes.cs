using System.Runtime.InteropServices;
using System.Text;
using Etl.Parquet;

namespace Etl.Benchmarks;

/// <summary>How many values each column of a Parquet file has and a hash of them, by our reader: the same lines that <c>hashes.mjs</c> prints by the readers of others.</summary>
internal static class ColumnHashes
{
    private const uint Seed = 0x811C9DC5, Prime = 0x01000193, Null = 0xFFFF, TextEnd = 0xFFFE;

    /// <summary>Reads the file with hyparquet, DuckDB and our reader; throws when they do not agree.</summary>
    internal static void Compare(string file)
    {
        var ours = Of(file);
        foreach (var reader in (string[])["hyparquet", "duckdb"])
            if (Peer.Script("node", "hashes.mjs", reader, file).Output is var theirs && theirs.Trim() != ours.Trim())
                throw new InvalidOperationException($"{reader} reads other values from '{file}' than our reader:\n{theirs}\n{ours}");
    }

    private static string Of(string file)
    {
        using var reader = ParquetReader.Open(file);
        var batch = new ParquetBatch(reader.Schema);
        var columns = reader.Schema.Columns.Select(_ => (Count: 0L, Hash: Seed)).ToArray();
        while (reader.Read(batch, 4096) > 0)
        {
            for (var i = 0; i < columns.Length; i++)
                columns[i] = (columns[i].Count + batch.RowCount - batch[i].NullCount, Mix(columns[i].Hash, batch[i], batch.RowCount));
        }
        return string.Concat(columns.Select((c, i) => $"{reader.Schema.Columns[i].Name} {c.Count} {c.Hash}\n"));
    }

    private static uint Mix(uint hash, ParquetColumnData column, int rows)
    {
        Span<char> text = stackalloc char[4096];
        for (var row = 0; row < rows; row++)
        {
            if (column.IsNull(row))
            {
                hash = (hash ^ Null) * Prime;
                continue;
            }
            if (column.Type == ParquetType.Text)
            {
                var length = Encoding.UTF8.GetChars(column.TextBytes[column.TextOffsets[row]..column.TextOffsets[row + 1]], text);
                foreach (var unit in text[..length]) hash = (hash ^ unit) * Prime;
                hash = (hash ^ TextEnd) * Prime;
                continue;
            }
            var bits = column.Type switch
            {
                ParquetType.Double => BitConverter.DoubleToInt64Bits(column.Doubles[row]),
                ParquetType.Date or ParquetType.Int32 => column.Int32s[row],
                _ => column.Int64s[row],
            };
            hash = (hash ^ (uint)bits) * Prime;
            hash = (hash ^ (uint)(bits >> 32)) * Prime;
        }
        return hash;
    }
}
