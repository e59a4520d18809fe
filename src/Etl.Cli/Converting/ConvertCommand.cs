using System.CommandLine;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Parquet;

namespace Etl.Cli.Converting;

/// <summary><c>etl convert</c>: a CSV file, or saved replies, to a Parquet file. Streams; the file appears whole or not at all.</summary>
internal static class ConvertCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var input = new Argument<string>("IN.csv") { Description = "A CSV file with names in its first line, '-' for standard input, or saved getTable replies: one *.json or a folder of them." };
        var output = new Argument<string>("OUT.parquet") { Description = "The Parquet file to write, or a CSV file (*.csv); replaced if it is there." };
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
        var threads = new Option<int?>("--threads")
        {
            Description = "1 or 2: with 2, rows of a plain CSV file are typed while others are written. By default as many as there are processors.", HelpName = "N",
        };
        var columns = new Option<string?>("--columns") { Description = "Of a CSV file as output: its columns, with commas between them; all without it.", HelpName = "A,B" };
        var distinct = new Option<string?>("--distinct-by")
        {
            Description = "Of a CSV file as output: keep the first row of each value of this column (A to Z like a to z) and none without one.", HelpName = "COLUMN",
        };
        var command = new Command("convert", "Convert a CSV file, or saved replies, to Parquet, typed by a schema file or by the catalogue.") { input, output, schema, report, codec, threads, columns, distinct };
        command.Validators.Add(r =>
        {
            if (r.GetValue(schema) is not null && r.GetValue(report) is not null) r.AddError("'--schema' and '--report' both say what the columns are. Give one of them.");
            if (r.GetValue(threads) is not (null or 1 or 2)) r.AddError("'--threads' takes 1 or 2.");
            if (r.GetValue(threads) is not null && r.GetValue(report) is not null) r.AddError("'--threads' is for plain CSV files; those of a report are read by one thread.");
            var isCsv = ToCsv(r.GetValue(output));
            if (isCsv && (r.GetValue(schema) ?? r.GetValue(report)) is not null) r.AddError("'--schema' and '--report' type the columns of a Parquet file; cells of a CSV file stay as they stand.");
            if (!isCsv && (r.GetValue(columns) ?? r.GetValue(distinct)) is not null) r.AddError("'--columns' and '--distinct-by' are for a CSV file as output: name it *.csv.");
            if (r.GetValue(columns)?.Split(',') is { } names && names.Distinct(StringComparer.Ordinal).Count() < names.Length) r.AddError("'--columns' names a column twice.");
        });
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var done = ToCsv(result.GetValue(output))
                ? await CopyAsync(result.GetRequiredValue(input), result.GetRequiredValue(output), result.GetValue(columns)?.Split(','), result.GetValue(distinct), cancellation).ConfigureAwait(false)
                : await ConvertAsync(
                    new Conversion(
                        result.GetRequiredValue(input), result.GetRequiredValue(output), result.GetValue(schema), result.GetValue(report), result.GetValue(codec),
                        result.GetValue(threads) ?? Math.Min(2, Environment.ProcessorCount)),
                    cancellation).ConfigureAwait(false);
            foreach (var warning in done.Warnings) terminal.Warn(warning);
            terminal.Object(new { type = "converted", path = done.Path, rows = done.Rows, bytes = done.Bytes, quarantined = done.Quarantined, notes = done.Notes, leftOut = done.LeftOut });
            terminal.Line($"{done.Path}  {Show.Number(done.Rows, "row")}, {Show.Bytes(done.Bytes)}"
                + (done.LeftOut is { } others ? $", {Show.Number(others, "row")} left out" : "")
                + (done.Notes is null ? "" : $", {Show.Number(done.Quarantined, "cell")} could not be typed and {(done.Quarantined == 1 ? "is" : "are")} null: see {done.Notes}"));
            return ExitCode.Done;
        });
        return command;
    }

    private static bool ToCsv(string? output) => output?.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) == true;

    private static async Task<Converted> ConvertAsync(Conversion conversion, CancellationToken cancellation)
    {
        using (conversion) return await conversion.RunAsync(cancellation).ConfigureAwait(false);
    }

    private static async Task<Converted> CopyAsync(string input, string output, string[]? columns, string? distinct, CancellationToken cancellation)
    {
        using var conversion = new CsvConversion(input, output, columns, distinct);
        return await conversion.RunAsync(cancellation).ConfigureAwait(false);
    }

    private static ParquetCodec Refuse(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return default;
    }
}
