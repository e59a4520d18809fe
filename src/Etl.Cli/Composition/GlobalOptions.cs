using System.CommandLine;
using Etl.Cli.Output;

namespace Etl.Cli.Composition;

/// <summary>The options that every command takes.</summary>
internal sealed class GlobalOptions
{
    public Option<string> Jobs { get; } = new("--jobs")
    {
        Description = "Folder of job files.", DefaultValueFactory = _ => "jobs", Recursive = true, HelpName = "DIR",
    };

    public Option<string> Data { get; } = new("--data")
    {
        Description = "Folder for everything that etl keeps: ledger, warehouse, datasets.", DefaultValueFactory = _ => "data", Recursive = true, HelpName = "DIR",
    };

    public Option<bool> Json { get; } = new("--json") { Description = "One JSON object per line on stdout; messages on stderr.", Recursive = true };

    public Option<bool> Quiet { get; } = new("--quiet", "-q") { Description = "Only results and faults.", Recursive = true };

    public Option<bool> Verbose { get; } = new("--verbose", "-v") { Description = "Every step, on stderr.", Recursive = true };

    public void AddTo(RootCommand root)
    {
        root.Add(Jobs);
        root.Add(Data);
        root.Add(Json);
        root.Add(Quiet);
        root.Add(Verbose);
    }

    public Terminal Terminal(ParseResult result) => Terminal(result, result.InvocationConfiguration.Output, result.InvocationConfiguration.Error);

    public Terminal Terminal(ParseResult result, TextWriter output, TextWriter error) =>
        new(output, error, result.GetValue(Json), result.GetValue(Quiet), result.GetValue(Verbose));

    /// <summary>An option that takes a whole number within bounds.</summary>
    public static Option<int> Number(string name, string description, int fallback, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => fallback, HelpName = "N" };
        option.Validators.Add(r =>
        {
            // A text that is no number is the parser's fault to tell.
            if (r.Tokens.Count == 1 && int.TryParse(r.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out var value) && (value < least || value > most))
                r.AddError(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"'{name}' takes a whole number from {least} to {most}, not {value}."));
        });
        return option;
    }
}
