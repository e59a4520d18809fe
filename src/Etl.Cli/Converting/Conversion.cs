using System.Globalization;
using Etl.Cli.Composition;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Kaltura.Catalog;
using Etl.Landing.Parquet;
using Etl.Parquet;
using Etl.Parsing;

namespace Etl.Cli.Converting;

/// <summary>What a conversion gave.</summary>
/// <param name="Path">The file that was written.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Bytes">Its bytes.</param>
/// <param name="Quarantined">Cells that could not be typed.</param>
/// <param name="Notes">Where they are noted; null when there are none.</param>
/// <param name="Warnings">What a person should know.</param>
internal sealed record Converted(string Path, long Rows, long Bytes, long Quarantined, string? Notes, IReadOnlyList<string> Warnings)
{
    /// <summary>Rows that were not the first of their value; null when every row was kept.</summary>
    public long? LeftOut { get; init; }
}

/// <summary>
/// Converts one CSV file: read, type, write, batch by batch. With two threads a plain file's rows are typed while those before them are written, which
/// changes nothing in the file: batches are written in their order.
/// </summary>
internal sealed class Conversion(string input, string output, string? schema, string? report, ParquetCodec codec, int threads) : IDisposable
{
    private readonly List<string> _warnings = [];
    private ConvertedFile? _file;

    /// <summary>Discards what was not published.</summary>
    public void Dispose() => _file?.Dispose();

    /// <summary>Converts.</summary>
    /// <exception cref="EtlException">A file is missing, unsound or cannot be written; nothing was replaced.</exception>
    public async Task<Converted> RunAsync(CancellationToken cancellation)
    {
        // 1. Everything that can be known before a byte is read.
        var reportType = report is null ? null : Report(report);
        var columns = schema is null ? null : ColumnTypes.Read(schema);
        ConvertPaths.CheckOutput(input, output);
        // 2. Read and write.
        try
        {
            if (SavedReplies.Find(input) is { } replies)
            {
                if (reportType is not null) throw new EtlException(FaultKind.Usage, "'--report' is for CSV files. Saved replies are typed by '--schema'.");
                await new SavedReplies(replies, header => Begin((columns ?? ColumnTypes.Text).Plan(header, schema ?? "", _warnings)), Write, _warnings).ReadAsync(cancellation).ConfigureAwait(false);
                return Complete();
            }
            using var csv = ConvertPaths.Open(input);
            var options = new CsvReadOptions { MaxFileBytes = long.MaxValue, MaxCellBytes = int.MaxValue, BatchesAhead = threads > 1 ? 2 : 0 };
            if (reportType is null)
            {
                await CsvFileReader.ReadAsync(
                    csv, options, header => Begin((columns ?? ColumnTypes.Text).Plan(header, schema ?? "", _warnings)), Write, cancellation).ConfigureAwait(false);
            }
            else if (reportType.Custom is not null)
            {
                var read = await CustomCsvReader.ReadAsync(csv, options, header => Begin(ReportFilePlan.Of(EtlHost.Catalog, reportType, header)), Write, cancellation).ConfigureAwait(false);
                Refuse(read.Error);
            }
            else
            {
                var read = await CsvReportReader.ReadAsync(csv, options, header => Begin(ReportFilePlan.Of(EtlHost.Catalog, reportType, header)), Write, cancellation).ConfigureAwait(false);
                Refuse(read.Error);
                if (read.Header is null) Begin(ReportFilePlan.Expected(EtlHost.Catalog, reportType));
                if (read.AnnouncedRows > read.Rows)
                    _warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The file announces {read.AnnouncedRows} rows and holds {read.Rows}: it is a part of its report."));
            }
            return Complete();
        }
        catch (ReportFormatException e)
        {
            throw new EtlException(FaultKind.Window, $"Could not convert '{input}': {e.Message} Nothing was written.", e) { Code = e.Code };
        }
    }

    // 3. Publish.
    private Converted Complete()
    {
        var bytes = _file!.Complete();
        return new Converted(output, _file.Rows, bytes, _file.Notes, _file.Notes == 0 ? null : output + ".quarantine.jsonl", _warnings);
    }

    private static ReportType Report(string word) => EtlHost.Catalog.FindReport(word) ?? throw new EtlException(
        FaultKind.Usage,
        $"There is no report '{word}'." + (EtlHost.Catalog.NearestReports(word) is { Count: > 0 } near ? $" Near: {string.Join(", ", near)}." : " 'etl reports' lists all."));

    private TablePlan Begin(TablePlan plan)
    {
        _file = new ConvertedFile(output, plan.Schema, codec);
        return plan;
    }

    private ValueTask Write(RowBatch batch, CancellationToken cancellation)
    {
        // Rows are numbered as they stand in the file that is written: those of saved replies begin anew in each.
        foreach (var row in batch.Refused)
            foreach (var cell in row.Cells) _file!.Note(cell.Line, _file.Rows + row.Index + 1, cell.Column, cell.Text, cell.Reason);
        _file!.Write(batch);
        return ValueTask.CompletedTask;
    }

    private void Refuse(ServiceError? error)
    {
        if (error is null) return;
        throw new EtlException(FaultKind.Window, $"Could not convert '{input}': it is no file but the service's error {error.Code}. Nothing was written.") { Code = error.Code };
    }
}
