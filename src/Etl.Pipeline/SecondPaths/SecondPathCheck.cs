using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Completeness;
using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Pipeline.Pulling;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.SecondPaths;

/// <summary>
/// Pulls a window again by another path and compares the rows with the staged ones, as sets: neither the order of rows nor that of columns
/// counts, but how often a row occurs does. The second pull lands nowhere, and its raw replies stand under an id of its own.
/// </summary>
internal sealed class SecondPathCheck(PipelineParts parts)
{
    /// <summary>Name of the check.</summary>
    public const string Name = "second-path";

    /// <summary>Id of the second pull beside the first.</summary>
    public static string IdOf(string pull) => $"{pull}-second";

    /// <summary>Not asked: another check holds the pull anyway.</summary>
    public static CheckResult Skipped { get; } = new(Name, Verdict.Skipped, "another check holds the pull");

    /// <summary>Pulls and compares.</summary>
    /// <param name="first">The request of the staged pull.</param>
    /// <param name="path">The other path.</param>
    /// <param name="staged">The staged pull.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <exception cref="EtlException">The second path failed; the message says so, and nothing of it is left but raw replies of a fault in the data.</exception>
    public async Task<CheckResult> RunAsync(PullRequest first, SecondPath path, IStagedPull staged, CancellationToken cancellation)
    {
        // What other sources ask along, and the handle of unfinished work, belong to the first pull.
        var request = first with { PullId = IdOf(first.PullId), Together = [], Handles = null };
        var captures = !path.Source.IsTreated;
        using var raw = captures ? await parts.Raw.BeginAsync(request.Key, request.PullId, cancellation).ConfigureAwait(false) : NoCapture.Instance;
        var sink = new ComparingSink(staged, path, raw, request, parts.Observer);
        try
        {
            var outcome = await parts.Sources.Create(path.Source, request.Key.Account).PullAsync(request, sink, cancellation).ConfigureAwait(false);
            if (outcome.Rows != sink.Rows + sink.Refused)
                throw new InvalidOperationException($"The second path counted {outcome.Rows} rows and wrote {sink.Rows + sink.Refused}.");
            return Judge(sink, path, outcome.Proof.Calls, PathDifference.Of(sink, cancellation));
        }
        catch (EtlException fault)
        {
            var head = new RawHead(request.Key, request.Window, request.PullId, staged.Stamp.PulledAt, staged.Stamp.DefinitionHash, Complete: false, 0, "");
            var kept = captures && fault.Kind == FaultKind.Window ? $" {await FailedCapture.KeepAsync(raw, head).ConfigureAwait(false)}" : "";
            throw new EtlException(
                fault.Kind, $"The pull is complete, but the second path ({path.Name}) of 'checks.second-path' failed: {fault.Message}{kept}", fault)
            {
                Code = fault.Code,
                IsTransient = fault.IsTransient,
                Page = fault.Page,
                ByteOffset = fault.ByteOffset,
            };
        }
    }

    private static CheckResult Judge(ComparingSink sink, SecondPath path, int calls, PathDifference difference)
    {
        var first = sink.Staged.Stamp.Rows;
        if (sink.Shared.Schema.Columns.Count == 0 && first + sink.Rows > 0)
            return new(Name, Verdict.Hold, $"The second path ({path.Name}) has no column of the pull; nothing can be compared.");
        var limits = Limits(sink.Shared, path);
        if (TwiceRule.Judge(new(IsNeeded: true) { AreEqual = difference.Rows == 0 }) == TwiceStep.Enough)
        {
            var rounded = difference.Rounded > 0 ? $", {difference.Rounded} of them but for rounding" : "";
            return new(Name, Verdict.Pass, $"{first} rows equal by two paths (second: {path.Name}, {calls} calls){rounded}.{limits}");
        }
        var more = difference.Rows > difference.Named.Count ? "; …" : "";
        return new(Name, Verdict.Hold,
            $"{difference.Rows} rows differ by two paths ({first} rows first, {sink.Rows} by the second: {path.Name}): {string.Join("; ", difference.Named)}{more}.{limits}");
    }

    private static string Limits(SharedColumns shared, SecondPath path)
    {
        List<string> limits = [];
        if (shared.LeftOut.Count > 0) limits.Add($"{string.Join(", ", shared.LeftOut)} (relative to its own request)");
        if (shared.OnlyFirst.Count > 0) limits.Add($"{string.Join(", ", shared.OnlyFirst)} (only on the first path)");
        if (shared.OnlySecond.Count > 0) limits.Add($"{string.Join(", ", shared.OnlySecond)} (only on the second path)");
        if (path.Texts is { } form && shared.Schema.Columns.Any(c => c.Type == ColumnType.Text)) limits.Add(form.Limit);
        return limits.Count == 0 ? "" : $" Not compared: {string.Join("; ", limits)}.";
    }
}
