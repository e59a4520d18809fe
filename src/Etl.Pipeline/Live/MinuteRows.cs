using System.Globalization;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Pipeline.Live;

/// <summary>
/// What polls have brought for one minute: points by key, the latest answer winning, and the time that polls speak for. Rows stay in
/// the batches of their polls, which are never changed.
/// </summary>
internal sealed class MinuteRows(Window window, TableSchema expected)
{
    private readonly Dictionary<string, Point> _points = new(StringComparer.Ordinal);
    private readonly List<LivePoll> _polls = [];
    private readonly List<string> _notes = [];

    public Window Window => window;

    /// <summary>True when something came that is not in the latest snapshot.</summary>
    public bool Changed { get; private set; } = true;

    /// <summary>What no poll speaks for.</summary>
    public IReadOnlyList<TimeSlice> Gaps => new TimeSlice(window.From, window.To).Without(_polls.SelectMany(p => p.Covers));

    /// <summary>Adds what a poll has for this minute.</summary>
    public void Add(LivePoll poll)
    {
        var rows = Enumerable.Range(0, poll.Rows.RowCount).Where(r => poll.Times[r] >= window.From && poll.Times[r] < window.To).ToList();
        var covers = poll.Covers.Any(c => c.From < window.To && c.To > window.From);
        if (rows.Count == 0 && !covers) return;
        var gaps = Length(Gaps);
        _polls.Add(poll);
        var before = poll.ReplacesMinutes && covers ? new Dictionary<string, Point>(_points, StringComparer.Ordinal) : null;
        if (before is not null) _points.Clear();
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var key = KeyOf(poll, row);
            // In a table, rows whose key the service could not resolve share one: each of an answer is a row of its own.
            var number = seen[key] = seen.GetValueOrDefault(key) + 1;
            if (number > 1 && poll.ReplacesMinutes) key = string.Create(CultureInfo.InvariantCulture, $"{key}\n{number}");
            var point = new Point(poll, row);
            if (!(before ?? _points).TryGetValue(key, out var old) || old.Text != point.Text) Changed = true;
            _points[key] = point;
        }
        if (before is not null && before.Count != _points.Count) Changed = true;
        if (Length(Gaps) != gaps) Changed = true;
    }

    /// <summary>Adds a note to the minute's proof, once.</summary>
    public void Note(string note)
    {
        if (!_notes.Contains(note)) _notes.Add(note);
    }

    /// <summary>The minute as it stands, for landing; later polls do not change it.</summary>
    public CollectedMinute Snapshot()
    {
        Changed = false;
        var schema = SchemaOf();
        var points = _points.OrderBy(p => p.Value.Time).ThenBy(p => p.Key, StringComparer.Ordinal).Select(p => p.Value).ToList();
        var batch = new RowBatch(schema);
        foreach (var point in points)
        {
            for (var c = 0; c < schema.Columns.Count; c++)
            {
                var from = point.Poll.Schema.IndexOf(schema.Columns[c].Name);
                if (from < 0) batch[c].AppendNull();
                else batch[c].AppendFrom(point.Poll.Rows[from], point.Row);
            }
            batch.TakeRefusal(point.Poll.Rows, point.Row, batch.RowCount - 1);
        }
        var gaps = Gaps;
        var proof = new PullProof
        {
            Chains = [.. _polls.SelectMany(p => p.Chains)],
            Notes = [.. _polls.SelectMany(p => p.Notes).Concat(_notes).Distinct()],
            Gaps = gaps,
            KnownEmpty = points.Count == 0 && gaps.Count == 0,
            Calls = _polls.Sum(p => p.Calls),
            Bytes = _polls.Sum(p => p.Bytes),
        };
        return new CollectedMinute(batch, proof, [.. _polls.SelectMany(p => p.Bodies)]);
    }

    private static TimeSpan Length(IEnumerable<TimeSlice> slices) => slices.Aggregate(TimeSpan.Zero, (sum, s) => sum + s.Length);

    /// <summary>The columns of all polls by name, in the order in which they came.</summary>
    private TableSchema SchemaOf()
    {
        if (_polls.Count == 0) return expected;
        var columns = new List<Column>();
        foreach (var column in _polls.Select(p => p.Schema).Distinct().SelectMany(s => s.Columns))
        {
            var known = columns.Find(c => c.Name == column.Name);
            if (known is null) columns.Add(column);
            else if (known.Type != column.Type)
                throw new EtlException(FaultKind.Window, $"Minute {window.Label}: column '{column.Name}' came as {known.Type} and as {column.Type}.") { Code = "bad-header" };
        }
        var key = _polls[^1].Schema.Key;
        var drift = (_polls.FindLast(p => !p.Schema.Drift.IsGuess) ?? _polls[^1]).Schema.Drift;
        return new TableSchema(columns, key.All(k => columns.Exists(c => c.Name == k)) ? key : [])
        {
            // What one poll lacked another may have.
            Drift = drift with
            {
                Absent = [.. drift.Absent.Where(a => !columns.Exists(c => c.Name == a.Name))],
                AbsentKey = [.. drift.AbsentKey.Where(a => !columns.Exists(c => c.Name == a))],
                Extra = [.. _polls.SelectMany(p => p.Schema.Drift.Extra).Distinct(StringComparer.Ordinal)],
            },
        };
    }

    private static string KeyOf(LivePoll poll, int row)
    {
        var names = poll.Schema.Key.Count > 0 ? poll.Schema.Key : [.. poll.Schema.Columns.Select(c => c.Name)];
        return string.Join('\u001f', names.Select(n => CellText(poll.Rows[poll.Schema.IndexOf(n)], row)));
    }

    private static string CellText(ColumnBuffer cells, int row) => cells.IsNull(row) ? "\u0000" : cells switch
    {
        TextBuffer text => Encoding.UTF8.GetString(text.Bytes[text.Offsets[row]..text.Offsets[row + 1]]),
        FixedBuffer<long> whole => whole.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<int> whole => whole.Values[row].ToString(CultureInfo.InvariantCulture),
        FixedBuffer<double> real => real.Values[row].ToString("R", CultureInfo.InvariantCulture),
        FixedBuffer<bool> flag => flag.Values[row] ? "1" : "0",
        _ => throw new InvalidOperationException($"A column of {cells.GetType().Name} has no text."),
    };

    private readonly record struct Point(LivePoll Poll, int Row)
    {
        public DateTimeOffset Time => Poll.Times[Row];

        public string Text
        {
            get
            {
                var (poll, row) = (Poll, Row);
                return string.Join('\u001f', poll.Schema.Columns.Select((c, i) => c.Name + '=' + CellText(poll.Rows[i], row))) + poll.Rows.RefusalOf(row)?.Raw;
            }
        }
    }
}
