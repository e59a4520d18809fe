using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Alerts;
using Etl.Core.Jobs;

namespace Etl.Pipeline.Alerts;

/// <summary>How alerts are told.</summary>
public static class AlertText
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A measured value for people: a length of time for <see cref="AlertMeasure.Late"/>, otherwise a number; <c>nothing</c> for none.</summary>
    public static string Value(AlertMeasure measure, double? value)
    {
        if (value is not { } number) return "nothing";
        if (measure != AlertMeasure.Late) return Math.Round(number, 6).ToString("0.######", CultureInfo.InvariantCulture);
        var span = TimeSpan.FromSeconds(number);
        return span < TimeSpan.FromMinutes(1)
            ? string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalSeconds} s")
            : string.Create(CultureInfo.InvariantCulture, $"{(int)span.TotalHours} h {span.Minutes} min");
    }

    /// <summary>What is measured: <c>avg(x)</c>, <c>any(x &gt; 3)</c>, <c>late</c>.</summary>
    public static string Measure(AlertRule rule) => rule.Measure switch
    {
        AlertMeasure.Value => rule.Column!,
        AlertMeasure.Any => $"number of rows with {rule.When.Trim()["any".Length..].Trim().Trim('(', ')').Trim()}",
        _ when rule.Column is { } column => $"{rule.Measure.ToString().ToLowerInvariant()}({column})",
        _ => rule.Measure.ToString().ToLowerInvariant(),
    };

    /// <summary>A message that tries a channel out, clearly marked as such.</summary>
    public static AlertMessage Test(JobDefinition job, AlertRule rule, string channel, DateTimeOffset at) => Message(
        job, rule, new AlertState { Key = new AlertKey(job.Name, rule.Name, ""), RuleHash = rule.Hash, Since = at }, channel, AlertMessageKind.Test, at);

    /// <summary>The message to one channel that an alert fires, has resolved, or is tried out.</summary>
    internal static AlertMessage Message(JobDefinition job, AlertRule rule, AlertState state, string channel, AlertMessageKind kind, DateTimeOffset at)
    {
        var id = Guid.CreateVersion7(at).ToString("n");
        var where = (job.Sources.Any(s => s.TellsAccounts) ? $" of account {state.Key.Account}" : "") + (state.Window is null ? "" : $" in window {state.Window}");
        var sentence = kind switch
        {
            AlertMessageKind.Firing => $"Alert '{rule.Name}' of job '{job.Name}' fires: {Measure(rule)}{where} is {Value(rule.Measure, state.Value)}, and the rule is '{rule.When}'.",
            AlertMessageKind.Resolved => $"Alert '{rule.Name}' of job '{job.Name}' has resolved: {Measure(rule)}{where} is {Value(rule.Measure, state.Value)}, and the rule is '{rule.When}'.",
            _ => $"This is a test of channel '{channel}'. Alert '{rule.Name}' of job '{job.Name}' tells it when '{rule.When}'. Nothing is wrong, and nothing has to be done.",
        };
        return new AlertMessage
        {
            Id = id,
            Key = state.Key,
            Channel = channel,
            Kind = kind,
            Subject = kind switch
            {
                AlertMessageKind.Firing => $"{job.Name}: {rule.Name} fires",
                AlertMessageKind.Resolved => $"{job.Name}: {rule.Name} has resolved",
                _ => $"TEST {job.Name}: {rule.Name}",
            },
            Body = JsonSerializer.Serialize(
                new
                {
                    id,
                    type = "alert",
                    state = kind.ToString().ToLowerInvariant(),
                    job = job.Name,
                    alert = rule.Name,
                    account = state.Key.Account,
                    source = rule.Source,
                    window = state.Window,
                    when = rule.When,
                    where = rule.Where is { } condition && rule.Measure != AlertMeasure.Any ? $"{condition.Column} {condition.Is.Sign()} {condition.Text ?? condition.Number!.Value.ToString("R", CultureInfo.InvariantCulture)}" : null,
                    value = state.Value,
                    since = state.Since,
                    at,
                    message = sentence,
                },
                s_json),
        };
    }
}
