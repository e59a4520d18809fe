using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Landing.Audit.Erasing;

namespace Etl.Cli.Commands;

/// <summary><c>etl audit erase</c>: removes files of snapshots by a signed entry, for the law or because the time is over for which they have to be kept.</summary>
internal static class AuditEraseCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of the log: it holds 'log' and 'snapshot'." };
        var entry = new Option<long?>("--entry") { Description = "The snapshot whose files go.", HelpName = "N" };
        var file = new Option<string[]>("--file") { Description = "A file of it, as 'etl audit show' names it. May be repeated.", HelpName = "PATH", DefaultValueFactory = _ => [] };
        var all = new Option<bool>("--all") { Description = "All its files." };
        var reason = new Option<string?>("--reason") { Description = "Why. It stays in the log for ever: name no person in it.", HelpName = "TEXT" };
        var expired = new Option<bool>("--expired") { Description = "The files of all snapshots whose 'retention' is over." };
        var command = new Command("erase", "Erase files of snapshots. A signed entry says so first; manifests and hashes stay. A file 'legal-hold' in DIR forbids it.") { folder, entry, file, all, reason, expired };
        command.Validators.Add(r =>
        {
            var files = r.GetValue(file)!;
            var one = r.GetValue(entry) is not null || files.Length > 0 || r.GetValue(all) || r.GetValue(reason) is not null;
            if (r.GetValue(expired) && one) r.AddError("'--expired' goes alone: the log says which files it means.");
            else if (!r.GetValue(expired) && (r.GetValue(entry) is null || r.GetValue(reason) is null)) r.AddError("Say what and why: '--entry N --file PATH --reason TEXT', or '--expired'.");
            else if (!r.GetValue(expired) && files.Length > 0 == r.GetValue(all)) r.AddError("Name files with '--file PATH', or all with '--all'.");
        });
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var path = result.GetRequiredValue(folder);
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var eraser = new AuditEraser(host.AuditLogs, TimeProvider.System);
                var erased = result.GetValue(expired)
                    ? await eraser.EraseExpiredAsync(path, cancellation).ConfigureAwait(false)
                    : await eraser.EraseAsync(path, result.GetValue(entry)!.Value, result.GetValue(file)!, result.GetValue(reason)!, cancellation).ConfigureAwait(false);
                Tell(terminal, erased);
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static void Tell(Terminal terminal, ErasedFiles erased)
    {
        foreach (var (snapshot, path) in erased.Files)
        {
            terminal.Object(new { type = "erased", snapshot, path, by = erased.Entry });
            terminal.Line($"Erased '{path}' of snapshot {snapshot}.");
        }
        terminal.Object(new { type = "summary", exit = ExitCode.Done, files = erased.Files.Count, entry = erased.Entry });
        if (erased.Entry is { } entry) terminal.Note($"Entry {entry} says so and is signed.");
        else if (erased.Files.Count == 0) terminal.Note("There was nothing to erase.");
    }
}
