using Etl.Core.Columns;
using Etl.Core.Runs;

namespace Etl.Pipeline.Tests.Restating;

/// <summary>Old rows and their difference give the new rows, for random tables: keyed and keyless, with repeated and unresolved keys, in parts of any size.</summary>
public class RowDiffPropertyTests
{
    private static readonly ColumnType[] s_types = Enum.GetValues<ColumnType>();
    private static readonly string?[] s_texts = [null, "", "Unknown", "Error", "a", "b", "c", "ü\n|", "long text that fills a word or two"];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Old_rows_and_their_difference_give_the_new_rows(int keys)
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var (old, now) = Tables(random, keys);
            var heldBytes = random.Next(3) switch { 0 => 1L, 1 => random.Next(100, 5_000), _ => 32 << 20 };
            try
            {
                var (lines, count, _) = old.To(now, heldBytes);
                var (rows, counted) = Apply(old, now.Schema, lines);
                Assert.Equal(Sorted(now.Rows.Select(r => DiffTable.Cells(now.Schema, r))), Sorted(rows));
                Assert.Equal(count, counted);
                Assert.Equal(ChangedKeys(old, now), ChangedKeys(lines, old, now));

                // The same rows in another order and other batches have the same difference.
                var again = new DiffTable(old.Schema, old.Rows.OrderBy(_ => random.Next())).To(new DiffTable(now.Schema, now.Rows.OrderBy(_ => random.Next())), heldBytes);
                Assert.Equal(lines.Select(l => l.ToString()), again.Lines.Select(l => l.ToString()));
            }
            catch (Exception fault)
            {
                throw new InvalidOperationException($"Seed {seed}, {keys} key columns, parts of {heldBytes} bytes.", fault);
            }
        }
    }

    /// <summary>Reads a difference as its consumer does: a row is told by its key where that is unique and else by all its cells.</summary>
    private static (List<Dictionary<string, string>> Rows, RestatedRows Count) Apply(DiffTable old, TableSchema schema, List<DiffLine> lines)
    {
        var hashes = Hashes(old, [.. Enumerable.Range(0, old.Schema.Columns.Count)]);
        var keys = schema.Key.Count == 0 ? hashes : Hashes(old, [.. schema.Key.Select(old.Schema.IndexOf)]);
        var left = old.Rows.Select((r, i) => (Cells: DiffTable.Cells(old.Schema, r), Hash: hashes[i], Key: keys[i])).ToList();
        var rows = new List<Dictionary<string, string>>();
        long added = 0, removed = 0, changed = 0;
        foreach (var row in Events(lines, [.. schema.Columns.Select(c => c.Name)]))
        {
            var (change, id) = (row[0].Change, row[0].RowId);
            if (change == "added")
            {
                added++;
                rows.Add(row.Where(l => l.Column is not null).ToDictionary(l => l.Column!, l => l["new_value"]!));
                Assert.All(row, l => Assert.Null(l["old_value"]));
                continue;
            }
            var at = left.FindIndex(r => r.Hash == id);
            if (at < 0) at = left.FindIndex(r => r.Key == id);
            Assert.True(at >= 0, $"No row '{id}' is left.");
            var cells = left[at].Cells;
            left.RemoveAt(at);
            foreach (var line in row.Where(l => l.Column is not null))
            {
                Assert.Equal(cells.GetValueOrDefault(line.Column!), line["old_value"]);
                if (change == "removed") Assert.Null(line["new_value"]);
                cells.Remove(line.Column!);
                if (line["new_value"] is { } value) cells[line.Column!] = value;
            }
            if (change == "removed")
            {
                removed++;
                Assert.Empty(cells);
                continue;
            }
            changed++;
            rows.Add(cells);
            foreach (var key in schema.Key) Assert.Equal(cells.GetValueOrDefault(key), row[0][key]);
        }
        rows.AddRange(left.Select(r => r.Cells));
        return (rows, new RestatedRows(added, removed, changed));
    }

    // The lines of one row stand together, its columns in order.
    private static IEnumerable<List<DiffLine>> Events(List<DiffLine> lines, List<string> columns)
    {
        List<DiffLine> row = [];
        foreach (var line in lines)
        {
            if (row.Count > 0 && (row[^1].RowId != line.RowId || row[^1].Change != line.Change || columns.IndexOf(line.Column!) <= columns.IndexOf(row[^1].Column!)))
            {
                yield return row;
                row = [];
            }
            row.Add(line);
        }
        if (row.Count > 0) yield return row;
    }

    /// <summary>Keys that stand once on each side, resolved, with other cells: these are told as changed and not as gone and come.</summary>
    private static List<string> ChangedKeys(DiffTable old, DiffTable now)
    {
        var before = Once(old, now.Schema);
        var after = Once(now, now.Schema);
        return [.. before.Keys.Where(k => after.TryGetValue(k, out var row) && row != before[k]).Order(StringComparer.Ordinal)];
    }

    private static List<string> ChangedKeys(List<DiffLine> lines, DiffTable old, DiffTable now)
    {
        var schema = now.Schema;
        var (before, after) = (Once(old, schema), Once(now, schema));
        return
        [
            .. lines.Where(l => l.Change == "changed").Select(l => string.Join('\u0001', schema.Key.Select(k => l[k]))).Distinct()
                .Where(k => before.ContainsKey(k) && after.ContainsKey(k)).Order(StringComparer.Ordinal),
        ];
    }

    private static Dictionary<string, string> Once(DiffTable table, TableSchema schema) => schema.Key.Count == 0 ? [] : table.Rows
        .Select(r => DiffTable.Cells(table.Schema, r))
        .Where(c => schema.Key.All(k => c.TryGetValue(k, out var v) && v is not ("" or "Unknown" or "Error")))
        .GroupBy(c => string.Join('\u0001', schema.Key.Select(k => c[k])))
        .Where(g => g.Count() == 1)
        .ToDictionary(g => g.Key, g => Sorted([g.Single()]).Single());

    private static List<string> Hashes(DiffTable table, int[] columns)
    {
        var all = new List<string>();
        foreach (var batch in table.Batches())
        {
            var hashes = new UInt128[batch.RowCount];
            RowHash.Compute(batch, columns, hashes);
            all.AddRange(hashes.Select(h => h.ToString("x32", System.Globalization.CultureInfo.InvariantCulture)));
        }
        return all;
    }

    private static IEnumerable<string> Sorted(IEnumerable<Dictionary<string, string>> rows) =>
        rows.Select(r => string.Join(';', r.OrderBy(c => c.Key, StringComparer.Ordinal).Select(c => $"{c.Key}={c.Value}"))).Order(StringComparer.Ordinal);

    private static (DiffTable Old, DiffTable Now) Tables(Random random, int keys)
    {
        var columns = Enumerable.Range(0, keys + random.Next(keys == 0 ? 1 : 0, 4))
            .Select(i => new Column($"c{i}", i < keys && random.Next(3) > 0 ? ColumnType.Text : s_types[random.Next(s_types.Length)])).ToList();
        var schema = new TableSchema(columns, columns.Take(keys).Select(c => c.Name));
        var distinct = random.Next(2) == 0 ? 4 : 200;
        var old = Enumerable.Range(0, random.Next(40)).Select(_ => Row()).ToList();
        var now = old.Where(_ => random.Next(5) > 0).Select(r => random.Next(3) == 0 ? Mutated(r) : r).ToList();
        now.AddRange(Enumerable.Range(0, random.Next(4)).Select(_ => Row()));
        if (old.Count > 0 && random.Next(4) == 0) now.AddRange(Enumerable.Repeat(old[0], random.Next(30)));
        return (new DiffTable(schema, old), new DiffTable(schema, now));

        object?[] Row() => [.. columns.Select((c, i) => Value(c.Type, i < keys))];

        object?[] Mutated(object?[] row)
        {
            var copy = row.ToArray();
            var column = random.Next(row.Length);
            copy[column] = Value(columns[column].Type, column < keys);
            return copy;
        }

        object? Value(ColumnType type, bool key)
        {
            var seed = random.Next(distinct);
            if (random.Next(key ? 20 : 6) == 0) return null;
            return type switch
            {
                ColumnType.Bool => seed % 2 == 0,
                ColumnType.Int32 or ColumnType.Date => seed - 2,
                ColumnType.Int64 => seed * 7_000_000_007L,
                ColumnType.Timestamp => seed * 86_400_000_001L,
                ColumnType.Double => seed % 5 == 0 ? double.NaN : seed / 8.0,
                _ => distinct > 4 ? $"key {seed}" : s_texts[random.Next(s_texts.Length)],
            };
        }
    }
}
