using Etl.Core.Columns;
using Etl.Core.Sources;

namespace Etl.Pipeline.SecondPaths;

/// <summary>The columns that two pulls of a window have in common, and their rows in the form in which they are compared.</summary>
internal sealed class SharedColumns
{
    private readonly ITextForm? _texts;
    private readonly int[] _first, _second, _all;
    private readonly RowBatch _batch;
    private UInt128[] _hashes = [];

    /// <param name="first">Columns of the staged pull; system columns do not count.</param>
    /// <param name="second">Columns of the pull by the other path.</param>
    /// <param name="path">What is not compared.</param>
    public SharedColumns(TableSchema first, TableSchema second, SecondPath path)
    {
        _texts = path.Texts;
        // A side map cannot be brought into the form of its texts: which of them stand in it is not in its bytes.
        var own = first.Columns.Where(c => c.Role != ColumnRole.System && !IsOpaque(c)).ToList();
        var others = second.Columns.Where(c => !IsOpaque(c)).ToList();
        var shared = own.Where(c => !path.LeftOut.Contains(c.Name) && second.IndexOf(c.Name) is >= 0 and var at && second.Columns[at].Type == c.Type).ToList();
        LeftOut = [.. own.Concat(others).Select(c => c.Name).Where(path.LeftOut.Contains).Distinct()];
        OnlyFirst = Others(own);
        OnlySecond = Others(others);
        var names = shared.Select(c => c.Name).ToList();
        Schema = new TableSchema(shared, first.Key.All(names.Contains) ? first.Key : []);
        _first = [.. names.Select(first.IndexOf)];
        _second = [.. names.Select(second.IndexOf)];
        _all = [.. Enumerable.Range(0, shared.Count)];
        _batch = new RowBatch(Schema);

        bool IsOpaque(Column column) => path.Texts is not null && column.Name == SystemColumns.Extra.Name;

        List<string> Others(IEnumerable<Column> columns) => [.. columns.Where(c => !shared.Exists(s => s.Name == c.Name) && !path.LeftOut.Contains(c.Name)).Select(c => c.Name)];
    }

    /// <summary>The columns compared. The key is that of the staged pull, or none when a part of it is not compared.</summary>
    public TableSchema Schema { get; }

    /// <summary>Columns of either pull that the path leaves out.</summary>
    public IReadOnlyList<string> LeftOut { get; }

    /// <summary>Columns that only one pull has, or that have another type in the other.</summary>
    public IReadOnlyList<string> OnlyFirst { get; }

    /// <inheritdoc cref="OnlyFirst"/>
    public IReadOnlyList<string> OnlySecond { get; }

    /// <summary>Rows of the staged pull as they are compared, good until the next call, and their hashes.</summary>
    public RowBatch OfFirst(RowBatch batch, out ReadOnlySpan<UInt128> hashes) => Take(batch, _first, out hashes);

    /// <summary>The same for rows of the other path.</summary>
    public RowBatch OfSecond(RowBatch batch, out ReadOnlySpan<UInt128> hashes) => Take(batch, _second, out hashes);

    private RowBatch Take(RowBatch from, int[] columns, out ReadOnlySpan<UInt128> hashes)
    {
        _batch.Clear();
        for (var i = 0; i < columns.Length; i++)
        {
            if (_texts is not null && from[columns[i]] is TextBuffer text) AppendForms(_texts, text, _batch.Text(i));
            else _batch[i].AppendAll(from[columns[i]]);
        }
        if (_hashes.Length < from.RowCount) _hashes = new UInt128[from.RowCount];
        if (columns.Length > 0) RowHash.Compute(_batch, _all, _hashes);
        hashes = _hashes.AsSpan(0, _batch.RowCount);
        return _batch;
    }

    private static void AppendForms(ITextForm form, TextBuffer from, TextBuffer to)
    {
        for (var row = 0; row < from.Count; row++)
        {
            if (from.IsNull(row)) to.AppendNull();
            else form.Append(from[row], to);
        }
    }
}
