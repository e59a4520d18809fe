using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports.Joining;

/// <summary>A landed window of a source, as it was when it was listed.</summary>
/// <param name="Source">Index of the source in the export.</param>
/// <param name="Name">Name of its object.</param>
/// <param name="Record">Its commit record.</param>
internal sealed record RowsOfWindow(int Source, string Name, CommitRecord Record);

/// <summary>A window landed anew, or went, between the list and the look: list again.</summary>
internal sealed class RowsChangedException(RowsOfWindow rows) : Exception($"Window '{rows.Record.Key}' changed while it was read.");

/// <summary>
/// The landed rows of an export: <c>&lt;data&gt;/exports/.rows/&lt;job&gt;/&lt;export&gt;/&lt;source&gt;/[account=…/]date=…/data.parquet</c>. What is published there is its own
/// record of what has landed; a window whose newest pull is held speaks by the pull before.
/// </summary>
internal sealed class ExportRows(LocalObjectStore store, JobDefinition job, ExportSpec export)
{
    /// <summary>Where the rows of an export lie.</summary>
    public static LocalObjectStore StoreOf(string dataFolder, string job, string export, TimeProvider time) => new(
        Path.Combine(dataFolder, "exports", ".rows", PathNames.Check("job", job), PathNames.Check("export", export)), time, FolderLock.DefaultWait);

    /// <summary>
    /// The windows that are joined, by time, then source in the order of the export, then account. With <see cref="ExportSpec.Windows"/> those that the calendar
    /// has up to the newest that landed, so that the clock does not decide.
    /// </summary>
    /// <exception cref="EtlException">A file there is damaged or not ours.</exception>
    public async Task<IReadOnlyList<RowsOfWindow>> ListAsync(CancellationToken cancellation)
    {
        var found = new List<RowsOfWindow>();
        for (var source = 0; source < export.Sources.Count; source++)
        {
            await foreach (var entry in store.ListAsync(export.Sources[source].Source + "/", cancellation).WithCancellation(cancellation).ConfigureAwait(false))
                if (entry.Name.EndsWith("/" + DatasetLayout.FileName, StringComparison.Ordinal) && Look(source, entry.Name) is { } rows) found.Add(rows);
        }
        if (found.Count > 0 && export.Windows is { } windows) found.RemoveAll(IsBefore(windows, found.Max(r => r.Record.From)));
        return [.. found.OrderBy(r => r.Record.From).ThenBy(r => r.Source).ThenBy(r => r.Record.Key.Account, StringComparer.Ordinal)];
    }

    /// <summary>Opens the rows of a listed window.</summary>
    /// <exception cref="RowsChangedException">Another pull is there by now.</exception>
    /// <exception cref="EtlException">The disk refuses.</exception>
    public IPublishedRows Open(RowsOfWindow rows)
    {
        var opened = store.OpenAsync(rows.Name, default).GetAwaiter().GetResult() ?? throw new RowsChangedException(rows);
        try
        {
            if (LandedFile.Look(opened.Content).Record?.Stamp.Pull != rows.Record.Stamp.Pull) throw new RowsChangedException(rows);
            return new PublishedObject(opened, rows.Record, fault => store.Explain(fault, $"read the rows of export '{export.Name}'", rows.Name));
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private RowsOfWindow? Look(int source, string name)
    {
        LandedFile file;
        try
        {
            file = LandedFile.Look(store.Locate(name));
        }
        catch (Exception fault) when (store.Explain(fault, $"read the rows of export '{export.Name}'", name) is { } explained)
        {
            throw explained;
        }
        if (file.Condition == FileCondition.Absent) return null;
        if (file.Record is { } record && record.Key.Job == job.Name && record.Key.Source == export.Sources[source].Source) return new RowsOfWindow(source, name, record);
        throw new EtlException(
            FaultKind.Window,
            $"Export '{export.Name}' of job '{job.Name}' cannot be joined: '{store.Locate(name)}' {(file.Record is null ? $"cannot be used ({file.Why})" : $"holds rows of '{file.Record.Key}'")}. "
            + "Move it away and run its window again with --force. Nothing was written.") { Code = "export-rows" };
    }

    private Predicate<RowsOfWindow> IsBefore(int windows, DateTimeOffset newest)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        var first = calendar.Containing(newest);
        for (var i = 1; i < windows; i++) first = calendar.Previous(first);
        return rows => rows.Record.From < first.From;
    }
}
