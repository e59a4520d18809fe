using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Landing.Audit.Keys;

namespace Etl.Cli.Commands;

/// <summary><c>etl audit key new</c>: makes a key that signs logs.</summary>
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
        return new Command("key", "Keys that sign audit logs.") { make };
    }
}
