using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Telemetry;

namespace Etl.Pipeline.Telemetry;

/// <summary>Sources whose pulls are spans.</summary>
public sealed class TracedSources(ISourceFactory inner) : ISourceFactory
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
        inner.AccountsAsync(spec, from, to, cancellation);

    /// <inheritdoc/>
    public ISource Create(SourceSpec spec, string account) => new TracedSource(inner.Create(spec, account));

    /// <inheritdoc/>
    public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => inner.SecondPathOf(spec, kind);

    private sealed class TracedSource(ISource inner) : ISource
    {
        public PullForecast Forecast(PullRequest request) => inner.Forecast(request);

        public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
        {
            using var span = EtlActivity.Start("pull", request.Key)?.SetTag("etl.pull", request.PullId);
            try
            {
                var outcome = await inner.PullAsync(request, sink, cancellation).ConfigureAwait(false);
                span?.SetTag("etl.rows", outcome.Rows).SetTag("etl.calls", outcome.Proof.Calls).SetTag("etl.bytes", outcome.Proof.Bytes);
                return outcome;
            }
            catch (Exception fault)
            {
                EtlActivity.Fail(span, fault);
                throw;
            }
        }
    }
}
