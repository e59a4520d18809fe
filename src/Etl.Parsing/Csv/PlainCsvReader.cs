using CsvHelper;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Reads files of RFC 4180: names, then rows, quoted where needed, UTF-8 with or without byte order mark. For the files of the
/// reports microservice, whose form is not published: the last line may lack its line feed, which the result tells.
/// </summary>
public static class PlainCsvReader
{
    /// <summary>Reads one file to its end.</summary>
    /// <param name="file">The file; not closed.</param>
    /// <param name="options">Limits, and whether a last line without a line feed is admitted. Cells are not guarded in these files.</param>
    /// <param name="bind">Called once when the header is known.</param>
    /// <param name="take">Gets each batch, valid until the returned task ends.</param>
    /// <param name="fault">Gets each cell that could not be typed and landed as null.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ReportFormatException">The file is empty, markup, JSON, or not whole and sound.</exception>
    public static async Task<CustomCsv> ReadAsync(
        Stream file,
        CsvReadOptions options,
        Func<IReadOnlyList<string>, TablePlan> bind,
        Func<RowBatch, CancellationToken, ValueTask> take,
        Action<CellFault> fault,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var bytes = new CheckedStream(file, options.MaxFileBytes);
        if (await bytes.InspectAsync(cancellation).ConfigureAwait(false) is { } error)
            return new CustomCsv { Error = error, Bytes = bytes.Bytes, Sha256 = bytes.Hash() };
        using var records = new RecordReader(bytes, options, CsvMode.Rfc4180);
        var header = await records.NeedAsync("header", cancellation).ConfigureAwait(false);
        HeaderNames.Check(header, options.MaxColumns);
        var sink = new RecordSink(header, options, bind, take, fault);
        while (await records.MoveAsync(cancellation).ConfigureAwait(false))
        {
            if (records.CellCount != header.Length)
                throw records.BadRow($"Row {sink.Rows + 1} has {records.CellCount} cells under {header.Length} names", sink.Rows + 1);
            for (var i = 0; i < header.Length; i++) sink.Cell(i, records.Cell(i));
            sink.EndRow();
            if (sink.IsFull) await sink.FlushAsync(cancellation).ConfigureAwait(false);
        }
        records.CheckEnd();
        await sink.FlushAsync(cancellation).ConfigureAwait(false);
        return new CustomCsv { Header = header, Rows = sink.Rows, HasOpenEnd = records.HasOpenEnd, Bytes = bytes.Bytes, Sha256 = bytes.Hash() };
    }
}
