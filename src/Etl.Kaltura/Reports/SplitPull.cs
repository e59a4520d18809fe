using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Completeness;
using Etl.Core.Errors;
using Etl.Core.Sources;
using Etl.Parsing;

namespace Etl.Kaltura.Reports;

/// <summary>
/// Pulls a window that is larger than one request can reach, as parts whose row keys cannot overlap (design: promise 3).
/// A part's rows are handed on when its own chain is whole; at the end the additive sums of all parts must equal the totals of
/// the unsplit question and no key may have come twice.
/// </summary>
internal sealed class SplitPull(PullContext pull, ICatalog catalog, IChainRunner runner, DateSpill days)
{
    /// <summary>Allowed relative difference of sums and totals where the service may have rounded each row.</summary>
    internal const double Tolerance = 0.001;

    /// <summary>
    /// The same for whole numbers: only what their 14 significant digits cost. Values that no order shows are found missing by
    /// nothing else, and in a large table they are a small part of it.
    /// </summary>
    internal const double CountTolerance = 0;

    /// <summary>Most parts of one pull.</summary>
    internal const int MaxParts = 2000;

    private readonly RowKeys _keys = new();
    private readonly ColumnSums _sums = new();
    private readonly HeldRows _held = new();
    private BoundTable _table = null!;
    private long _rows;
    private int _parts;
    private bool _resolvedOnly = true;

    /// <summary>Splits the question whose unsplit chain was capped.</summary>
    public async Task<PullOutcome> RunAsync(ReportQuery query, ChainResult whole, CancellationToken cancellation)
    {
        _table = whole.Table!;
        var rules = pull.Report.Splits;
        if (rules.Count == 0) throw Truncated($"report {pull.Report.Id} has no split whose parts cannot overlap.");
        var before = await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false);
        CheckComparable(before);

        pull.Log.Rows = 0;
        days.Clear();
        await pull.Sink.StartAsync(_table.Schema, cancellation).ConfigureAwait(false);
        pull.Log.Splits.Add($"{whole.Rows} rows reached the cap of {pull.Cap}: split by {string.Join(", then ", rules.Select(Describe))}.");
        await new Splitter(this, pull, catalog, runner).SplitAsync(query, 0, whole, cancellation).ConfigureAwait(false);
        // Rows that the service could not resolve have no value to split by: the unsplit answer is the only place where they stand.
        if (_resolvedOnly) await TakeUnresolvedAsync(whole, cancellation).ConfigureAwait(false);

        var totals = before;
        if (Judge(before, null).Step == TotalsStep.Again)
        {
            totals = await Totals.AskAsync(pull, query, cancellation).ConfigureAwait(false);
            var judged = Judge(totals, before);
            if (judged.Step == TotalsStep.Again)
                throw pull.Fault("moved", $"the {_parts} parts do not add up to the totals of the whole, which changed while they were read: {Difference(judged)}. The source moves.", transient: true);
            if (judged.Step == TotalsStep.Refuse) throw Truncated($"the {_parts} parts do not add up to the totals of the whole: {Difference(judged)}.");
        }
        foreach (var column in _table.Relative)
            pull.Note($"Column '{_table.Schema.Columns[column].Name}' is relative to its own query and null here: the window was pulled in {_parts} parts.");
        if (_keys.RepeatedInPage > 0) pull.Note($"{_keys.RepeatedInPage} key(s) stand twice within one page.");
        days.Tell(pull);
        return new PullOutcome(_table.Schema, _rows, totals.Numbers, pull.Proof(knownEmpty: false));
    }

    /// <summary>Pulls one part; null when it is whole and handed on, otherwise its capped chain.</summary>
    public async Task<ChainResult?> TryPartAsync(ReportQuery query, string part, CancellationToken cancellation)
    {
        if (++_parts > MaxParts) throw Truncated($"more than {MaxParts} parts would be needed.");
        var result = await runner.RunAsync(query, _held, part, cancellation).ConfigureAwait(false);
        pull.Log.Chains.Add(result.Proof);
        if (result.End == ChainEnd.Capped)
        {
            pull.Log.Rows -= result.Rows;
            return result;
        }
        if (result.Table is { } table && !table.Header.SequenceEqual(_table.Header, StringComparer.Ordinal))
            throw pull.Fault("header-changed", $"part {part} has other columns than the whole.");
        if (!_keys.Take(result.Keys))
            throw pull.Fault("duplicate-key", $"a key of part {part} stood in an earlier part, although parts cannot overlap: the table moved while it was read.", transient: true);
        _sums.Add(result.Sums);
        _rows += result.Rows;
        if (result.Unresolved is not null) _resolvedOnly = false;
        _held.Look(days);
        await _held.FlushAsync(pull.Sink, cancellation).ConfigureAwait(false);
        return null;
    }

    /// <summary>Takes the rows without a key from a capped chain, for which no filter value exists.</summary>
    public async Task TakeUnresolvedAsync(ChainResult capped, CancellationToken cancellation)
    {
        if (capped.Unresolved is not { RowCount: > 0 } rows) return;
        _resolvedOnly = false;
        _sums.Add(rows, _table.Additive);
        _rows += rows.RowCount;
        pull.Log.Rows += rows.RowCount;
        pull.Note($"{rows.RowCount} row(s) without a key were taken from the unsplit answer.");
        await pull.Sink.WriteAsync(rows, cancellation).ConfigureAwait(false);
    }

    /// <summary>The fault of a table that cannot be pulled whole.</summary>
    public EtlException Truncated(string found) => pull.Fault("truncated",
        $"the table has more rows than one request can reach ({pull.Cap}) and cannot be pulled whole: {found} Narrow the filter or use shorter windows.");

    internal static string Describe(SplitRule rule) => rule.Kind switch
    {
        SplitKind.Range => $"{rule.Filter} ranges",
        SplitKind.Values => $"{rule.Filter} values{(rule.FromReport is { } from ? $" of report {from}" : "")}",
        _ => "shorter date ranges",
    };

    private void CheckComparable(TotalReply totals)
    {
        if (!_table.Additive.Any(c => totals.Numbers.ContainsKey(_table.Schema.Columns[c].Name)))
            throw Truncated("no additive column stands in both table and totals, so parts could not be proven to be the whole.");
    }

    /// <summary>Of the rows by the totals; the ones asked before, where those did not fit.</summary>
    private TotalsJudgement Judge(TotalReply totals, TotalReply? before)
    {
        var compared = new List<SumFacts>();
        foreach (var (name, sum) in _sums.Values)
        {
            if (!totals.Numbers.TryGetValue(name, out var total) || _sums.Broken.Contains(name)) continue;
            var isCount = _table.Schema.Columns[_table.Schema.IndexOf(name)].Type == ColumnType.Int64;
            compared.Add(new SumFacts(name, sum, total, isCount ? CountTolerance : Tolerance) { Least = 1e-6 });
        }
        // Parts without rows have no sums at all.
        var isUnproven = compared.Count == 0 && (_sums.Broken.Count > 0 || (_sums.Values.Count == 0 && !totals.IsEmptyOrZero));
        return TotalsRule.Judge(new(compared) { IsUnproven = isUnproven, Earlier = before?.Numbers });
    }

    private string Difference(TotalsJudgement judged) =>
        judged.Differing.Count > 0 ? string.Create(CultureInfo.InvariantCulture, $"'{judged.Differing[0].Column}' sums to {judged.Differing[0].Sum:R}, the total is {judged.Differing[0].Total:R}")
        : _sums.Broken.Count > 0 ? "every column that could be compared has a cell that cannot be typed"
        : "the parts have no rows";
}
