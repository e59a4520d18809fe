using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Landing.Audit.Verify;

namespace Etl.Cli.Commands;

/// <summary><c>etl audit verify</c>: whether a log is as it was written. Offline; exit code 0 ok, 1 tampered, 2 usage, 3 not fully checked.</summary>
internal static class AuditVerifyCommand
{
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(2);

    public static Command Create(GlobalOptions globals)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of the log: it holds 'log' and 'snapshot'." };
        var key = new Option<string>("--key") { Description = "The key to expect: a file with the public key, or its fingerprint. Without it, the key that the data folder pinned.", HelpName = "FILE|sha256:FP" };
        var old = new Option<string>("--checkpoint") { Description = "A copy of the log's checkpoint that was kept elsewhere: finds a log that was cut or forked.", HelpName = "OLD" };
        var full = new Option<bool>("--full") { Description = "Read and hash every file (the default)." };
        var quick = new Option<bool>("--quick") { Description = "Do not read files; ends with exit code 3, for it is not a full check." };
        var command = new Command("verify", "Check a log: entries, signatures, tree, files, gaps. Exit code 0 ok, 1 tampered, 2 usage, 3 not fully checked.") { folder, key, old, full, quick };
        command.Validators.Add(r =>
        {
            if (r.GetValue(full) && r.GetValue(quick)) r.AddError("'--full' and '--quick' exclude each other.");
        });
        command.SetAction(globals, (result, terminal, cancellation) =>
        {
            var what = new AuditVerification(result.GetRequiredValue(folder)) { Key = result.GetValue(key), OldCheckpoint = result.GetValue(old), Quick = result.GetValue(quick) };
            var verdict = AuditVerifier.Verify(what, Progress(terminal), cancellation);
            Print(terminal, what, verdict);
            return Task.FromResult(verdict.Exit);
        });
        return command;
    }

    private static Action<AuditProgress>? Progress(Terminal terminal)
    {
        if (terminal.Quiet) return null;
        var last = TimeProvider.System.GetTimestamp();
        return progress =>
        {
            if (TimeProvider.System.GetElapsedTime(last) < s_pace) return;
            last = TimeProvider.System.GetTimestamp();
            if (terminal.Json) terminal.Object(new { type = "progress", doing = progress.Doing, done = progress.Done, total = progress.Total });
            else terminal.Warn($"  {progress.Doing}: {Show.Count(progress.Done)} of {Show.Count(progress.Total)}");
        };
    }

    private static void Print(Terminal terminal, AuditVerification what, AuditVerdict verdict)
    {
        foreach (var finding in verdict.Findings)
        {
            terminal.Object(new { type = "finding", where = finding.Where, message = finding.Message });
            terminal.Line($"{finding.Where}: {finding.Message}");
        }
        foreach (var missing in verdict.Missing)
        {
            terminal.Object(new { type = "missing", job = missing.Job, source = missing.Source, account = missing.Account, from = missing.From, to = missing.To, windows = missing.Labels });
            terminal.Line($"No snapshot of {missing.Job}/{missing.Source}/{missing.Account} from {Show.Time(missing.From)} to {Show.Time(missing.To)}{(missing.Labels.Count == 0 ? "" : ": " + string.Join(", ", missing.Labels))}");
        }
        foreach (var erased in verdict.Erased)
        {
            terminal.Object(new { type = "erased", snapshot = erased.Snapshot, path = erased.Path, by = erased.By });
            terminal.Line($"Erased by entry {erased.By}: '{erased.Path}' of snapshot {erased.Snapshot}");
        }
        foreach (var note in verdict.Notes) terminal.Line(note);
        terminal.Object(new
        {
            type = "verdict", verdict = verdict.Word, exit = verdict.Exit, origin = verdict.Origin, entries = verdict.Entries, snapshots = verdict.Snapshots, files = verdict.FilesRead, bytes = verdict.BytesRead,
            full = !what.Quick, keys = verdict.Keys, expectedKey = verdict.ExpectedKey, keyFrom = From(what, verdict), notes = verdict.Notes,
            provenEntries = verdict.Proven?.Entries, provenTime = verdict.Proven?.Time, provenBy = verdict.Proven?.Authority,
        });
        terminal.Line($"{verdict.Word}: {Sentence(verdict)}");
        if (verdict.Proven is { } proven)
            terminal.Line($"The first {Show.Number(proven.Entries, "entry").Replace("entrys", "entries", StringComparison.Ordinal)} existed at {Show.Time(proven.Time)}, says '{proven.Authority}'. Check that authority with 'openssl ts -verify'.");
        if (what.Key is null && verdict.Word != "empty") terminal.Line(verdict.ExpectedKey is null
            ? "No key was given and none is pinned beside the log: the log was only compared with the key that it brings itself. Name the key to expect with --key."
            : "Checked against the key that this data folder pinned. An auditor brings a fingerprint of their own, with --key.");
    }

    private static string From(AuditVerification what, AuditVerdict verdict) => what.Key is not null ? "given" : verdict.ExpectedKey is not null ? "pinned" : "none";

    private static string Sentence(AuditVerdict verdict)
    {
        var log = $"{Show.Count(verdict.Entries)} entries, {Show.Number(verdict.Snapshots, "snapshot")}";
        var read = $"{Show.Number(verdict.FilesRead, "file")} read ({Show.Bytes(verdict.BytesRead)})";
        return verdict.Word switch
        {
            "ok" => $"{log}, {read}; everything is as it was written.",
            "erased" => $"{log}, {read}; everything is as it was written, and {Show.Number(verdict.Erased.Count, "file")} erased by signed entries.",
            "quick" => $"{log}; nothing wrong was seen, but no file was read. Run with --full.",
            "gaps" => $"{log}, {read}; what is there is as it was written, but windows are missing.",
            "empty" => "there is no checkpoint, so that nothing can be told.",
            _ => $"{Show.Number(verdict.Findings.Count, "finding")} in {log}; the first is the cause to look at.",
        };
    }
}
