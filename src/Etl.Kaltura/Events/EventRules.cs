using System.Globalization;
using Etl.Core.Text;

namespace Etl.Kaltura.Events;

/// <summary>Finds what is wrong with an event, all of it, before it is queued.</summary>
internal static class EventRules
{
    // 100,000,000,000 seconds are the year 5138, as milliseconds March 1973: no timestamp of an event can be meant both ways.
    private const double FirstMilliseconds = 1e11, FirstMicroseconds = 1e14;

    // 2001: what is smaller is no time of an event but a position or a day count.
    private const double FirstSeconds = 1e9;

    /// <summary>Every fault of an event as a sentence that names the parameter; empty for a good one.</summary>
    public static IReadOnlyList<string> Faults(KalturaEvent e)
    {
        var faults = new List<string>();
        foreach (var name in e.Type.Required)
            if (name != "eventType" && e.Api.Parameters[name].IsEnforced && string.IsNullOrEmpty(e[name]))
                faults.Add($"'{name}' is missing; {e.Type.Name} ({e.Type.Id}) of {e.Api.Name} requires it.");
        foreach (var (name, value) in e.Parameters)
        {
            if (!e.Api.Parameters.TryGetValue(name, out var parameter))
                faults.Add($"{e.Api.Name} has no parameter '{name}'.{Nearest.Hint(name, e.Api.Parameters.Keys)}");
            else if (!e.Type.Required.Contains(name) && !e.Type.Optional.Contains(name))
                faults.Add($"'{name}' does not belong to {e.Type.Name} ({e.Type.Id}) of {e.Api.Name}.");
            else if (ValueFault(parameter, value) is { } fault)
                faults.Add(fault);
        }
        return faults;
    }

    private static string? ValueFault(EventParameter p, string value)
    {
        switch (p.Kind)
        {
            case EventValueKind.Text:
                return null;
            case EventValueKind.Boolean:
                return value is "true" or "false" or "1" or "0" ? null : $"'{p.Name}' is '{Short(value)}'; expected true, false, 1 or 0.";
            case EventValueKind.Integer:
                return long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _) ? null : $"'{p.Name}' is '{Short(value)}'; expected a whole number.";
            default:
                // Nothing longer is a number that anyone means, and the wire form needs a decimal.
                if (value.Length > 25 || !double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
                    return $"'{p.Name}' is '{Short(value)}'; expected a number from 0{(p.Unit is null ? "" : $", in {p.Unit}")}.";
                return p.Name is "eventTimestamp" or "sessionStartTime" ? TimeFault(p, value, number) : null;
        }
    }

    private static string? TimeFault(EventParameter p, string value, double number)
    {
        var found = number switch
        {
            >= FirstMicroseconds => "microseconds",
            >= FirstMilliseconds => "milliseconds",
            >= FirstSeconds => "seconds",
            _ => null,
        };
        if (found == p.Unit) return null;
        return found is null
            ? $"'{p.Name}' is {value}, which is before 2001; expected a Unix time in {p.Unit}."
            : $"'{p.Name}' is {value}, a Unix time in {found}; {p.Unit} are due.";
    }

    private static string Short(string value) => value.Length <= 40 ? value : string.Concat(value.AsSpan(0, 40), "…");
}
