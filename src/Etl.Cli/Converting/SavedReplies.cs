using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Parsing;

namespace Etl.Cli.Converting;

/// <summary>
/// getTable replies that somebody saved, page by page, as one table: a file <c>*.json</c>, or all of those in a folder in the order of their names
/// (<c>page-001.json</c>, <c>page-002.json</c>, …). Cells are joined by <c>|</c>, as our own requests ask for.
/// </summary>
/// <param name="paths">The files.</param>
/// <param name="begin">Called with the header of the first one that has one.</param>
/// <param name="take">Gets each batch.</param>
/// <param name="warnings">What a person should know is added here.</param>
internal sealed class SavedReplies(IReadOnlyList<string> paths, Func<IReadOnlyList<string>, TablePlan> begin, Func<RowBatch, CancellationToken, ValueTask> take, List<string> warnings)
{
    private const string Pattern = "*.json";

    private TablePlan? _plan;
    private string[] _header = [];

    /// <summary>The files that a word on the command line means; null when it means none.</summary>
    public static IReadOnlyList<string>? Find(string input)
    {
        if (File.Exists(input)) return input.EndsWith(".json", StringComparison.Ordinal) ? [input] : null;
        if (!Directory.Exists(input)) return null;
        var files = Directory.GetFiles(input, Pattern).Order(StringComparer.Ordinal).ToList();
        return files.Count == 0 ? null : files;
    }

    /// <summary>Reads them all.</summary>
    /// <exception cref="EtlException">One is an error of the service, has another header, or no table is in any; the message names the file.</exception>
    public async Task ReadAsync(CancellationToken cancellation)
    {
        var reader = new ReportTableReader(new ReportTableOptions { Hash = false });
        long rows = 0, announced = 0;
        foreach (var path in paths)
        {
            using var body = new DirectReads(path);
            var reply = await ReadAsync(reader, body, path, cancellation).ConfigureAwait(false);
            if (reply.Error is { } error)
                throw new EtlException(FaultKind.Window, $"Could not convert '{path}': it is no table but the service's error {error.Code}. Nothing was written.") { Code = error.Code };
            if (reply.DataIsNull)
                throw new EtlException(FaultKind.Window, $"Could not convert '{path}': its rows are null, which the service sends for a text that it could not encode. Ask for this page again. Nothing was written.");
            rows += reply.Rows;
            announced = Math.Max(announced, reply.TotalCount ?? 0);
        }
        if (_plan is null) throw new EtlException(FaultKind.Window, $"Could not convert '{paths[0]}': none of {paths.Count} replies has a header, so the columns are not known. Nothing was written.");
        // The count is an estimate at times: told, never a fault.
        if (announced > rows)
            warnings.Add(string.Create(CultureInfo.InvariantCulture, $"The replies announce {announced} rows and hold {rows}: pages may be missing."));
    }

    private async Task<TableReply> ReadAsync(ReportTableReader reader, Stream body, string path, CancellationToken cancellation)
    {
        try
        {
            return await reader.ReadAsync(body, header => Bind(header, path), take, cancellation).ConfigureAwait(false);
        }
        catch (ReportFormatException e)
        {
            throw new EtlException(FaultKind.Window, $"Could not convert '{path}': {e.Message} Nothing was written.", e) { Code = e.Code };
        }
    }

    private TablePlan Bind(IReadOnlyList<string> header, string path)
    {
        if (_plan is null)
        {
            _header = [.. header];
            return _plan = begin(_header);
        }
        if (!header.SequenceEqual(_header, StringComparer.Ordinal))
            throw new EtlException(FaultKind.Window, $"Could not convert '{path}': its columns are not those of the replies before it ({string.Join(", ", header)} instead of {string.Join(", ", _header)}). Nothing was written.");
        return _plan;
    }
}
