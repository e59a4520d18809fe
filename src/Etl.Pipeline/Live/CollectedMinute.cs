using Etl.Core.Columns;
using Etl.Core.Sources;

namespace Etl.Pipeline.Live;

/// <summary>A minute whose polls are done, as a source: what follows is the same as for any window.</summary>
internal sealed class CollectedMinute(RowBatch rows, PullProof proof, IReadOnlyList<LiveBody> bodies) : ISource
{
    public PullProof Proof => proof;

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        foreach (var body in bodies)
        {
            var raw = sink.OpenRaw(body.Request);
            await using (raw.ConfigureAwait(false))
            {
                await raw.Body.WriteAsync(body.Bytes, cancellation).ConfigureAwait(false);
                if (body.Fault is { } fault) raw.Broke(fault);
            }
        }
        await sink.StartAsync(rows.Schema, cancellation).ConfigureAwait(false);
        await sink.WriteAsync(rows, cancellation).ConfigureAwait(false);
        return new PullOutcome(rows.Schema, rows.RowCount, null, proof);
    }

    public PullForecast Forecast(PullRequest request) => new(proof.Calls, "none");
}
