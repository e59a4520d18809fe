using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Restating;

/// <summary>
/// What a pull restates at its targets. A target that shows another content gets the difference to the pull that it shows; it is made once
/// for each published pull, from the first target that can give the rows. A target that keeps no whole windows (merge, history) goes
/// along with another one that shows the same pull, else it gets none. The differences wait beside the staged pull and are removed with it.
/// Live minutes have none: a minute that lands again is filled up with points that came late, by design.
/// </summary>
internal sealed class Restatements
{
    private readonly Dictionary<ITarget, Restated> _byTarget = [];

    private Restatements()
    {
    }

    /// <summary>The difference that a target publishes with the rows, and its size; null when there is none.</summary>
    public Restated? At(ITarget target) => _byTarget.GetValueOrDefault(target);

    /// <summary>Looks at all targets and makes the differences.</summary>
    public static async Task<Restatements> MakeAsync(
        PipelineParts parts, IReadOnlyList<ITarget> targets, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var made = new Restatements();
        if (order.Window.Unit == WindowUnit.Minute) return made;
        var shown = new List<(ITarget Target, string Pull)>();
        foreach (var target in targets)
        {
            if (await target.FindAsync(order.Key, order.Window, cancellation).ConfigureAwait(false) is not { } published) continue;
            if (published.Pull != order.Stamp.Pull && published.ContentHash != order.Stamp.ContentHash) shown.Add((target, published.Pull));
        }
        foreach (var group in shown.GroupBy(s => s.Pull, s => s.Target))
        {
            if (await MakeAsync(parts, [.. group], group.Key, order, staged, cancellation).ConfigureAwait(false) is not { } restated) continue;
            foreach (var target in group) made._byTarget[target] = restated;
        }
        return made;
    }

    private static async Task<Restated?> MakeAsync(
        PipelineParts parts, IReadOnlyList<ITarget> targets, string pull, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        foreach (var target in targets)
        {
            using var rows = await target.OpenPublishedAsync(order.Key, order.Window, cancellation).ConfigureAwait(false);
            // Another pull by now: the target says so when it publishes.
            if (rows is null || rows.Pull != pull) continue;
            Restated? restated = null;
            await parts.Beside(() =>
            {
                restated = Make(parts, rows, order, staged, cancellation);
                return Task.CompletedTask;
            }).ConfigureAwait(false);
            return restated;
        }
        return null;
    }

    private static Restated? Make(PipelineParts parts, IPublishedRows published, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var schema = new DiffSchema(published.Schema, staged.Schema);
        RestatedRows count;
        using (var file = parts.Staging.BeginRestatement(staged, order.Window, published.Pull, schema.Table))
        {
            var writer = new DiffWriter(schema, published.Pull, file);
            count = RowDiff.Write(published, staged, schema, writer, RowDiff.HeldBytes, cancellation);
            if (count.Total == 0) return null;
            file.Complete(staged.Stamp with { Rows = writer.Rows, ContentHash = writer.ContentHash });
        }
        return parts.Staging.OpenRestatement(staged.Stamp.Pull, published.Pull) is { } difference ? new Restated(difference, count) : null;
    }
}

/// <summary>A difference with its size.</summary>
/// <param name="Difference">Its rows.</param>
/// <param name="Count">How many rows of the window it speaks of.</param>
internal sealed record Restated(IRestatement Difference, RestatedRows Count);
