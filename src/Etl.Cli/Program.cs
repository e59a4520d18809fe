using System.CommandLine;
using Etl.Cli;

var result = CommandLine.Create().Parse(args);
return await CommandLine.InvokeAsync(result, Console.Out, Console.Error).ConfigureAwait(false);
