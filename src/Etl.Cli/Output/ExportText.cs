using System.Globalization;
using Etl.Core.Exports;

namespace Etl.Cli.Output;

/// <summary>How exports look to people and scripts.</summary>
internal static class ExportText
{
    /// <summary>Tells what became of an export.</summary>
    public static void Tell(Terminal terminal, ExportOutcome outcome)
    {
        terminal.Object(Json(outcome));
        if (outcome.Fault is not null) terminal.Warn(Sentence(outcome));
        else terminal.Note(Sentence(outcome));
    }

    /// <summary>The object of an outcome.</summary>
    public static object Json(ExportOutcome outcome) => new
    {
        type = "export", job = outcome.Job, export = outcome.Export, state = Always.Of(outcome.Record?.State.ToString().ToLowerInvariant()), sequence = outcome.Record?.Sequence, file = outcome.Record?.File,
        rows = outcome.Record?.Rows, bytes = outcome.Record?.Bytes, sha256 = outcome.Record?.Sha256, leads = outcome.Counts?.Leads, sent = outcome.Written?.Sent, unchanged = outcome.Written?.Unchanged,
        gone = outcome.Written?.Gone, rejected = outcome.Written?.Rejected, defused = outcome.Written?.Defused, unresolved = outcome.Counts?.Unresolved, anonymous = outcome.Counts?.Anonymous,
        @internal = outcome.Counts?.Internal, suppressed = outcome.Counts?.Suppressed, withoutConsent = outcome.Counts?.WithoutConsent, code = outcome.Fault?.Code, message = outcome.Fault?.Message,
    };

    /// <summary>One line about an outcome.</summary>
    public static string Sentence(ExportOutcome outcome)
    {
        var name = $"{outcome.Job} export {outcome.Export}";
        if (outcome.Fault is { } fault) return $"{name}: {(outcome.Record is { } waits ? string.Create(CultureInfo.InvariantCulture, $"file {waits.Sequence} waits. ") : "")}{fault.Message}";
        return outcome.Record is { } record
            ? string.Create(CultureInfo.InvariantCulture, $"{name}: file {record.Sequence} {State(record)}, {Show.Number(record.Rows, "row")}, {record.File}{Rejected(outcome)}.")
            : $"{name}: nothing new{Rejected(outcome)}.";
    }

    /// <summary>How a file stands, in words.</summary>
    public static string State(ExportRecord record) => record.State switch
    {
        ExportState.Made => "waits to be delivered",
        ExportState.Delivered => "delivered, waits to be accepted",
        var state => state.ToString().ToLowerInvariant(),
    };

    private static string Rejected(ExportOutcome outcome) => outcome.Written is { Rejected: > 0 } counts
        ? $"; {Show.Number(counts.Rejected, "lead")} rejected, see exports/{outcome.Job}/{outcome.Export}/rejected"
        : "";
}
