using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Live;

/// <summary>
/// One live source at one account:
/// 1 take up the minutes that an earlier run began and never landed; 2 poll; 3 enter minutes that began in the ledger; 4 hand minutes
/// whose time has come to the lander, which works beside the polls; 5 at the end land all that was begun.
/// A poll that fails leaves a gap. Only a refusal ends the stream early.
/// </summary>
internal sealed class LiveStream(
    PipelineParts parts, JobDefinition job, SourceSpec source, string account, ILiveSource live, Func<TimeSpan, CancellationToken, Task> wait)
{
    // An answer that takes longer than this is about a time that the next poll sees better.
    private static readonly TimeSpan s_longestPoll = TimeSpan.FromSeconds(45);

    // How long the last poll may go on when the run's time is over.
    private static readonly TimeSpan s_overtime = TimeSpan.FromSeconds(10);

    // Of a minute that no poll speaks for.
    private readonly TableSchema _expected = new(live.Schema.Columns, live.Schema.Key) { Drift = new SchemaDrift { IsGuess = true } };
    private readonly WindowCalendar _calendar = new(job.Window.TimeZone, job.Window.Every);
    private readonly SortedDictionary<DateTimeOffset, MinuteRows> _open = [];
    private readonly MinuteLander _lander = new(parts, job, source, account);
    private DateTimeOffset _first, _next;
    private bool _answered;
    private EtlException? _lastFault;

    /// <summary>Why the stream ended early, or that no poll was ever answered; null when all is well.</summary>
    public EtlException? Fault { get; private set; }

    /// <summary>Polls made.</summary>
    public int Polls { get; private set; }

    /// <summary>Polls that brought nothing.</summary>
    public int FailedPolls { get; private set; }

    /// <summary>The latest outcome of each minute.</summary>
    public IEnumerable<WindowOutcome> Outcomes => _lander.Outcomes;

    public async Task RunAsync(DateTimeOffset end, CancellationToken cancellation)
    {
        using var stopped = new CancellationTokenSource();
        using var grace = cancellation.Register(() => stopped.CancelAfter(LiveRunner.GraceAfterStop));
        try
        {
            await BeginAsync(cancellation).ConfigureAwait(false);
            await PollUntilAsync(end, stopped.Token, cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // What was collected lands below.
        }
        catch (EtlException e)
        {
            Fault = Named(e);
        }
        // 5
        foreach (var minute in _open.Values.Where(m => m.Changed || _lander.Failed(m.Window))) _lander.Add(minute, stopped.Token);
        await _lander.FinishAsync().ConfigureAwait(false);
        if (!_answered && _lastFault is not null) Fault ??= Named(_lastFault);
    }

    private EtlException Named(EtlException fault) =>
        new(fault.Kind, $"Job '{job.Name}', source '{source.Name}': {fault.Message}", fault) { Code = fault.Code, IsTransient = fault.IsTransient };

    private DateTimeOffset Now => parts.Time.GetUtcNow();

    private async Task BeginAsync(CancellationToken cancellation)
    {
        var now = Now;
        var reach = _calendar.Containing(now - live.Reach);
        _first = live.Reach == TimeSpan.Zero || reach.From == now - live.Reach ? reach.From : reach.To;
        _next = _first;
        await parts.Ledger.BeginJobAsync(new JobKey(job.Name, source.Name, account), _calendar.Containing(_first).Label, cancellation).ConfigureAwait(false);
        // 1
        foreach (var record in await parts.Ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false))
        {
            if (record.Key.Source != source.Name || record.Key.Account != account || record.LandedPull is not null || record.HeldPull is not null) continue;
            if (record.From >= now) continue;
            var minute = Open(_calendar.Parse(record.Key.Label));
            minute.Note("An earlier run had begun to collect this minute and ended before it landed.");
        }
    }

    private async Task PollUntilAsync(DateTimeOffset end, CancellationToken landing, CancellationToken cancellation)
    {
        while (true)
        {
            await EnterAsync(cancellation).ConfigureAwait(false);
            await PollAsync(end, cancellation).ConfigureAwait(false);
            await EnterAsync(cancellation).ConfigureAwait(false);
            LandClosed(landing);
            var now = Now;
            if (now >= end) return;
            var slot = new DateTimeOffset(now.UtcTicks - now.UtcTicks % live.Every.Ticks, TimeSpan.Zero) + live.Every;
            await wait((slot < end ? slot : end) - now, cancellation).ConfigureAwait(false);
        }
    }

    // 2
    private async Task PollAsync(DateTimeOffset end, CancellationToken cancellation)
    {
        var at = Now;
        Polls++;
        var left = end - at > s_overtime ? end - at : s_overtime;
        var longest = TimeSpan.FromTicks(Math.Min(Math.Min(s_longestPoll.Ticks, 3 * live.Every.Ticks), left.Ticks));
        using var timeout = new CancellationTokenSource(longest, parts.Time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, timeout.Token);
        try
        {
            var poll = await live.PollAsync(new LiveRequest(job.Name, account, at, job.Schema), limit.Token).ConfigureAwait(false);
            _answered = true;
            Take(poll, at);
            Tell("polled", poll.Rows.RowCount);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Failed(at, new EtlException(FaultKind.Unreachable, $"action '{source.Action}' had no answer within {longest.TotalSeconds:0} s; the service may be overloaded, or calls wait for their turn (KALTURA_MAX_CONCURRENCY).") { Code = "timeout", IsTransient = true });
        }
        catch (EtlException e) when (e.Kind is not (FaultKind.Refused or FaultKind.Usage))
        {
            Failed(at, e);
        }
    }

    private void Failed(DateTimeOffset at, EtlException fault)
    {
        _lastFault = fault;
        FailedPolls++;
        var note = $"The poll at {at.UtcDateTime:HH:mm:ss} failed ({fault.Code}): {fault.Message}";
        foreach (var minute in _open.Values.Where(m => m.Window.From <= at - live.Delay && m.Window.To > at - live.Reach)) minute.Note(note);
        Tell(note, 0);
    }

    private void Take(LivePoll poll, DateTimeOffset at)
    {
        foreach (var minute in _open.Values) minute.Add(poll);
        // A minute that only its own points tell of, such as one that has just begun.
        foreach (var time in poll.Times.Where(t => t >= _next && t <= at)) EnsureOpen(time, poll);
        var late = poll.Times.Count(t => t >= _first && t < _next && !_open.ContainsKey(_calendar.Containing(t).From));
        if (late > 0 && _open.Count > 0)
            _open.Values.Last().Note($"{late} point(s) came more than {LiveRunner.LateBound.TotalMinutes:0} minutes after the end of their minute and were left out.");
    }

    private void EnsureOpen(DateTimeOffset time, LivePoll poll)
    {
        while (_next <= time)
        {
            var minute = Open(_calendar.Containing(_next));
            _next = minute.Window.To;
            minute.Add(poll);
        }
    }

    // 3
    private async Task EnterAsync(CancellationToken cancellation)
    {
        while (_next <= Now - live.Delay) _next = Open(_calendar.Containing(_next)).Window.To;
        foreach (var minute in _open.Values) await _lander.EnterAsync(minute.Window, cancellation).ConfigureAwait(false);
    }

    // 4
    private void LandClosed(CancellationToken landing)
    {
        var now = Now;
        foreach (var minute in _open.Values.ToList())
        {
            if (now < minute.Window.To + job.Window.Settle) break;
            if (minute.Changed || _lander.Failed(minute.Window)) _lander.Add(minute, landing);
            else if (now >= minute.Window.To + LiveRunner.LateBound) _open.Remove(minute.Window.From);
        }
    }

    private MinuteRows Open(Window window)
    {
        if (!_open.TryGetValue(window.From, out var minute)) _open.Add(window.From, minute = new MinuteRows(window, _expected));
        return minute;
    }

    private void Tell(string doing, long rows)
    {
        var newest = _open.Count > 0 ? _open.Values.Last().Window : _calendar.Containing(Now);
        parts.Observer.Progressed(new WindowKey(job.Name, source.Name, account, newest.Label), new PullProgress(Polls, rows, 0, doing));
    }
}
