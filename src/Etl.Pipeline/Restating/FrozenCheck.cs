using System.Globalization;
using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Pulling;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Restating;

/// <summary>Holds a pull of a frozen window that differs: what was settled is not overwritten without a person's word.</summary>
internal static class FrozenCheck
{
    public const string Name = "frozen";

    /// <summary>Asks; null when the window is not frozen or the pull equals what is published.</summary>
    public static async Task<CheckResult?> RunAsync(
        PipelineParts parts, JobDefinition job, PlannedWindow planned, IReadOnlyList<ITarget> targets, PullStamp stamp, CancellationToken cancellation)
    {
        var record = await parts.Ledger.FindWindowAsync(planned.Key, cancellation).ConfigureAwait(false);
        if (!Freezing.IsFrozen(job, record) || record!.LandedHash == stamp.ContentHash) return null;
        if (record.DefinitionHash != stamp.DefinitionHash)
            return new(Name, Verdict.Skipped, "the job asks for other rows than it did when the window froze");
        var changed = await TellAsync(parts, planned, targets, record, stamp, cancellation).ConfigureAwait(false);
        return new(Name, Verdict.Hold, string.Create(
            CultureInfo.InvariantCulture, $"The window is frozen: its last {record.EqualPulls} pulls were equal, and this one differs: {changed}."));
    }

    private static async Task<string> TellAsync(
        PipelineParts parts, PlannedWindow planned, IReadOnlyList<ITarget> targets, WindowRecord record, PullStamp stamp, CancellationToken cancellation)
    {
        using var staged = parts.Staging.OpenOwn(stamp.Pull);
        foreach (var target in targets)
        {
            using var rows = await target.OpenPublishedAsync(planned.Key, planned.Window, cancellation).ConfigureAwait(false);
            if (rows?.Pull != record.LandedPull) continue;
            var schema = new DiffSchema(rows!.Schema, staged.Schema);
            using var first = new FirstCell(schema);
            var count = new RestatedRows(0, 0, 0);
            await parts.Beside(() =>
            {
                count = RowDiff.Write(rows, staged, schema, new DiffWriter(schema, rows.Pull, first), RowDiff.HeldBytes, cancellation);
                return Task.CompletedTask;
            }).ConfigureAwait(false);
            return string.Create(CultureInfo.InvariantCulture, $"{count.Added} rows added, {count.Removed} removed, {count.Changed} changed{first.Text}");
        }
        return string.Create(CultureInfo.InvariantCulture, $"{stamp.Rows} rows, {record.LandedRows} published");
    }

    /// <summary>Keeps one changed cell of a difference, for the message, and drops the rest.</summary>
    private sealed class FirstCell(DiffSchema schema) : IStagingWriter
    {
        private const int Longest = 40;

        public string Text { get; private set; } = "";

        public void Write(RowBatch batch)
        {
            for (var row = 0; row < batch.RowCount && Text.Length == 0; row++)
            {
                if (Cell(batch, 1, row) != DiffSchema.Changed) continue;
                var key = string.Join(", ", schema.Key.Select((_, i) => $"'{Cell(batch, 3 + i, row)}'"));
                var at = schema.ColumnName;
                Text = $", such as '{Cell(batch, at, row)}' of {key} from {Cell(batch, at + 1, row)} to {Cell(batch, at + 2, row)}";
            }
        }

        public void Complete(PullStamp stamp)
        {
        }

        public void Dispose()
        {
        }

        private static string Cell(RowBatch batch, int column, int row)
        {
            var text = CellText.Of(batch[column], batch.Schema.Columns[column].Type, row) ?? "nothing";
            return text.Length <= Longest ? text : text[..(Longest - 1)] + "…";
        }
    }
}
