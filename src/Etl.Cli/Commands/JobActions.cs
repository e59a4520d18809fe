using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Disks;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Runs;
using Etl.Kaltura.Actions;
using Etl.Landing.Stores.Local;

namespace Etl.Cli.Commands;

/// <summary>
/// What a run does with the job's <c>actions:</c>. Each is done once: <c>&lt;data&gt;/actions/&lt;job&gt;/&lt;name&gt;.json</c> is written before the call and
/// after it, so that one of which it is not known whether it worked is not done again behind a person's back.
/// </summary>
internal sealed partial class JobActions(EtlHost host, JobDefinition job, Terminal terminal)
{
    /// <summary>Says what would be done, or does it. After one that the service refused, or of which it is not known whether it was done, no later one is begun.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(bool apply, CancellationToken cancellation)
    {
        try
        {
            await EachAsync(apply, cancellation).ConfigureAwait(false);
            return ExitCode.Done;
        }
        catch (EtlException fault)
        {
            terminal.Warn(fault.Message);
            terminal.Object(new { type = "error", code = fault.Code, message = fault.Message });
            return ExitCode.Of(fault.Kind);
        }
    }

    private async Task EachAsync(bool apply, CancellationToken cancellation)
    {
        using var alone = apply && job.Actions.Count > 0 ? Lock() : null;
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var action in job.Actions)
        {
            if (Read(action) is { } record && record.Call == action.ToString())
            {
                if (record.Done is null)
                {
                    // Its answer may be on its way to a run beside this one: then that is what is said.
                    if (!apply) Lock().Dispose();
                    throw new EtlException(
                        FaultKind.Window,
                        $"Action '{action.Name}' of job '{job.Name}' was begun at {record.Begun} and its answer never came: {action}. Look at the service whether it was done; then delete '{Show.Path(PathOf(action))}' to have it done again, "
                        + "or take the action out of the job.") { Code = KalturaActions.Unclear };
                }
                if (record.Id is not null) ids[action.Name] = record.Id;
                // What was done is told at length once.
                Tell(action, "done before", record.Id, action.Call);
                continue;
            }
            if (!apply)
            {
                Tell(action, "would be done", null);
                continue;
            }
            var id = await ApplyAsync(action, ids, cancellation).ConfigureAwait(false);
            if (id is not null) ids[action.Name] = id;
            Tell(action, "done", id);
        }
        if (!apply && job.Actions.Any(a => Read(a)?.Call != a.ToString())) terminal.Note("Nothing was changed at the service. '--apply' does it.");
    }

    private async Task<string?> ApplyAsync(ActionSpec action, Dictionary<string, string> ids, CancellationToken cancellation)
    {
        var resolved = action with { With = [.. action.With.Select(f => new KeyValuePair<string, string>(f.Key, Answer().Replace(f.Value, m => IdOf(action, m.Groups[1].Value, ids))))] };
        var record = new ActionRecord(action.ToString(), Now(), null, null);
        Write(action, record);
        Failpoint.Hit("action.begun");
        string? id;
        try
        {
            id = await new KalturaActions(host.Kaltura).ApplyAsync(resolved, cancellation).ConfigureAwait(false);
        }
        catch (EtlException fault) when (fault.Code != KalturaActions.Unclear)
        {
            // Nothing was done. What is unclear, was cancelled or broke off here keeps its record.
            File.Delete(PathOf(action));
            throw;
        }
        Failpoint.Hit("action.answered");
        Write(action, record with { Done = Now(), Id = id });
        return id;
    }

    /// <summary>Two runs at a time would both find an action undone.</summary>
    private FileStream Lock()
    {
        var folder = Path.Combine(host.DataFolder, "actions", job.Name);
        try
        {
            DurableFolder.Create(folder);
            return ExclusiveFile.TryOpen(Path.Combine(folder, ".lock"))
                ?? throw new EtlException(FaultKind.Window, $"Another run is doing the actions of job '{job.Name}' at this moment. Run again when it is over.") { Code = "action-lock" };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(FaultKind.Window, $"The records of the actions of job '{job.Name}' cannot be kept in '{folder}': {e.Message} See to its rights and its disk, then run again; nothing was sent.", e) { Code = "action-disk" };
        }
    }

    private static string IdOf(ActionSpec action, string name, Dictionary<string, string> ids) => ids.TryGetValue(name, out var id)
        ? id
        : throw new EtlException(FaultKind.Usage, $"Action '{action.Name}' needs the id that '{name}' answers, and the service gave none.") { Code = "action-answer" };

    private void Tell(ActionSpec action, string state, string? id, string? what = null)
    {
        terminal.Line($"{job.Name}: {action.Name} {state}{(id is null ? "" : $", id {id}")}: {what ?? action.ToString()}");
        terminal.Object(new { type = "action", job = job.Name, name = action.Name, call = action.Call, state, id });
    }

    private ActionRecord? Read(ActionSpec action) =>
        File.Exists(PathOf(action)) ? JsonSerializer.Deserialize<ActionRecord>(File.ReadAllText(PathOf(action))) : null;

    private void Write(ActionSpec action, ActionRecord record)
    {
        var path = PathOf(action);
        DurableFolder.Create(Path.GetDirectoryName(path)!);
        using (var file = new FileStream(path + ".tmp", FileMode.Create, FileAccess.Write))
        {
            JsonSerializer.Serialize(file, record);
            DiskSync.Flush(file);
        }
        File.Move(path + ".tmp", path, overwrite: true);
        // Before the call goes out: after a power loss no message is sent a second time.
        DurableFolder.Sync(Path.GetDirectoryName(path)!);
    }

    private string PathOf(ActionSpec action) => Path.Combine(host.DataFolder, "actions", job.Name, action.Name + ".json");

    private static string Now() => TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"\{([a-z0-9-]+)\.id\}")]
    private static partial Regex Answer();

    /// <summary>What is known of an action.</summary>
    /// <param name="Call">The call as the job wrote it; another one is another action.</param>
    /// <param name="Begun">When it was sent.</param>
    /// <param name="Done">When its answer came; null while it has not.</param>
    /// <param name="Id">The id in the answer.</param>
    private sealed record ActionRecord(string Call, string Begun, string? Done, string? Id);
}
