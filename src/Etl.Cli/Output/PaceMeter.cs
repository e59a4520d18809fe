using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Runs;

namespace Etl.Cli.Output;

/// <summary>Counts the windows of a run as they end and tells its observer how it goes on, no more often than that one wants to hear. Thread safe.</summary>
/// <param name="job">The job.</param>
/// <param name="total">Windows that it has to do.</param>
/// <param name="observer">Who is told, if it shows such things.</param>
/// <param name="time">The clock.</param>
internal sealed class PaceMeter(string job, int total, IRunObserver observer, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly long _began = time.GetTimestamp();
    private long _told = time.GetTimestamp();
    private int _done, _held, _failed;

    /// <summary>One of the windows ended.</summary>
    /// <param name="outcomes">How: one for each source and account that it is done for.</param>
    public void Ended(IReadOnlyCollection<WindowOutcome> outcomes)
    {
        lock (_gate)
        {
            // What is found parked is told behind the last one, and was not to be done.
            if (_done == total) return;
            _done++;
            _held += outcomes.Count(o => o.State == WindowState.Held);
            _failed += outcomes.Count(o => o.ExitCode is not (ExitCode.Done or ExitCode.Held));
        }
        Tell();
    }

    /// <summary>Tells the observer, if it is time to.</summary>
    public void Tell()
    {
        if (observer is not IPaceObserver paced) return;
        lock (_gate)
        {
            if (time.GetElapsedTime(_told) < paced.PaceEvery) return;
            _told = time.GetTimestamp();
            paced.Paced(new Pace(job, _done, total, _held, _failed, time.GetElapsedTime(_began)));
        }
    }
}
