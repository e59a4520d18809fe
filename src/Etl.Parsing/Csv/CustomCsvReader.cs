using System.Text;
using CsvHelper;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Reads the files of getCsvFromStringParams (wire facts 4.3): byte order mark, names joined by commas, rows ended by line feeds. The writer
/// does not quote: it replaces every comma inside a value by a space, so a comma always ends a cell. Some text columns come with quotes
/// around them and doubled quotes inside; those are taken off. Quotes anywhere else are text. A line break inside a raw value breaks
/// its row, and the row is refused by its cell count.
/// </summary>
public static class CustomCsvReader
{
    /// <summary>Reads one file to its end.</summary>
    /// <param name="file">The file; not closed.</param>
    /// <param name="options">Limits. Cells are not guarded in these files: <see cref="CsvReadOptions.Unguard"/> does not count.</param>
    /// <param name="bind">Called once when the header is known.</param>
    /// <param name="take">Gets each batch, valid until the returned task ends; rows with a cell that could not be typed are marked as refused.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ReportFormatException">The file is not whole and sound.</exception>
    public static async Task<CustomCsv> ReadAsync(
        Stream file,
        CsvReadOptions options,
        Func<IReadOnlyList<string>, TablePlan> bind,
        Func<RowBatch, CancellationToken, ValueTask> take,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var bytes = new CheckedStream(file, options.MaxFileBytes);
        if (await bytes.InspectAsync(cancellation).ConfigureAwait(false) is { } error)
            return new CustomCsv { Error = error, Bytes = bytes.Bytes, Sha256 = bytes.Hash() };
        using var records = new RecordReader(bytes, options, CsvMode.NoEscape);
        var header = await records.NeedAsync("header", cancellation).ConfigureAwait(false);
        for (var i = 0; i < header.Length; i++) header[i] = Encoding.UTF8.GetString(Unquote(Encoding.UTF8.GetBytes(header[i])));
        HeaderNames.Check(header, options.MaxColumns);
        var sink = new RecordSink(header, options, bind, take);
        RawRow.CellOf cell = i => Unquote(records.Cell(i));
        while (await records.MoveAsync(cancellation).ConfigureAwait(false))
        {
            if (records.CellCount != header.Length)
                throw records.BadRow($"Row {sink.Rows + 1} has {records.CellCount} cells under {header.Length} names", sink.Rows + 1);
            for (var i = 0; i < header.Length; i++) sink.Cell(i, cell(i));
            sink.EndRow(cell);
            if (sink.IsFull) await sink.FlushAsync(cancellation).ConfigureAwait(false);
        }
        records.CheckEnd();
        await sink.FlushAsync(cancellation).ConfigureAwait(false);
        return new CustomCsv { Header = header, Rows = sink.Rows, Bytes = bytes.Bytes, Sha256 = bytes.Hash() };
    }

    // RFC 4180 for a cell that is properly quoted as a whole; any other stays as it is.
    internal static ReadOnlySpan<byte> Unquote(ReadOnlySpan<byte> cell)
    {
        if (cell.Length < 2 || cell[0] != (byte)'"' || cell[^1] != (byte)'"') return cell;
        var inside = cell[1..^1];
        if (!inside.Contains((byte)'"')) return inside;
        var text = new byte[inside.Length];
        var length = 0;
        for (var i = 0; i < inside.Length; i++)
        {
            if (inside[i] == (byte)'"' && (++i == inside.Length || inside[i] != (byte)'"')) return cell;
            text[length++] = inside[i];
        }
        return text.AsSpan(0, length);
    }
}
