using System.Text;
using Etl.Core.Jobs;
using Etl.Core.Raw;
using Etl.Core.Sources;

namespace Etl.Pipeline.Tests.Running;

/// <summary>Lets a scripted source capture one reply in each pull: the window's label and how often it was pulled.</summary>
internal sealed class CapturingSource(ScriptedSource inner) : ISource, ISourceFactory
{
    public Task<IReadOnlyList<string>?> AccountsAsync(SourceSpec spec, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation) =>
        inner.AccountsAsync(spec, from, to, cancellation);

    public SecondPath SecondPathOf(SourceSpec spec, SecondPathKind kind) => inner.SecondPathOf(spec, kind);

    public ISource Create(SourceSpec spec, string account) => this;

    public PullForecast Forecast(PullRequest request) => inner.Forecast(request);

    public async Task<PullOutcome> PullAsync(PullRequest request, IPullSink sink, CancellationToken cancellation)
    {
        var reply = sink.OpenRaw(new RawRequest("report", "getTable", [KeyValuePair.Create("label", request.Window.Label)]));
        await using (reply) await reply.Body.WriteAsync(Encoding.UTF8.GetBytes($"{request.Window.Label} {inner.Pulled.Count(p => p == request.Window.Label) + 1}"), cancellation);
        return await inner.PullAsync(request, sink, cancellation);
    }
}
