using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Reads the files of the reports microservice, whose form is not published, as <see cref="CsvFileReader"/> reads any: the last line may lack its
/// line feed, which the result tells. Adds what a download needs: a limit, a hash, and errors that come instead of a file.
/// </summary>
public static class BackgroundCsvReader
{
    /// <summary>Reads one file to its end.</summary>
    /// <param name="file">The file; not closed.</param>
    /// <param name="options">Limits. Cells are not guarded in these files.</param>
    /// <param name="bind">Called once when the header is known.</param>
    /// <param name="take">Gets each batch, valid until the returned task ends; rows with a cell that could not be typed are marked as refused.</param>
    /// <param name="cancellation">Stops the reading.</param>
    /// <exception cref="ReportFormatException">The file is empty, markup, JSON, or not whole and sound.</exception>
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
        var read = await CsvFileReader.ReadAsync(bytes, options, bind, take, cancellation).ConfigureAwait(false);
        return new CustomCsv { Header = read.Header, Rows = read.Rows, HasOpenEnd = bytes.LastByte != (byte)'\n', Bytes = bytes.Bytes, Sha256 = bytes.Hash() };
    }
}
