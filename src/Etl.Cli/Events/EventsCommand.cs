using System.CommandLine;
using Etl.Cli.Composition;

namespace Etl.Cli.Events;

/// <summary><c>etl events</c>: send, play and verify playback events.</summary>
internal static class EventsCommand
{
    public static Command Create(GlobalOptions globals) =>
        new("events", "Send playback and page events to the collecting APIs, through a queue on disk.")
        {
            SendCommand.Create(globals), PlayCommand.Create(globals), VerifyCommand.Create(globals),
        };
}
