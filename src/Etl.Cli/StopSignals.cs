using System.Runtime.InteropServices;

namespace Etl.Cli;

/// <summary>
/// Ctrl-C, and the SIGTERM of systemd, compose and <c>kill</c>: the first cancels the command, which ends what it has in hand; a second one, or the end of
/// the grace, ends the process at once. That does no more harm than a kill: the next run goes on from what is published.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    // Long enough for a landing to finish its transaction.
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stop;
    private readonly List<PosixSignalRegistration> _registrations = [];
    private Timer? _limit;
    private int _signals;

    public StopSignals(CancellationToken cancellation)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM]) _registrations.Add(PosixSignalRegistration.Create(signal, Hear));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _limit?.Dispose();
        _stop.Dispose();
    }

    private void Hear(PosixSignalContext context)
    {
        var exit = context.Signal == PosixSignal.SIGINT ? 130 : 143;
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1) Environment.Exit(exit);
        _limit = new Timer(_ => Environment.Exit(exit), null, s_grace, Timeout.InfiniteTimeSpan);
        _stop.Cancel();
    }
}
