using Etl.Core.Alerts;

namespace Etl.Server.Reading;

/// <summary>How an alert of a job stands at one account.</summary>
/// <param name="Rule">The rule as the job's file has it now.</param>
/// <param name="View">What is remembered of it; null when it was not measured yet.</param>
public sealed record AlertStanding(AlertRule Rule, AlertView? View)
{
    /// <summary>True while it fires.</summary>
    public bool IsFiring => View?.State.Phase.IsFiring == true;

    /// <summary>Why it could not be measured or told; null when nothing is in the way.</summary>
    public string? Fault => View?.State.Fault ?? (View is { Dead: > 0 } or { Waiting: > 0 } ? View.LastDelivery?.Fault : null);

    /// <summary><c>firing</c>, <c>ok</c> or <c>new</c>.</summary>
    public string Word => View is null ? "new" : IsFiring ? "firing" : "ok";

    /// <summary>The alerts of a job: each rule at every account where it was measured.</summary>
    internal static IReadOnlyList<AlertStanding> Of(IReadOnlyList<AlertRule> rules, IEnumerable<AlertView> known)
    {
        var byRule = known.ToLookup(v => v.State.Key.Alert, StringComparer.Ordinal);
        return [.. rules.SelectMany(r => byRule.Contains(r.Name) ? byRule[r.Name].Select(v => new AlertStanding(r, v)) : [new AlertStanding(r, null)])];
    }
}
