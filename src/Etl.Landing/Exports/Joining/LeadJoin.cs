using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;

namespace Etl.Landing.Exports.Joining;

/// <summary>One join, from listed windows to a table.</summary>
internal sealed class LeadJoin
{
    private readonly JobDefinition _job;
    private readonly ExportSpec _export;
    private readonly ExportRows _rows;
    private readonly IReadOnlyList<RowsOfWindow> _windows;
    private readonly CancellationToken _cancellation;
    private readonly LeadPeople _people;
    private readonly SourceColumns[] _columns;
    private readonly SourceTakers[] _takers;
    private readonly TextPool _texts = new();
    private readonly Dictionary<SourceValue, LeadCells> _values = [];
    private readonly Dictionary<string, LeadCells> _measures = new(StringComparer.Ordinal);
    private readonly ConsentCells? _consent;
    private int[] _leads = [];
    private long _read;

    /// <summary>Prepares a join.</summary>
    /// <exception cref="EtlException">A column is nowhere, or a measure cannot be made of its column.</exception>
    public LeadJoin(JobDefinition job, ExportSpec export, ExportRows rows, IReadOnlyList<RowsOfWindow> windows, LeaveList leave, CancellationToken cancellation)
    {
        (_job, _export, _rows, _windows, _cancellation) = (job, export, rows, windows, cancellation);
        var first = export.Duplicates == DuplicateRule.First;
        _people = new LeadPeople(export.By, first, leave);
        _columns = [.. export.Sources.Select((s, i) => new SourceColumns(job.Name, export, s, [.. windows.Where(w => w.Source == i)]))];
        _takers = [.. _columns.Select(c => new SourceTakers(c))];

        foreach (var value in export.Columns.Select(c => c.Value).OfType<SourceValue>().Distinct())
        {
            var cells = LeadCells.Of(TypeOf(value.Source, value.Column), first, _texts);
            _values.Add(value, cells);
            Takers(value.Source).Add(cells, value.Column, null);
        }
        foreach (var measure in export.Measures)
        {
            var cells = MeasureOf(measure);
            _measures.Add(measure.Name, cells);
            Takers(measure.Source).Add(cells, measure.Column, measure.Where);
        }
        if (export.Leave.Consent is { } consent) Takers(consent.Source).Add(_consent = new ConsentCells(), consent.Column);
    }

    /// <summary>Reads the rows and makes the table.</summary>
    public LeadTable Run(string inputs)
    {
        if (_export.Sources.Any(HasBoth)) Pass(w => HasBoth(_export.Sources[w.Source]), Learn);
        Pass(_ => true, Take);
        foreach (var takers in _takers) takers.Grow(_people.Count);
        _consent?.Grow(_people.Count);
        return Finish(inputs);
    }

    private static bool HasBoth(ExportSource source) => source.Email is not null && source.User is not null;

    private void Pass(Predicate<RowsOfWindow> wanted, Action<RowsOfWindow, RowBatch> take)
    {
        foreach (var window in _windows)
        {
            if (!wanted(window) || window.Record.Stamp.Rows == 0) continue;
            using var rows = _rows.Open(window);
            var cast = new ColumnCast(rows.Schema, _columns[window.Source].Schema);
            foreach (var batch in rows.Read())
            {
                _cancellation.ThrowIfCancellationRequested();
                take(window, cast.Cast(batch));
            }
        }
    }

    private void Learn(RowsOfWindow window, RowBatch batch) =>
        _people.Learn(window.Source, Text(batch, _export.Sources[window.Source].Email)!, Text(batch, _export.Sources[window.Source].User)!);

    private void Take(RowsOfWindow window, RowBatch batch)
    {
        var source = _export.Sources[window.Source];
        if (_leads.Length < batch.RowCount) _leads = new int[batch.RowCount];
        var leads = _leads.AsSpan(0, batch.RowCount);
        _people.Resolve(Text(batch, source.Email), Text(batch, source.User), leads);
        _read += batch.RowCount;
        _takers[window.Source].Grow(_people.Count);
        try
        {
            _takers[window.Source].Take(batch, leads);
        }
        catch (TakingException fault)
        {
            throw new EtlException(
                FaultKind.Window,
                $"Export '{_export.Name}' of job '{_job.Name}' cannot sum column '{source.Source}.{fault.Column}': {fault.Message}, in window '{window.Record.Key}'. "
                + "Leave such rows out with 'where', or measure another column. Nothing was written.", fault) { Code = "export-number", IsOfWindow = false };
        }
    }

    private LeadTable Finish(string inputs)
    {
        var (kept, isInternal, suppressed, silent) = (new List<int>(_people.Count), 0L, 0L, 0L);
        for (var lead = 0; lead < _people.Count; lead++)
        {
            var reason = _people.Reason(lead);
            if (reason.HasFlag(LeaveReason.Internal)) isInternal++;
            else if (reason.HasFlag(LeaveReason.Suppressed)) suppressed++;
            else if (_consent is { } consent && !consent[lead]) silent++;
            else kept.Add(lead);
        }
        int[] leads = [.. kept];
        var keys = Array.ConvertAll(leads, KeyOf);
        Array.Sort(keys, leads);
        var scores = _export.Score is { } score ? Array.ConvertAll(leads, lead => LeadScores.Of(Parts(score, lead).Select(p => (p.Figure, p.Weight)))) : [];
        var tiers = _export.Score is { } spec ? LeadScores.Tiers(scores, spec) : [];
        return new LeadTable(keys, leads, [.. _export.Columns.Select(c => Column(c, keys, leads, scores, tiers))])
        {
            Inputs = inputs,
            Counts = new LeadCounts(_read, leads.Length, _people.Resolved - _people.Count, _people.Anonymous, _people.Unresolved, isInternal, suppressed, silent),
        };
    }

    private (LeadColumn Column, Func<int, LeadCell> Cell) Column(ExportColumn column, UInt128[] keys, int[] leads, double[] scores, LeadTier[] tiers)
    {
        (ColumnType Type, Func<int, LeadCell> Cell) made = column.Value switch
        {
            ConstantValue constant => (ColumnType.Text, _ => LeadCell.Of(constant.Text)),
            SourceValue value => (_values[value].Type, index => _values[value][leads[index]]),
            MeasureValue measure => (_measures[measure.Measure].Type, index => _measures[measure.Measure][leads[index]]),
            LeadValue { Field: LeadField.Key } => (ColumnType.Text, index => LeadCell.Of(LeadTable.Text(keys[index]))),
            LeadValue { Field: LeadField.Score } => (ColumnType.Double, index => LeadCell.Of(scores[index])),
            LeadValue { Field: LeadField.ScoreParts } => (ColumnType.Text, index => LeadCell.Of(LeadScores.Parts(Parts(_export.Score!, leads[index])))),
            LeadValue { Field: LeadField.Tier } => (ColumnType.Text, index => tiers[index] is not LeadTier.None and var tier ? LeadCell.Of(tier.ToString()) : LeadCell.Null),
            LeadValue { Field: LeadField.Email } => (ColumnType.Text, index => Name(leads[index], _export.By == LeadBy.Email)),
            LeadValue { Field: LeadField.User } => (ColumnType.Text, index => Name(leads[index], _export.By == LeadBy.User)),
            _ => throw new ArgumentException($"Column '{column.Header}' has no value that a lead can have."),
        };
        return (new LeadColumn(column.Header, made.Type), made.Cell);
    }

    private LeadCell Name(int lead, bool own)
    {
        var name = own ? _people.Name(lead) : _people.Other(lead);
        return name.IsEmpty ? LeadCell.Null : LeadCell.Of(Encoding.UTF8.GetString(name));
    }

    private IEnumerable<(string Measure, double Figure, double Weight)> Parts(ScoreSpec score, int lead) =>
        score.Weights.Select(w => (w.Key, LeadMeasures.Figure(_measures[w.Key], lead), w.Value));

    /// <summary>A lead's key: a hash of the kind of its name and the name, so that it is the same in every cut and says nothing by itself.</summary>
    private UInt128 KeyOf(int lead)
    {
        var kind = _export.By == LeadBy.Email ? "email\0"u8 : "user\0"u8;
        var name = _people.Name(lead);
        var room = kind.Length + name.Length <= 512 ? stackalloc byte[512] : new byte[kind.Length + name.Length];
        kind.CopyTo(room);
        name.CopyTo(room[kind.Length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(room[..(kind.Length + name.Length)], hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private LeadCells MeasureOf(LeadMeasure measure)
    {
        var type = measure.Column is { } column ? TypeOf(measure.Source, column) : ColumnType.Int64;
        var cells = LeadMeasures.Of(measure, type, _texts) ?? throw Unfit($"{measure.Kind.ToString().ToLowerInvariant()} of '{measure.Source}.{measure.Column}', which holds {Words(type)}");
        if (_export.Score?.Weights.Any(w => w.Key == measure.Name) == true && !CommonColumns.IsNumber(cells.Type))
            throw Unfit($"weight of measure '{measure.Name}', which is {Words(cells.Type)} and no number");
        return cells;
    }

    private EtlException Unfit(string what) =>
        new(FaultKind.Usage, $"Export '{_export.Name}' of job '{_job.Name}' asks for the {what}. Choose another measure. Nothing was written.") { Code = "export-measure" };

    private static string Words(ColumnType type) => type switch
    {
        ColumnType.Bool => "true or false",
        ColumnType.Date or ColumnType.Timestamp => "dates",
        _ => "text",
    };

    private static TextBuffer? Text(RowBatch batch, string? column) => column is null ? null : batch.Text(batch.Schema.IndexOf(column));

    private int IndexOf(string source) => _export.Sources.Select((s, i) => (s.Source, Index: i)).First(s => s.Source == source).Index;

    private SourceTakers Takers(string source) => _takers[IndexOf(source)];

    private ColumnType TypeOf(string source, string column) => _columns[IndexOf(source)].Schema is var schema ? schema.Columns[schema.IndexOf(column)].Type : default;
}
