using System.Text.Json;
using Etl.Cli.Output;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Landing.Sql.Ledger;
using Etl.Pipeline.Alerts;
using Etl.Server.Alerts;

namespace Etl.Cli.Composition;

/// <summary>The alerts of one command: watched and told beside its work until it is disposed, and then looked at once more.</summary>
internal sealed class AlertParts : IAsyncDisposable
{
    // What does not get through in this time waits for the next run or server.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly AlertChannelFactory _channels;
    private readonly AlertWatch _watch;
    private readonly AlertPost _post;
    private readonly Func<IReadOnlyList<JobDefinition>> _jobs;
    private readonly Terminal _terminal;
    private readonly Task _run;

    private AlertParts(EtlHost host, SqlLedger ledger, Func<IReadOnlyList<JobDefinition>> jobs, Terminal terminal)
    {
        (_jobs, _terminal) = (jobs, terminal);
        _channels = Channels(host, terminal);
        _watch = Watch(host, ledger);
        _post = new AlertPost(ledger, _channels, terminal.Warn);
        Service = new AlertService(_watch, _post, ledger, jobs, terminal.Warn, TimeProvider.System);
        _run = Task.Run(() => Service.RunAsync(_stop.Token), CancellationToken.None);
    }

    /// <summary>Listens to what ends.</summary>
    public AlertService Service { get; }

    /// <summary>Begins to watch the alerts of some jobs.</summary>
    public static AlertParts Start(EtlHost host, SqlLedger ledger, Func<IReadOnlyList<JobDefinition>> jobs, Terminal terminal) => new(host, ledger, jobs, terminal);

    /// <summary>Does the work of a run with the job's alerts beside it, so that people without a server are told too; what there is to tell is told when it returns.</summary>
    public static async Task<T> BesideAsync<T>(EtlHost host, JobDefinition job, Terminal terminal, Func<Task<T>> work, CancellationToken cancellation)
    {
        if (job.Alerts.Count == 0) return await work().ConfigureAwait(false);
        // Missing settings must be found before the ledger makes its folder: a usage fault touches nothing.
        _ = host.Sources;
        var alerts = Start(host, await host.LedgerAsync(cancellation).ConfigureAwait(false), () => [job], terminal);
        await using (alerts.ConfigureAwait(false)) return await work().ConfigureAwait(false);
    }

    public static AlertWatch Watch(EtlHost host, SqlLedger ledger) => new(ledger, ledger, host.Targets, TimeProvider.System);

    public static AlertChannelFactory Channels(EtlHost host, Terminal terminal) => new(host.Setting, message => Log(terminal, message), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        using var limit = new CancellationTokenSource(s_patience);
        try
        {
            foreach (var job in _jobs().Where(j => j.Alerts.Count > 0)) await _watch.LookAsync(job, limit.Token).ConfigureAwait(false);
            while (await _post.DeliverNextAsync(limit.Token).ConfigureAwait(false))
            {
                // Until nothing is due.
            }
        }
        catch (Exception fault)
        {
            // What was done is done and recorded, whatever becomes of its alerts.
            _terminal.Warn($"Alerts were not looked at to the end; the next run or server does. {(fault is OperationCanceledException ? "It took too long." : fault.Message)}");
        }
        Service.Dispose();
        _channels.Dispose();
        _stop.Dispose();
    }

    private static void Log(Terminal terminal, AlertMessage message)
    {
        using var facts = JsonDocument.Parse(message.Body);
        terminal.Object(facts.RootElement);
        terminal.Line($"ALERT {message.Kind.ToString().ToLowerInvariant()}: {facts.RootElement.GetProperty("message").GetString()}");
    }
}
