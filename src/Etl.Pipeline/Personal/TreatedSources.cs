using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Raw;
using Etl.Core.Sources;

namespace Etl.Pipeline.Personal;

/// <summary>
/// Sources whose cells with personal data are treated as their job says, before anything of them is kept: so no target, no staged or quarantined
/// row, no export and no difference ever has them. Their raw replies are not kept at all.
/// </summary>
/// <param name="inner">The sources.</param>
/// <param name="keys">Finds a key by its id.</param>
public sealed class TreatedSources(ISourceFactory inner, Func<string, byte[]> keys) : ISourceFactory
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
        inner.AccountsAsync(spec, from, to, cancellation);

    /// <inheritdoc/>
    /// <exception cref="EtlException">Also when a key is missing.</exception>
    public ISource Create(SourceSpec spec, string account) => spec.IsTreated ? new Treated(inner.Create(spec, account), spec.Personal, keys) : inner.Create(spec, account);

    /// <inheritdoc/>
    public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind)
    {
        var path = inner.SecondPathOf(spec, kind);
        return path with { Source = path.Source with { Personal = spec.Personal } };
    }

    private sealed class Treated : ISource
    {
        private readonly ISource _inner;
        private readonly IReadOnlyList<PersonalRule> _rules;
        private readonly Dictionary<string, byte[]> _keys;

        public Treated(ISource inner, IReadOnlyList<PersonalRule> rules, Func<string, byte[]> keys)
        {
            _inner = inner;
            _rules = [.. rules.Where(r => r.Treatment != Treatment.Allow)];
            _keys = _rules.Select(r => r.Key).OfType<string>().Distinct().ToDictionary(k => k, keys, StringComparer.Ordinal);
        }

        public PullForecast Forecast(PullRequest request) => _inner.Forecast(request);

        public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
        {
            var treating = new TreatingSink(sink, Rows);
            var outcome = await _inner.PullAsync(request, treating, cancellation).ConfigureAwait(false);
            var rows = Rows(outcome.Schema);
            return outcome with
            {
                Schema = rows.Schema,
                Totals = outcome.Totals?.Where(t => rows.Keeps(t.Key)).ToDictionary(StringComparer.Ordinal),
            };
        }

        private TreatedRows Rows(TableSchema sent) => new(
            sent, _rules,
            _rules.Where(r => r.Treatment != Treatment.Drop).ToDictionary(r => r.Column, r => new CellTreatment(r, r.Key is null ? null : _keys[r.Key]), StringComparer.Ordinal));
    }

    private sealed class TreatingSink(IPullSink inner, Func<TableSchema, TreatedRows> make) : IPullSink
    {
        private TreatedRows? _rows;

        public ValueTask StartAsync(TableSchema schema, CancellationToken cancellation)
        {
            _rows = make(schema);
            return inner.StartAsync(_rows.Schema, cancellation);
        }

        public ValueTask WriteAsync(RowBatch batch, CancellationToken cancellation) => inner.WriteAsync(_rows!.Of(batch), cancellation);

        public IRawReply OpenRaw(RawRequest request) => NoCapture.Instance;

        public void Report(PullProgress progress) => inner.Report(progress);
    }
}
