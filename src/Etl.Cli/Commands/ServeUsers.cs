using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Server;
using Etl.Server.Who;

namespace Etl.Cli.Commands;

/// <summary>
/// <c>etl serve --new-key NAME --role R</c> and <c>--new-user NAME --role R</c>: make a user in the data folder instead of serving. A key is shown
/// once and never kept; a password is read from standard input, never from the command line, which others can see.
/// </summary>
internal sealed class ServeUsers
{
    private readonly Option<string?> _key = new("--new-key") { Description = "Make an API key for a program, print it once and end.", HelpName = "NAME" };
    private readonly Option<string?> _person = new("--new-user") { Description = "Make a login for a person, with a password read from standard input, and end.", HelpName = "NAME" };
    private readonly Option<string?> _role = new("--role") { Description = "What the new user may do: viewer or operator.", HelpName = "ROLE" };

    public void AddTo(Command command)
    {
        command.Add(_key);
        command.Add(_person);
        command.Add(_role);
    }

    /// <summary>True when this is what the command line asks for.</summary>
    public bool IsAsked(ParseResult result) => result.GetValue(_key) is not null || result.GetValue(_person) is not null || result.GetValue(_role) is not null;

    public int Execute(GlobalOptions globals, ParseResult result, Terminal terminal)
    {
        var role = (result.GetValue(_key), result.GetValue(_person), result.GetValue(_role)) switch
        {
            (null, null, _) => throw Usage("'--role' belongs to '--new-key NAME' or '--new-user NAME'."),
            (not null, not null, _) => throw Usage("'--new-key' and '--new-user' make one user each. Give one of them."),
            (_, _, null) => throw Usage("A new user needs a role: add '--role viewer' (sees) or '--role operator' (releases, runs and cancels as well)."),
            var (_, _, word) => Policies.Find(word) ?? throw Usage($"'{word}' is not a role. Expected viewer or operator."),
        };
        var folder = StatusServerOptions.UsersFolder(result.GetValue(globals.Data)!);
        if (result.GetValue(_key) is { } program)
        {
            var (key, kept) = Credential.NewKey();
            Users.Put(folder, new User(program, role, kept));
            terminal.Note($"The key of '{program}' ({role.ToString().ToLowerInvariant()}); it is not shown again:");
            if (terminal.Json) terminal.Object(new { type = "key", name = program, role = role.ToString().ToLowerInvariant(), key = key.Reveal() });
            else terminal.Line(key.Reveal());
            return ExitCode.Done;
        }
        var person = result.GetValue(_person)!;
        Users.Put(folder, new User(person, role, Credential.OfPassword(ReadPassword(terminal))));
        terminal.Note($"'{person}' may log in now ({role.ToString().ToLowerInvariant()}). A login that '{person}' had before is over.");
        return ExitCode.Done;
    }

    private static Secret ReadPassword(Terminal terminal)
    {
        if (!Console.IsInputRedirected) terminal.Note($"Password, at least {Credential.LeastPassword} characters (not shown):");
        var text = Console.IsInputRedirected ? Console.In.ReadLine() ?? "" : ReadUnseen();
        return text.Length is >= Credential.LeastPassword and <= Credential.MostPassword
            ? new Secret(text)
            : throw Usage($"The password has {text.Length} characters. Give {Credential.LeastPassword} to {Credential.MostPassword}, on standard input.");
    }

    private static string ReadUnseen()
    {
        var text = new System.Text.StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace && text.Length > 0) text.Length--;
            else if (!char.IsControl(key.KeyChar)) text.Append(key.KeyChar);
        }
        return text.ToString();
    }

    private static EtlException Usage(string message) => new(FaultKind.Usage, message) { Code = "bad-user" };
}
