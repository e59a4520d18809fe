using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Landing.Audit.Keys;

namespace Etl.Cli.Commands;

/// <summary><c>etl audit key new</c>: makes a key that signs logs; <c>etl audit key rotate</c>: hands a log over to another key.</summary>
internal static class AuditKeyCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var file = new Argument<string>("FILE") { Description = "Where the private key goes; its public half goes to FILE.pub." };
        var make = new Command("new", "Make a key (ECDSA P-256) that signs audit logs. Replaces nothing.") { file };
        make.SetAction(globals, (result, terminal, _) =>
        {
            var path = result.GetRequiredValue(file);
            var fingerprint = AuditKeys.Create(path);
            terminal.Object(new { type = "key", file = path, publicFile = path + ".pub", fingerprint });
            terminal.Line($"{fingerprint}");
            terminal.Note($"Set ETL_AUDIT_KEY to 'file:{Path.GetFullPath(path)}'. Give '{path}.pub' and the fingerprint to your auditor, by a way that does not go through this machine's data. Keep a copy of the key where you keep other keys.");
            return Task.FromResult(ExitCode.Done);
        });
        return new Command("key", "Keys that sign audit logs.") { make, Rotate(globals) };
    }

    private static Command Rotate(GlobalOptions globals)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder of the log: it holds 'log' and 'snapshot'." };
        var to = new Option<string>("--to") { Description = "The new key as ETL_AUDIT_KEY names it: 'file:PATH' or 'keyvault:https://…'.", HelpName = "KEY", Required = true };
        var rotate = new Command("rotate", "Hand a log over to a new key, by an entry that both keys sign. Set ETL_AUDIT_KEY to the new one afterwards.") { folder, to };
        rotate.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var entry = await host.AuditLogs.RotateAsync(result.GetRequiredValue(folder), result.GetRequiredValue(to), cancellation).ConfigureAwait(false);
                terminal.Object(new { type = "rotated", entry });
                terminal.Line($"Entry {entry} hands the log over. From now on ETL_AUDIT_KEY has to name the new key; auditors may go on with the old one, which vouches for it.");
                return ExitCode.Done;
            }
        });
        return rotate;
    }
}
