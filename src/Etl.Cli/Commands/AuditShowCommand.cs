using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Landing.Audit.Reading;
using Etl.Landing.Audit.Verify;

namespace Etl.Cli.Commands;

/// <summary><c>etl audit show</c>: the entries of a log, or one of them in words.</summary>
internal static class AuditShowCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of the log: it holds 'log' and 'snapshot'." };
        var entry = new Option<long?>("--entry") { Description = "Only this entry, in words.", HelpName = "N" };
        var command = new Command("show", "List the entries of a log, or tell what one of them says.") { folder, entry };
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var path = result.GetRequiredValue(folder);
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var entries = await AuditReading.ReadAsync(host.AuditLogs, path, cancellation).ConfigureAwait(false);
                var verdict = AuditVerifier.Verify(new AuditVerification(path) { Quick = true }, progress: null, cancellation);
                if (result.GetValue(entry) is { } number) One(terminal, path, entries, verdict, number);
                else List(terminal, entries, verdict);
                Judge(terminal, path, verdict);
                return ExitCode.Done;
            }
        });
        return command;
    }

    private static void List(Terminal terminal, IReadOnlyList<AuditEntryView> entries, AuditVerdict verdict)
    {
        foreach (var entry in entries)
            terminal.Object(new
            {
                type = "entry", sequence = entry.Sequence, kind = entry.Kind, created = entry.Created, job = entry.Window?.Job, source = entry.Window?.Source, account = entry.Window?.Account,
                window = entry.Window?.Label, rows = entry.Rows, pull = entry.Pull, files = entry.Files.Count, erased = entry.Files.Count(f => f.ErasedBy is not null), looks = Looks(entry, verdict),
            });
        terminal.Table(
            null,
            ["entry", "kind", "window", "rows", "pull", "created", "looks"],
            entries.Select(e => (IReadOnlyList<string>)
            [
                e.Sequence.ToString(CultureInfo.InvariantCulture), e.Kind, e.Window?.ToString() ?? "", e.Rows is { } rows ? Show.Count(rows) : "", e.Pull ?? "", Show.Time(e.Created), Looks(e, verdict),
            ]));
    }

    private static void One(Terminal terminal, string path, IReadOnlyList<AuditEntryView> entries, AuditVerdict verdict, long number)
    {
        if (number < 0 || number >= entries.Count)
            throw new EtlException(FaultKind.Usage, $"The audit log at '{path}' has no entry {number}; it has {entries.Count}, from 0 on.") { Code = "audit-entry" };
        var entry = entries[(int)number];
        using var manifest = JsonDocument.Parse(entry.Manifest);
        terminal.Object(new { type = "entry", sequence = entry.Sequence, kind = entry.Kind, folder = entry.Folder, looks = Looks(entry, verdict), words = entry.Words, files = entry.Files, manifest = manifest.RootElement });
        terminal.Line($"Entry {entry.Sequence}, {entry.Kind}, written {Show.Time(entry.Created)} by its own word: {Looks(entry, verdict)}");
        foreach (var sentence in entry.Words) terminal.Line("  " + sentence);
        if (entry.Files.Count == 0) return;
        terminal.Line();
        terminal.Table($"Files in {Path.Combine(path, entry.Folder, "files")}", ["file", "bytes", "sha256", "state"], entry.Files.Select(f => (IReadOnlyList<string>)
            [f.Path, Show.Count(f.Bytes), f.Sha256, f.ErasedBy is { } by ? $"erased by entry {by}" : "kept"]));
        if (entry.Files.FirstOrDefault(f => f.Path == "report.html") is { ErasedBy: null }) terminal.Note($"For people: {Path.Combine(path, entry.Folder, "files", "report.html")}");
    }

    private static void Judge(Terminal terminal, string path, AuditVerdict verdict)
    {
        terminal.Object(new { type = "quick", verdict = verdict.Word, findings = verdict.Findings.Count });
        if (verdict.Word == "tampered") terminal.Warn($"A quick look found {Show.Number(verdict.Findings.Count, "thing")} wrong, first: {verdict.Findings[0].Where}: {verdict.Findings[0].Message} See 'etl audit verify {path}'.");
        else terminal.Note($"A quick look found nothing wrong; files were not read. 'etl audit verify {path} --key KEY' checks all of it.");
    }

    // What is wrong with a file that belongs to no single entry shows below the list.
    private static string Looks(AuditEntryView entry, AuditVerdict verdict)
    {
        var number = entry.Sequence.ToString("D20", CultureInfo.InvariantCulture);
        if (verdict.Findings.Any(f => f.Where.Contains(number, StringComparison.Ordinal))) return "wrong";
        return entry.Files.Any(f => f.ErasedBy is not null) ? "erased" : "ok";
    }
}
