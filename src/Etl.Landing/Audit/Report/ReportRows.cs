using System.Security.Cryptography;
using Etl.Core.Columns;

namespace Etl.Landing.Audit.Report;

/// <summary>
/// What a report tells of the rows of a pull, learnt in one pass with bounded memory: the first rows in the order of their labels, people and content counted, how far
/// it was watched, and where. The same rows in any order give the same.
/// </summary>
internal sealed class ReportRows
{
    /// <summary>The most rows that the report lists; the others are in the data.</summary>
    public const int MostListed = 1_000;

    /// <summary>The most places that are told apart; more are no countries.</summary>
    private const int MostPlaces = 1_000;

    private readonly TableSchema _schema;
    private readonly IReadOnlyList<int> _shown;
    private readonly PriorityQueue<string[], string> _listed = new(Comparer<string>.Create((a, b) => string.CompareOrdinal(b, a)));
    private readonly HashSet<UInt128> _people = [], _content = [];
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);

    public ReportRows(TableSchema schema)
    {
        _schema = schema;
        Columns = new ReportColumns(schema);
        _shown = Columns.Shown;
    }

    public ReportColumns Columns { get; }

    public long Rows { get; private set; }

    public int People => _people.Count;

    public int Content => _content.Count;

    /// <summary>Rows whose completion lies below 25, 50, 75 and 100 percent, and at 100 or above.</summary>
    public long[] Bands { get; } = new long[5];

    /// <summary>Sums of the plays that reached 25, 50, 75 and 100 percent.</summary>
    public double[] Quartiles { get; } = new double[4];

    /// <summary>Names of the listed columns.</summary>
    public IReadOnlyList<Column> Headers => [.. _shown.Select(i => _schema.Columns[i])];

    /// <summary>The listed rows, in order; a null cell is an empty text.</summary>
    public IReadOnlyList<string[]> Listed() =>
        [.. _listed.UnorderedItems.OrderBy(i => i.Priority, StringComparer.Ordinal).Select(i => i.Element)];

    /// <summary>Places, most plays first.</summary>
    public IReadOnlyList<Place> Places() =>
        [.. _places.Values.OrderByDescending(p => p.Plays).ThenByDescending(p => p.Rows).ThenBy(p => p.Name, StringComparer.Ordinal)];

    public void Add(RowBatch batch)
    {
        for (var row = 0; row < batch.RowCount; row++)
        {
            Rows++;
            List(batch, row);
            if (Columns.People.Count > 0) _people.Add(Identity(batch, row, Columns.People[0]));
            if (Columns.Content.Count > 0) _content.Add(Identity(batch, row, Columns.Content[0]));
            if (Columns.CompletionOf(batch, row) is { } percent) Bands[percent switch { < 25 => 0, < 50 => 1, < 75 => 2, < 100 => 3, _ => 4 }]++;
            for (var i = 0; i < Columns.Quartiles.Count; i++) Quartiles[i] += ReportColumns.Number(batch[Columns.Quartiles[i]], row) ?? 0;
            if (Columns.Places.Count > 0) AddPlace(batch, row);
        }
    }

    private void List(RowBatch batch, int row)
    {
        var cells = _shown.Select(c => CellText.Of(batch[c], _schema.Columns[c].Type, row) ?? "").ToArray();
        var order = string.Join('\0', cells);
        if (_listed.Count < MostListed) _listed.Enqueue(cells, order);
        else _listed.EnqueueDequeue(cells, order);
    }

    private void AddPlace(RowBatch batch, int row)
    {
        var column = Columns.Places[0];
        var name = CellText.Of(batch[column], _schema.Columns[column].Type, row) is { Length: > 0 } text ? text : "(not known)";
        if (!_places.TryGetValue(name, out var place))
        {
            if (_places.Count >= MostPlaces) name = "(others)";
            place = _places.GetValueOrDefault(name) ?? new Place(name, 0, 0, 0);
        }
        _places[name] = place with
        {
            Rows = place.Rows + 1,
            Plays = place.Plays + (Columns.Plays < 0 ? 0 : ReportColumns.Number(batch[Columns.Plays], row) ?? 0),
            Minutes = place.Minutes + (Columns.Minutes < 0 ? 0 : ReportColumns.Number(batch[Columns.Minutes], row) ?? 0),
        };
    }

    private UInt128 Identity(RowBatch batch, int row, int column)
    {
        Span<byte> hash = stackalloc byte[32];
        if (batch[column] is TextBuffer text && !text.IsNull(row)) SHA256.HashData(text[row], hash);
        else SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(CellText.Of(batch[column], _schema.Columns[column].Type, row) ?? "\0"), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }
}

/// <summary>What was watched in one place.</summary>
internal sealed record Place(string Name, long Rows, double Plays, double Minutes);
