using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Pipeline.Alerts;

/// <summary>What was measured of a landed window.</summary>
/// <param name="Pull">The pull that was measured.</param>
/// <param name="Value">What was measured; null for nothing, or where there is a fault.</param>
/// <param name="Fault">Why the rule cannot be measured until somebody changes it; null when it can.</param>
internal sealed record Measured(string Pull, double? Value, string? Fault = null);

/// <summary>
/// Measures a landed window: its rows as readers see them, read back from a target once for all rules, and what the ledger says of its landing.
/// So it can be done at any time after the landing, by any process, and again.
/// </summary>
internal sealed class LandedMeasures(ILedger ledger, ITargetFactory targets)
{
    /// <summary>Measures one window for several rules of its source.</summary>
    /// <exception cref="EtlException">The ledger or the targets are not to be had for now, or show another pull by now.</exception>
    public async Task<IReadOnlyList<Measured>> MeasureAsync(JobDefinition job, LandedWindow window, IReadOnlyList<AlertRule> rules, CancellationToken cancellation)
    {
        var measured = new Measured[rules.Count];
        for (var i = 0; i < rules.Count; i++)
            if (!rules[i].ReadsRows) measured[i] = new Measured(window.Pull, await FactAsync(rules[i].Measure, window, cancellation).ConfigureAwait(false));
        if (rules.Any(r => r.ReadsRows)) await RowsAsync(job, window, rules, measured, cancellation).ConfigureAwait(false);
        return measured;
    }

    private async Task<double?> FactAsync(AlertMeasure measure, LandedWindow window, CancellationToken cancellation)
    {
        switch (measure)
        {
            case AlertMeasure.Quarantined:
                var pulls = await ledger.PullsAsync(window.Key, cancellation).ConfigureAwait(false);
                return pulls.LastOrDefault(p => p.Pull == window.Pull)?.Quarantined;
            case AlertMeasure.Restated:
                var landings = await ledger.LandingsAsync(window.Key, cancellation).ConfigureAwait(false);
                return landings.Where(l => l.Pull == window.Pull).Select(l => l.Restated).FirstOrDefault(r => r is not null) is { } restated
                    ? restated.Added + restated.Removed + restated.Changed
                    : 0;
            default:
                return window.Rows;
        }
    }

    private async Task RowsAsync(
        JobDefinition job, LandedWindow landed, IReadOnlyList<AlertRule> rules, Measured[] measured, CancellationToken cancellation)
    {
        using var rows = await OpenAsync(job, landed, cancellation).ConfigureAwait(false);
        var measures = new RowMeasure?[rules.Count];
        for (var i = 0; i < rules.Count; i++)
        {
            if (!rules[i].ReadsRows) continue;
            measured[i] = Guarded(landed.Pull, () =>
            {
                measures[i] = new RowMeasure(rules[i], rows.Schema);
                return null;
            });
        }
        foreach (var batch in rows.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            foreach (var measure in measures) measure?.Add(batch);
        }
        for (var i = 0; i < rules.Count; i++)
            if (measures[i] is { } measure) measured[i] = Guarded(landed.Pull, measure.Result);
    }

    private async Task<IPublishedRows> OpenAsync(JobDefinition job, LandedWindow landed, CancellationToken cancellation)
    {
        var source = job.Sources.First(s => s.Name == landed.Key.Source);
        var window = new Window(landed.From, landed.To, landed.Key.Label, job.Window.Every);
        foreach (var land in job.Land.Where(l => l.From == source.Name))
        {
            var rows = await targets.Create(land, source.TellsAccounts).OpenPublishedAsync(landed.Key, window, cancellation).ConfigureAwait(false);
            if (rows?.Pull == landed.Pull) return rows;
            rows?.Dispose();
        }
        throw new EtlException(
            FaultKind.Window, $"No target of window '{landed.Key}' shows pull '{landed.Pull}', which the ledger has as landed, so its alerts cannot be looked at. A landing that is going on mends that.")
        { Code = "alert-rows", IsTransient = true };
    }

    // A rule that does not fit the rows is the rule's fault and not the window's: the other rules are measured.
    private static Measured Guarded(string pull, Func<double?> work)
    {
        try
        {
            return new Measured(pull, work());
        }
        catch (EtlException fault)
        {
            return new Measured(pull, null, fault.Message);
        }
    }
}
