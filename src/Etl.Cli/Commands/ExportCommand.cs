using System.CommandLine;
using System.Globalization;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Text;

namespace Etl.Cli.Commands;

/// <summary><c>etl export</c>: files of leads, made out of turn, listed and accepted.</summary>
internal static class ExportCommand
{
    private const int NewestFiles = 20;

    public static Command Create(GlobalOptions globals)
    {
        var command = new Command("export", "Files of leads for a CRM: list them, accept them, make them out of turn.");
        command.Add(Ack(globals));
        command.Add(List(globals));
        command.Add(Make(globals));
        return command;
    }

    /// <summary>A line for each export of a job, for <c>etl status JOB</c>.</summary>
    public static async Task StatusAsync(JobDefinition job, object ledger, Terminal terminal, CancellationToken cancellation)
    {
        foreach (var export in job.Exports)
        {
            var records = ledger is IExportStore store ? await store.ExportsAsync(job.Name, export.Name, 0, cancellation).ConfigureAwait(false) : [];
            var (last, waiting) = (records.LastOrDefault(r => r.State != ExportState.Dropped), records.Count(r => r.State is ExportState.Made or ExportState.Delivered));
            terminal.Object(new
            {
                type = "export-status", job = job.Name, export = export.Name, sequence = last?.Sequence, state = last?.State.ToString().ToLowerInvariant(), rows = last?.Rows, madeAt = last?.MadeAt, waiting,
            });
            terminal.Note(last is null
                ? $"export {export.Name}: nothing was exported yet"
                : string.Create(CultureInfo.InvariantCulture, $"export {export.Name}: file {last.Sequence} {ExportText.State(last)}, {Show.Number(last.Rows, "row")}, made {Show.Time(last.MadeAt)}, {waiting} waiting"));
        }
    }

    private static Command Ack(GlobalOptions globals)
    {
        var (job, export) = (RunCommands.JobArgument(), ExportOption());
        var sequence = new Option<long?>("--sequence") { Description = "Number of the file; the newest that is delivered where it is left out.", HelpName = "N" };
        var command = new Command("ack", "Accept a delivered file: the next one leaves out what it held.") { job, sequence, export };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var definition = host.Job(result.GetRequiredValue(job));
                var name = Named(definition, result.GetValue(export)) ?? throw new EtlException(
                    FaultKind.Usage, $"Job '{definition.Name}' has several exports: say with '--export' which one. It has {Names(definition)}.") { Code = "export-name" };
                var exports = await host.ExportsAsync(cancellation).ConfigureAwait(false);
                var record = await exports.Exporter.AcceptAsync(definition.Name, name, result.GetValue(sequence), cancellation).ConfigureAwait(false);
                ExportText.Tell(terminal, new ExportOutcome(record.Job, record.Export, record, null, null));
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static Command List(GlobalOptions globals)
    {
        var job = new Argument<string?>("JOB") { Description = "Only this job.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("list", "Show the files that were made and how they stand.") { job };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var ledger = await host.LedgerForReadingAsync(cancellation).ConfigureAwait(false);
                var records = ledger is IExportStore store ? await store.ExportsAsync(result.GetValue(job), null, 0, cancellation).ConfigureAwait(false) : [];
                foreach (var record in records)
                {
                    terminal.Object(new
                    {
                        type = "export-file", job = record.Job, export = record.Export, sequence = record.Sequence, state = record.State.ToString().ToLowerInvariant(), madeAt = record.MadeAt, file = record.File,
                        rows = record.Rows, bytes = record.Bytes, sha256 = record.Sha256, batches = record.Batches, acceptedAt = record.AcceptedAt,
                    });
                }
                if (records.Count == 0)
                {
                    terminal.Note("Nothing was exported yet.");
                    return ExitCode.Done;
                }
                if (records.Count > NewestFiles) terminal.Note($"The newest {NewestFiles} of {records.Count} files:");
                terminal.Table(null, ["job", "export", "file", "state", "rows", "size", "made", "accepted", "name"], records.TakeLast(NewestFiles).Select(r => (IReadOnlyList<string>)
                [
                    r.Job, r.Export, r.Sequence.ToString(CultureInfo.InvariantCulture), r.State.ToString().ToLowerInvariant(), Show.Count(r.Rows), Show.Bytes(r.Bytes), Show.Time(r.MadeAt), Show.Time(r.AcceptedAt), r.File,
                ]));
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static Command Make(GlobalOptions globals)
    {
        var (job, export) = (RunCommands.JobArgument(), ExportOption());
        var full = new Option<bool>("--full") { Description = "All leads, also those that were accepted before; takes the place of a file that waits." };
        var command = new Command("make", "Make and deliver what is new of what has landed, without a run.") { job, export, full };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var definition = host.Job(result.GetRequiredValue(job));
                var name = Named(definition, result.GetValue(export));
                var exports = await host.ExportsAsync(cancellation).ConfigureAwait(false);
                var outcomes = await exports.Exporter.ExportAsync(definition, name, result.GetValue(full), cancellation).ConfigureAwait(false);
                foreach (var outcome in outcomes) ExportText.Tell(terminal, outcome);
                return ExitCode.Combine(outcomes.Select(o => o.Fault is { } fault ? ExitCode.Of(fault.Kind) : ExitCode.Done));
            }
        });
        return command;
    }

    private static Option<string?> ExportOption() => new("--export") { Description = "Name of the export, where the job has several.", HelpName = "NAME" };

    /// <summary>The export that is meant; null where the job has several and none was named.</summary>
    private static string? Named(JobDefinition job, string? name)
    {
        if (job.Exports.Count == 0)
            throw new EtlException(FaultKind.Usage, $"Job '{job.Name}' has no exports. Add an item 'export:' to 'land' in {job.File}.") { Code = "no-exports" };
        if (name is null) return job.Exports.Count == 1 ? job.Exports[0].Name : null;
        return job.Exports.Any(e => e.Name == name)
            ? name
            : throw new EtlException(FaultKind.Usage, $"Job '{job.Name}' has no export '{name}'; it has {Names(job)}.{Nearest.Hint(name, job.Exports.Select(e => e.Name))}") { Code = "export-name" };
    }

    private static string Names(JobDefinition job) => string.Join(", ", job.Exports.Select(e => $"'{e.Name}'"));
}
