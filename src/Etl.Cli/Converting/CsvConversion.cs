using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Text;
using Etl.Landing.Csv;
using Etl.Parsing;

namespace Etl.Cli.Converting;

/// <summary>
/// Copies a CSV file, or saved replies, to a CSV file: some of the columns, or the first row of each value of one. Cells stay as they stand.
/// </summary>
/// <param name="input">What is read; '-' is standard input.</param>
/// <param name="output">What is written.</param>
/// <param name="columns">The columns to write, in this order; null for all.</param>
/// <param name="distinctBy">The column whose values count once; null to keep every row.</param>
internal sealed class CsvConversion(string input, string output, IReadOnlyList<string>? columns, string? distinctBy) : IDisposable
{
    private ConvertedCsv? _file;
    private FirstRows? _first;

    /// <summary>Discards what was not published.</summary>
    public void Dispose() => _file?.Dispose();

    /// <summary>Copies.</summary>
    /// <exception cref="EtlException">A file is missing, unsound or cannot be written; nothing was replaced.</exception>
    public async Task<Converted> RunAsync(CancellationToken cancellation)
    {
        ConvertPaths.CheckOutput(input, output);
        List<string> warnings = [];
        try
        {
            if (SavedReplies.Find(input) is { } replies)
            {
                await new SavedReplies(replies, Begin, Write, warnings).ReadAsync(cancellation).ConfigureAwait(false);
            }
            else
            {
                using var csv = ConvertPaths.Open(input);
                await CsvFileReader.ReadAsync(csv, new CsvReadOptions { MaxFileBytes = long.MaxValue, MaxCellBytes = int.MaxValue }, Begin, Write, cancellation).ConfigureAwait(false);
            }
            return new Converted(output, _file!.Rows, _file.Complete(), 0, null, warnings) { LeftOut = _first?.LeftOut };
        }
        catch (ReportFormatException e)
        {
            throw new EtlException(FaultKind.Window, $"Could not convert '{input}': {e.Message} Nothing was written.", e) { Code = e.Code };
        }
    }

    private TablePlan Begin(IReadOnlyList<string> header)
    {
        var written = columns ?? header;
        foreach (var name in distinctBy is null ? written : written.Append(distinctBy))
            if (!header.Contains(name, StringComparer.Ordinal))
                throw new EtlException(FaultKind.Usage, $"'{input}' has no column '{name}'.{Nearest.Hint(name, [.. header])}") { Code = "bad-column" };
        // The key comes last where it is not written.
        List<string> read = distinctBy is null || written.Contains(distinctBy, StringComparer.Ordinal) ? [.. written] : [.. written, distinctBy];
        int[] targets = [.. header.Select(name => read.IndexOf(name))];
        _file = new ConvertedCsv(output, written);
        if (distinctBy is not null) _first = new FirstRows(read.IndexOf(distinctBy));
        return new TablePlan(
            new TableSchema(read.Select(name => new Column(name, ColumnType.Text))), [.. targets.Select(t => t < 0 ? CellFormat.Skip : CellFormat.Text)], targets);
    }

    private ValueTask Write(RowBatch batch, CancellationToken cancellation)
    {
        _file!.Write(batch, _first is null ? default : _first.FindOthers(batch));
        return ValueTask.CompletedTask;
    }
}
