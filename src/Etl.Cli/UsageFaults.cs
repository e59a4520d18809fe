using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Etl.Core.Text;

namespace Etl.Cli;

/// <summary>Says the parser's faults in our words: no type names, and the nearest command for a wrong one.</summary>
internal static partial class UsageFaults
{
    private const string MissingCommand = "Required command was not provided.";

    public static IReadOnlyList<string> Of(ParseResult result)
    {
        var messages = result.Errors.Select(e => e.Message).Distinct().ToList();
        // A misspelt command is also a missing one: the first says more.
        if (messages.Count > 1) messages.Remove(MissingCommand);
        var commands = result.CommandResult.Command.Subcommands.Select(c => c.Name).ToList();
        return [.. messages.Select(m => Say(m, result.CommandResult, commands))];
    }

    /// <summary>The command as it is typed: <c>etl session show</c>.</summary>
    public static string Path(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{Path(parent)} {command.Command.Name}" : "etl";

    private static string Say(string message, CommandResult command, List<string> commands)
    {
        if (message == MissingCommand) return $"'{Path(command)}' needs a command: {string.Join(", ", commands)}.";
        if (BadValue().Match(message) is { Success: true } value)
            return $"'{value.Groups["option"].Value}' takes a {(value.Groups["type"].Value.Contains("Int", StringComparison.Ordinal) ? "whole number" : "value of another kind")}, not '{value.Groups["text"].Value}'.";
        if (Stranger().Match(message) is { Success: true } stranger)
        {
            var word = stranger.Groups["text"].Value;
            if (commands.Count > 0 && !word.StartsWith('-')) return $"There is no command '{word}'.{Nearest.Hint(word, commands)}";
            var options = command.Command.Options.Concat(Globals(command)).Select(o => o.Name).ToList();
            return $"'{Path(command)}' does not take '{word}'.{(word.StartsWith('-') ? Nearest.Hint(word, options) : "")}";
        }
        return message;
    }

    private static IEnumerable<Option> Globals(CommandResult command)
    {
        for (var above = command.Parent; above is CommandResult c; above = c.Parent)
            foreach (var option in c.Command.Options.Where(o => o.Recursive)) yield return option;
    }

    [GeneratedRegex("^Cannot parse argument '(?<text>.*)' for option '(?<option>[^']+)' as expected type '(?<type>[^']+)'", RegexOptions.Singleline)]
    private static partial Regex BadValue();

    [GeneratedRegex("^Unrecognized command or argument '(?<text>.*)'", RegexOptions.Singleline)]
    private static partial Regex Stranger();
}
