using System.CommandLine;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Parquet;

namespace Etl.Cli.Converting;

/// <summary><c>etl convert</c>: a CSV file to a Parquet file. Streams; the file appears whole or not at all.</summary>
internal static class ConvertCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var input = new Argument<string>("IN.csv") { Description = "A CSV file with names in its first line, or '-' for standard input." };
        var output = new Argument<string>("OUT.parquet") { Description = "The Parquet file to write; replaced if it is there." };
        var schema = new Option<string?>("--schema") { Description = "YAML or JSON file with the types of the columns; without it every column is text.", HelpName = "FILE" };
        var report = new Option<string?>("--report") { Description = "The CSV is one of this report (id or name), as the service writes it; the catalogue knows the types.", HelpName = "ID" };
        var codec = new Option<ParquetCodec>("--codec")
        {
            Description = "How pages are compressed: snappy, gzip or none.", HelpName = "CODEC", DefaultValueFactory = _ => ParquetCodec.Snappy,
            CustomParser = r => r.Tokens[0].Value switch
            {
                "snappy" => ParquetCodec.Snappy,
                "gzip" => ParquetCodec.Gzip,
                "none" => ParquetCodec.None,
                var other => Refuse(r, $"'--codec' takes snappy, gzip or none, not '{other}'."),
            },
        };
        var command = new Command("convert", "Convert a CSV file to Parquet, typed by a schema file or by the catalogue.") { input, output, schema, report, codec };
        command.Validators.Add(r =>
        {
            if (r.GetValue(schema) is not null && r.GetValue(report) is not null) r.AddError("'--schema' and '--report' both say what the columns are. Give one of them.");
        });
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            using var conversion = new Conversion(
                result.GetRequiredValue(input), result.GetRequiredValue(output), result.GetValue(schema), result.GetValue(report), result.GetValue(codec));
            var done = await conversion.RunAsync(cancellation).ConfigureAwait(false);
            foreach (var warning in done.Warnings) terminal.Warn(warning);
            terminal.Object(new { type = "converted", path = done.Path, rows = done.Rows, bytes = done.Bytes, quarantined = done.Quarantined, notes = done.Notes });
            terminal.Line($"{done.Path}  {Show.Number(done.Rows, "row")}, {Show.Bytes(done.Bytes)}"
                + (done.Notes is null ? "" : $", {Show.Number(done.Quarantined, "cell")} could not be typed and {(done.Quarantined == 1 ? "is" : "are")} null: see {done.Notes}"));
            return ExitCode.Done;
        });
        return command;
    }

    private static ParquetCodec Refuse(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
