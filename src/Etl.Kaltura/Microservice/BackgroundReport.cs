using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Kaltura.Api;
using Etl.Kaltura.Reports;
using Etl.Parsing;

namespace Etl.Kaltura.Microservice;

/// <summary>
/// The life of one background report:
/// 1 take up the handle that an earlier run left, or ask for the report; 2 keep the handle, before anything else is asked; 3 ask how far
/// it is, ever more seldom, until it is ready; 4 fetch it. A report that failed cools down; one that the service forgot is asked for again.
/// </summary>
internal sealed class BackgroundReport(PullContext pull, MicroserviceQuery query, IHandles handles)
{
    private const int MaxReplyBytes = 1 << 20;

    private readonly MicroserviceLimits _limits = pull.Connection.Settings.Microservice;

    private DateTimeOffset Now => pull.Connection.Clock.GetUtcNow();

    /// <summary>Sees the report through; <paramref name="fetch"/> reads the file of a handle, once it is ready.</summary>
    public async Task<T> RunAsync<T>(Func<string, CancellationToken, Task<T>> fetch, CancellationToken cancellation)
    {
        var handle = await TakeUpAsync(cancellation).ConfigureAwait(false);
        for (var starts = 0; ; handle = null)
        {
            var resumed = handle is not null;
            if (!resumed) starts++;
            handle ??= await StartAsync(cancellation).ConfigureAwait(false);
            try
            {
                await WaitAsync(handle, resumed, cancellation).ConfigureAwait(false);
                return await FetchAsync(handle.Value!, fetch, cancellation).ConfigureAwait(false);
            }
            catch (ApiException e) when (e.Code == MicroserviceForm.NotFound)
            {
                if (starts >= _limits.MaxStarts) throw await FailedAsync("report-vanished", $"the service forgot the report that it was writing: {e.Message}", cancellation).ConfigureAwait(false);
                await handles.ForgetAsync(cancellation).ConfigureAwait(false);
                pull.Log.Restarts.Add($"The service did not know the report of {Minute(handle.At)} any more; it was asked for again.");
            }
        }
    }

    // 1
    private async Task<Handle?> TakeUpAsync(CancellationToken cancellation)
    {
        var found = await handles.FindAsync(cancellation).ConfigureAwait(false);
        if (found is { Value: null, NotBefore: { } until } && until > Now)
        {
            throw new EtlException(FaultKind.Window, $"{pull.Name}: the report failed at {Minute(found.At)} ({found.Reason?.TrimEnd('.')}) and cools down: it is not asked for again before {Minute(until)}. Run again then.")
            { Code = "cooling-down", IsTransient = true, RetryAfter = until - Now };
        }
        if (found is not { Value: not null } || Now - found.At >= _limits.Life) return null;
        pull.Note($"The report that an earlier run asked for at {Minute(found.At)} was taken up.");
        return found;
    }

    private async Task<Handle> StartAsync(CancellationToken cancellation)
    {
        pull.Progress("asking for the report");
        var request = query.Generate();
        var reply = await AskAsync(request, cancellation).ConfigureAwait(false);
        if (reply.SessionId is not { } id)
            throw pull.Fault("bad-reply", $"{request.What} gave no 'sessionId'{(reply.Error is { } error ? $" and said '{Clean(error)}'" : "")}.");
        var handle = new Handle(id, Now);
        Failpoint.Hit("microservice.generated");
        // 2
        await handles.KeepAsync(handle, cancellation).ConfigureAwait(false);
        Failpoint.Hit("microservice.kept");
        return handle;
    }

    // 3
    private async Task WaitAsync(Handle handle, bool resumed, CancellationToken cancellation)
    {
        var deadline = handle.At + _limits.Life;
        var wait = _limits.FirstWait;
        if (!resumed) await Task.Delay(wait, pull.Connection.Clock, cancellation).ConfigureAwait(false);
        while (true)
        {
            var reply = await AskAsync(MicroserviceQuery.Status(handle.Value!), cancellation).ConfigureAwait(false);
            var word = reply.Status?.ToLowerInvariant() ?? "";
            if (word == "completed") return;
            if (word is "failed" or "error" || reply.Error is not null)
                throw await FailedAsync("report-failed", $"the service could not write the report: {(reply.Error is { } error ? $"'{Clean(error)}'" : "it gave no reason")}.", cancellation).ConfigureAwait(false);
            if (Now >= deadline)
            {
                throw word is "pending" or "in_progress"
                    ? await FailedAsync("report-late", $"the report is still '{word}' {Span(Now - handle.At)} after it was asked for at {Minute(handle.At)}, and is given up.", cancellation).ConfigureAwait(false)
                    : await FailedAsync("report-status", $"the report ended in the status '{Clean(word)}', which is not known here, and did not leave it for {Span(Now - handle.At)}; expected pending, in_progress or completed.", cancellation).ConfigureAwait(false);
            }
            pull.Progress($"waiting for the report, {Span(Now - handle.At)}");
            await Task.Delay(wait < deadline - Now ? wait : deadline - Now, pull.Connection.Clock, cancellation).ConfigureAwait(false);
            wait = wait * 1.5 < _limits.LongestWait ? wait * 1.5 : _limits.LongestWait;
        }
    }

    // 4
    private async Task<T> FetchAsync<T>(string handle, Func<string, CancellationToken, Task<T>> fetch, CancellationToken cancellation)
    {
        try
        {
            return await fetch(handle, cancellation).ConfigureAwait(false);
        }
        catch (EtlException e) when (IsDamaged(e))
        {
            throw await FailedAsync(e.Code, $"the file of the report cannot be used: {e.Message}", cancellation).ConfigureAwait(false);
        }
    }

    private Task<MicroserviceReply> AskAsync(ApiRequest request, CancellationToken cancellation) =>
        SmallCall.AskAsync(pull, request, MaxReplyBytes, bytes => MicroserviceReplyReader.Read(bytes), _ => null, cancellation);

    // Instead of the handle stands from when on it may be asked for again: what failed would fail again at once.
    private async Task<EtlException> FailedAsync(string code, string found, CancellationToken cancellation)
    {
        var until = Now + _limits.CoolDown;
        await handles.KeepAsync(new Handle(null, Now, until, found), cancellation).ConfigureAwait(false);
        return pull.Fault(code, $"{found} It is not asked for again before {Minute(until)}; run again then.");
    }

    // A file that cannot be used comes again as it is; a page of something in between does not.
    private static bool IsDamaged(EtlException fault)
    {
        for (Exception? e = fault; e is not null; e = e.InnerException)
            if (e is ReportFormatException { Code: not ReportFormatException.Html }) return true;
        return false;
    }

    private string Clean(string text) => pull.Connection.Api.Mask.Clean(text);

    private static string Minute(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);

    private static string Span(TimeSpan time) => time < TimeSpan.FromMinutes(2)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} min");
}
