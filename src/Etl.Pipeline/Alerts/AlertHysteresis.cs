using Etl.Core.Alerts;

namespace Etl.Pipeline.Alerts;

/// <summary>
/// When a rule fires and when it resolves. It fires after <c>for</c> measurements in a row (or that long) at which it held, and resolves after
/// <c>clear.for</c> at which it did not, judged by <c>clear.at</c>. A measurement of nothing says neither and is passed over.
/// </summary>
internal static class AlertHysteresis
{
    /// <summary>The phase after one more measurement.</summary>
    public static AlertPhase Next(AlertRule rule, AlertPhase phase, double? measured, DateTimeOffset at)
    {
        if (measured is not { } value) return phase;
        var holds = rule.Is.Holds(value.CompareTo(phase.IsFiring ? rule.ClearAt : rule.Threshold));
        if (holds == phase.IsFiring) return new AlertPhase(phase.IsFiring);
        var run = phase.Run + 1;
        var since = phase.RunSince ?? at;
        var isEnough = rule.IsOfWindow
            ? run >= (phase.IsFiring ? rule.ClearWindows : rule.Windows)
            : at - since >= (phase.IsFiring ? rule.ClearTime : rule.Time);
        return isEnough ? new AlertPhase(!phase.IsFiring) : new AlertPhase(phase.IsFiring, run, since);
    }

    /// <summary>The phase after the readings of windows, by their time.</summary>
    public static AlertPhase After(AlertRule rule, AlertPhase before, IEnumerable<AlertReading> readings) =>
        readings.Aggregate(before, (phase, reading) => Next(rule, phase, reading.Value, reading.From));
}
