using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Reads CSV files with names in the first line (RFC 4180; line ends LF, CRLF or CR; UTF-8, with or without a byte order mark; the last line
/// may lack its end). Typed batches come out, in bounded memory. Every row has as many cells as the header; empty lines are passed over where
/// there is more than one column. No cell is typed by looking at it: the plan says what each column is.
/// </summary>
public static class CsvFileReader
{
    /// <summary>Reads one file to its end.</summary>
    /// <param name="file">The file; not closed.</param>
    /// <param name="options">Limits. Cells are not guarded in such files: <see cref="CsvReadOptions.Unguard"/> does not count.</param>
    /// <param name="bind">Called once when the header is known.</param>
    /// <param name="take">Gets each batch, valid until the returned task ends; rows with a cell that could not be typed are marked as refused.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ReportFormatException">The file is not sound; the message names line and column.</exception>
    public static async Task<CsvFile> ReadAsync(
        Stream file,
        CsvReadOptions options,
        Func<IReadOnlyList<string>, TablePlan> bind,
        Func<RowBatch, CancellationToken, ValueTask> take,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var rows = new CsvRows(file, options.MaxRecordBytes, options.BufferBytes);
        if (!await rows.MoveAsync(cancellation).ConfigureAwait(false))
            throw new ReportFormatException(ReportFormatException.EmptyBody, "The file is empty; its first line should name the columns.", 0);
        var header = rows.TakeRecord();
        HeaderNames.Check(header, options.MaxColumns);
        var plan = bind(header);
        var filler = new RowFiller(rows, header, plan, options);
        var handOver = new HandOver(plan.Schema, options.BatchesAhead, take, cancellation);
        try
        {
            while (await rows.MoveAsync(cancellation).ConfigureAwait(false))
            {
                while (filler.Fill())
                {
                    if (filler.IsFull) filler.Next(await handOver.GiveAsync(filler.Batch, cancellation).ConfigureAwait(false));
                }
            }
            if (filler.Batch.RowCount > 0) await handOver.GiveAsync(filler.Batch, cancellation).ConfigureAwait(false);
        }
        finally
        {
            // Also when the reading failed: the receiver still has batches of ours.
            await handOver.EndAsync().ConfigureAwait(false);
        }
        return new CsvFile(header, filler.Rows, rows.Bytes);
    }
}
