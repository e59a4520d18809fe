using Etl.Cli.Composition;
using Etl.Cli.Events;
using Etl.Cli.Output;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Sandbox;

namespace Etl.Cli.Demo;

/// <summary>
/// Viewers of the demo's latest day, simulated as <c>etl events play</c> does and sent to the sandbox's collector, whose log lies beside what was pulled: the
/// next demo finds the same events. A day that landed before is left as it is.
/// </summary>
internal sealed class DemoEvents(EtlHost host, Terminal terminal, DemoEvents.DayClock clock)
{
    private const string Entry = "1_3uvurcdb";

    private const int Viewers = 25;

    private static readonly TimeSpan s_duration = TimeSpan.FromMinutes(5);

    /// <summary>Options of a sandbox that keeps what it receives in a folder of the demo.</summary>
    public static SandboxOptions Sandbox(string folder, int days, DayClock clock) =>
        new() { Days = days, EndsAt = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime), DataFolder = Path.Combine(folder, "sandbox"), Clock = clock };

    /// <summary>Plays on the latest closed day of a job, at noon; null when that day landed before.</summary>
    public async Task<Audience?> PlayAsync(JobDefinition job, CancellationToken cancellation)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var day = calendar.LatestClosed(TimeProvider.System.GetUtcNow(), job.Window.Settle);
        var ledger = await host.LedgerAsync(cancellation).ConfigureAwait(false);
        if ((await ledger.WindowsAsync(job.Name, cancellation).ConfigureAwait(false)).Any(w => w.LandedPull is not null && w.Key.Label == day.Label)) return null;
        clock.At = day.From.AddHours(12);
        try
        {
            // The label is of this run: one that broke off after it played is not counted in.
            var label = FormattableString.Invariant($"viewer-{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds():x}");
            var audience = await new PlayedEvents(host, terminal, clock).PlayAsync(Entry, s_duration, Viewers, seed: 1, label, cancellation).ConfigureAwait(false);
            terminal.Note($"{Viewers} simulated viewers of {Entry} on {day.Label}: {audience.Events} events sent to the sandbox's collector, as 'etl events play' does.");
            return audience;
        }
        finally
        {
            clock.At = null;
        }
    }

    /// <summary>Compares what the reports say of exactly these viewers with what they sent.</summary>
    /// <returns>What differs; empty when nothing does.</returns>
    public async Task<IReadOnlyList<string>> DifferencesAsync(Audience audience, CancellationToken cancellation)
    {
        var reported = await new ReportedMetrics(host, audience.Model, audience.At).ReadAsync(cancellation).ConfigureAwait(false);
        var differing = new List<string>();
        foreach (var (metric, expected) in audience.Tally.Expected)
        {
            var found = reported.GetValueOrDefault(metric);
            var equal = found is { } value && Math.Abs(expected - value) < 0.01;
            terminal.Object(new { type = "metric", metric, expected, reported = found, equal });
            if (!equal) differing.Add(FormattableString.Invariant($"{metric}: {expected:0.##} were sent, the reports say {found?.ToString("0.##", System.Globalization.CultureInfo.InvariantCulture) ?? "nothing"}."));
        }
        return differing;
    }

    /// <summary>The system's clock, but for a while in which it stands at another time.</summary>
    internal sealed class DayClock : TimeProvider
    {
        /// <summary>Where it stands; null for now.</summary>
        public DateTimeOffset? At { get; set; }

        public override DateTimeOffset GetUtcNow() => At ?? System.GetUtcNow();
    }
}
