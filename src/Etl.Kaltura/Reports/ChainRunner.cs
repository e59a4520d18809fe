using Etl.Core.Errors;

namespace Etl.Kaltura.Reports;

/// <summary>Pulls one question whole: page by page, or as a file.</summary>
internal interface IChainRunner
{
    /// <summary>Runs the chain of a question into a target, beginning again where that helps.</summary>
    Task<ChainResult> RunAsync(ReportQuery query, IRowTarget target, string part, CancellationToken cancellation);
}

/// <summary>
/// Runs a page chain until it ends, beginning again where that helps: a duplicate asks for one large page, a clamp for pages
/// as the server gives them, two time-outs for small ones. "Dedupe and go on" is never done: it hides a missing row
/// (reliability 2.1). Every restart is counted in the proof.
/// </summary>
internal sealed class ChainRunner(PullContext pull) : IChainRunner
{
    /// <summary>Page size after two time-outs (design: section 5).</summary>
    internal const int SmallPage = 2000;

    private readonly PageReader _pages = new(pull);

    /// <inheritdoc/>
    public async Task<ChainResult> RunAsync(ReportQuery query, IRowTarget target, string part, CancellationToken cancellation)
    {
        var counts = new Dictionary<RestartKind, int>();
        var rowsBefore = pull.Log.Rows;
        while (true)
        {
            pull.Log.Rows = rowsBefore;
            try
            {
                return await new PageChain(pull, _pages, query, target, part).RunAsync(pull.PageSize, cancellation).ConfigureAwait(false);
            }
            catch (RestartException e)
            {
                var before = counts.GetValueOrDefault(e.Why);
                counts[e.Why] = before + 1;
                if (!TryAdapt(e, before)) throw Failed(pull, e);
                pull.Log.Restarts.Add(e.Fault.Message);
                if (e.Why == RestartKind.Unsound)
                    await Task.Delay(pull.Connection.Retry.Wait(before, e.Fault), pull.Connection.Clock, cancellation).ConfigureAwait(false);
            }
        }
    }

    private bool TryAdapt(RestartException e, int before)
    {
        switch (e.Why)
        {
            case RestartKind.Duplicate or RestartKind.OnePage when pull.PageSize < pull.Cap && !pull.LargePagesFail:
                pull.PageSize = pull.Cap;
                return true;
            case RestartKind.Duplicate or RestartKind.Header:
                return before == 0;
            case RestartKind.Clamp:
                pull.PageSize = e.PageSize!.Value;
                pull.LargePagesFail = true;
                return before < pull.Connection.Settings.Retry.MaxRestarts;
            case RestartKind.TimedOut when pull.PageSize > SmallPage:
                pull.PageSize = SmallPage;
                pull.LargePagesFail = true;
                return true;
            case RestartKind.Unsound:
                return before < pull.Connection.Settings.Retry.MaxRestarts;
            default:
                return false;
        }
    }

    /// <summary>What failed in the end: the fault's own kind and code; the restarts tried are in its message.</summary>
    internal static EtlException Failed(PullContext pull, RestartException e) =>
        pull.Log.Restarts.Count == 0 ? e.Fault
        : new EtlException(e.Fault.Kind, $"{e.Fault.Message} The pull was begun again {pull.Log.Restarts.Count} time(s) before.", e.Fault)
        {
            Code = e.Fault.Code,
            IsTransient = e.Fault.IsTransient,
            IsOfWindow = e.Fault.IsOfWindow,
            RetryAfter = e.Fault.RetryAfter,
            Page = e.Fault.Page,
            ByteOffset = e.Fault.ByteOffset,
        };
}
