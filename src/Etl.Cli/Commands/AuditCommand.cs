using System.CommandLine;
using Etl.Cli.Composition;

namespace Etl.Cli.Commands;

/// <summary><c>etl audit</c>: logs of audit snapshots.</summary>
internal static class AuditCommand
{
    public static Command Create(GlobalOptions globals) => new("audit", "Look after logs of audit snapshots.")
    {
        AuditVerifyCommand.Create(globals),
        AuditShowCommand.Create(globals),
        AuditEraseCommand.Create(globals),
        AuditKeyCommand.Create(globals),
    };
}
