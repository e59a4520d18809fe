namespace Etl.Cli.Tests;

/// <summary>Runs the command line inside the test process.</summary>
internal static class Shell
{
    public static async Task<(int Exit, string Out, string Error)> RunAsync(params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exit = await CommandLine.RunAsync(arguments, output, error);
        return (exit, output.ToString(), error.ToString());
    }
}
