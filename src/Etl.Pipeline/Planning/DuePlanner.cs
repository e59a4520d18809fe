using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Planning;

/// <summary>
/// Says which windows of a job are due, from the ledger alone. A closed window is owed min(lookback, n) pulls, n being
/// the number of windows closed since it began, itself included; it is due while it has had fewer and is not frozen.
/// One pull settles all that is owed so far, so a run right after a run finds nothing and an outage loses nothing.
/// </summary>
public sealed class DuePlanner(ILedger ledger, ISourceFactory sources, TimeProvider time)
{
    // A report of usage lists the accounts that had some: long enough that a quiet week hides none.
    internal static readonly TimeSpan AccountsRange = TimeSpan.FromDays(30);

    /// <summary>Makes the plan; writes nothing.</summary>
    /// <exception cref="EtlException">A label is not one of this job's, or names a window that is not closed.</exception>
    public async Task<JobPlan> PlanAsync(JobDefinition job, PlanOptions options, CancellationToken cancellation)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var now = time.GetUtcNow();
        var latest = calendar.LatestClosed(now, job.Window.Settle);
        var named = NamedRange(job, options, calendar, latest);
        // Live minutes are collected while they pass and cannot be asked for afterwards.
        if (job.IsLive) return new JobPlan(job, [], [], latest, calendar.Next(latest).To + job.Window.Settle, []);
        var records = (await ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false)).ToDictionary(w => w.Key);

        var due = new List<PlannedWindow>();
        var skipped = new List<SkippedWindow>();
        var stale = new List<WindowKey>();
        var accounts = new List<JobKey>();
        var unasked = new List<SourceSpec>();
        foreach (var source in job.Sources)
            foreach (var account in await AccountsAsync(source).ConfigureAwait(false))
            {
                accounts.Add(new JobKey(job.Name, source.Name, account));
                var begin = await ledger.FindBeginAsync(new JobKey(job.Name, source.Name, account), cancellation).ConfigureAwait(false);
                var first = begin is null ? FirstOfNewJob(calendar, latest, job.Window.Lookback) : calendar.Parse(begin);
                var view = named ?? [.. calendar.Range(first, latest)];
                if (named is null) view = [.. UnfinishedBefore(first), .. view];
                var definition = source.DefinitionHash(job.Window.TimeZone);
                for (var i = 0; i < view.Count; i++)
                {
                    var window = view[i];
                    var key = new WindowKey(job.Name, source.Name, account, window.Label);
                    var record = records.GetValueOrDefault(key);
                    if (record?.LandedPull is not null && record.DefinitionHash is { } hash && hash != definition) stale.Add(key);
                    var owed = Math.Min(job.Window.Lookback, CountTo(calendar, window, latest, job.Window.Lookback));
                    var (pull, why) = named is null ? Judge(record, owed, job, null, false) : Judge(record, owed, job, options.Force ? "forced" : options.Again ? "asked for again" : null, options.Force);
                    if (pull) due.Add(new PlannedWindow(key, window, source, owed, why, record) { Forced = options.Force, Again = options.Again });
                    else skipped.Add(Skipped(key, record, why));
                }

                IEnumerable<Window> UnfinishedBefore(Window start) => records.Values
                    .Where(r => r.Key.Source == source.Name && r.Key.Account == account && r.From < start.From && IsUnfinished(r.State))
                    .OrderBy(r => r.From)
                    .Select(r => calendar.Parse(r.Key.Label));
            }
        var next = calendar.Next(latest);
        return new JobPlan(job, due, skipped, latest, next.To + job.Window.Settle, stale) { Accounts = accounts, Unasked = unasked };

        async Task<IReadOnlyList<string>> AccountsAsync(SourceSpec source)
        {
            var to = (named is [.., var last] ? last : latest).To;
            var from = named is [var earliest, ..] && earliest.From < to - AccountsRange ? earliest.From : to - AccountsRange;
            if (await sources.AccountsAsync(source, from, to, cancellation).ConfigureAwait(false) is { } listed) return listed;
            unasked.Add(source);
            return [.. records.Keys.Where(k => k.Source == source.Name).Select(k => k.Account).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        }
    }

    /// <summary>The first window of a job that never ran: as many closed windows as its lookback.</summary>
    public static Window FirstOfNewJob(WindowCalendar calendar, Window latest, int lookback)
    {
        var first = latest;
        for (var i = 1; i < lookback; i++) first = calendar.Previous(first);
        return first;
    }

    /// <summary>The windows from one label to another, both included.</summary>
    /// <exception cref="EtlException">A label is not one of this job's, or names a window that is not closed.</exception>
    public static IReadOnlyList<Window> Named(JobDefinition job, string from, string to, DateTimeOffset now)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        return NamedRange(job, new PlanOptions { From = from, To = to }, calendar, calendar.LatestClosed(now, job.Window.Settle))!;
    }

    /// <summary>Pulls that a window was owed at a moment, at least one.</summary>
    public static int OwedAt(JobDefinition job, Window window, DateTimeOffset at)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        return CountTo(calendar, window, calendar.LatestClosed(at, job.Window.Settle), job.Window.Lookback);
    }

    private static (bool Pull, string Why) Judge(WindowRecord? record, int owed, JobDefinition job, string? again, bool force)
    {
        if (record is null) return (true, "first pull");
        if (IsBusy(record)) return (false, $"another run works on it (lease until {record.LeaseUntil:u})");
        // A job that does not freeze any more owes the pulls of windows that were frozen.
        switch (record.State == WindowState.Frozen && job.Freeze is null ? WindowState.Landed : record.State)
        {
            case WindowState.Parked:
                return (force, force ? "forced" : $"parked. {Parking.Describe(record).TrimEnd('.')}");
            case WindowState.Frozen:
                return (again is not null, again ?? "frozen");
            case WindowState.Held:
                return (true, "held before");
            case WindowState.Failed:
                return (true, job.Attempts is { } most && record.Strikes > 0 ? $"failed before, {record.Strikes} of {most} attempts" : "failed before");
            case WindowState.Landed when record.Settled >= owed:
                return (again is not null, again ?? $"landed {record.LandedAt:u}");
            case WindowState.Landed:
                return (true, $"re-pull, {owed} owed, {record.Settled} settled");
            case WindowState.Planned when record.LandedPull is not null && record.Settled >= owed:
                return (again is not null, again ?? $"landed {record.LandedAt:u}");
            default:
                return (true, record.LandedPull is null ? "first pull" : "not finished before");
        }
    }

    private static SkippedWindow Skipped(WindowKey key, WindowRecord? record, string why)
    {
        var (busy, parked) = (record is not null && IsBusy(record), record is { State: WindowState.Parked });
        return new SkippedWindow(key, why, record is not null && !parked && !busy) { Parked = parked && !busy ? record : null, IsBusy = busy };
    }

    private static bool IsBusy(WindowRecord record) =>
        record is { IsLeased: true, Owner: { } owner } && !WorkerName.IsGone(owner);

    private static bool IsUnfinished(WindowState state) => state is not (WindowState.Landed or WindowState.Frozen);

    private static int CountTo(WindowCalendar calendar, Window window, Window latest, int limit)
    {
        var count = 1;
        for (var w = window; count < limit && w.From < latest.From; w = calendar.Next(w)) count++;
        return count;
    }

    private static List<Window>? NamedRange(JobDefinition job, PlanOptions options, WindowCalendar calendar, Window latest)
    {
        if (options.From is null && options.To is null)
        {
            return options.Force
                ? throw new EtlException(FaultKind.Usage, "'--force' needs '--from' (and '--to'): name the windows to pull again.")
                : null;
        }
        var to = options.To is null ? latest : calendar.Parse(options.To);
        var from = options.From is null ? to : calendar.Parse(options.From);
        if (from.From > to.From)
            throw new EtlException(FaultKind.Usage, $"'--from {from.Label}' is later than '--to {to.Label}'.");
        if (to.From > latest.From)
        {
            throw new EtlException(
                FaultKind.Usage,
                $"Window '{to.Label}' of job '{job.Name}' is not closed: it closes at {to.To + job.Window.Settle:u} (end plus settle). The latest closed window is '{latest.Label}'.");
        }
        return [.. calendar.Range(from, to)];
    }
}
