using System.Runtime.CompilerServices;
using System.Text;
using Etl.Core.Errors;

namespace Etl.Kaltura.Events;

/// <summary>One line (or CSV record) of an input.</summary>
/// <param name="Number">Number of its first line, from one.</param>
/// <param name="Event">The event; null when it has faults.</param>
/// <param name="Faults">What is wrong with it, in sentences.</param>
public sealed record EventLine(long Number, KalturaEvent? Event, IReadOnlyList<string> Faults);

/// <summary>How an input is read.</summary>
public sealed record EventReadOptions
{
    /// <summary>API of events that name none; null when each must.</summary>
    public EventApi? Api { get; init; }

    /// <summary>Account of events that name none.</summary>
    public string? PartnerId { get; init; }
}

/// <summary>
/// Reads events from JSON lines or CSV, told apart by the first character, and checks each against the catalogue and against the session that it belongs to.
/// An event that has a session and no index is numbered.
/// </summary>
public static class EventReader
{
    private const int MaxRecord = 1 << 20;

    /// <summary>Reads to the end of the stream. Empty lines are passed over.</summary>
    /// <exception cref="EtlException">The text is not UTF-8, a record is longer than 1 MiB, or the CSV header is damaged.</exception>
    public static async IAsyncEnumerable<EventLine> ReadAsync(Stream stream, EventReadOptions options, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        var binder = new EventBinder(options.PartnerId, options.Api);
        var order = new EventOrder();
        using var text = new StreamReader(stream, new UTF8Encoding(false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: false, 64 << 10, leaveOpen: true);
        string[]? header = null;
        var isFirst = true;
        long number = 0;
        while (await LineAsync(text, number + 1, cancellation).ConfigureAwait(false) is { } line)
        {
            number++;
            var at = number;
            if (isFirst) line = line.TrimStart('\uFEFF');
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (isFirst && !line.TrimStart().StartsWith('{'))
            {
                header = Header(line);
                isFirst = false;
                continue;
            }
            isFirst = false;
            if (header is not null)
            {
                // A quoted cell may run over several lines.
                while (line.Count(c => c == '"') % 2 == 1 && await LineAsync(text, number + 1, cancellation).ConfigureAwait(false) is { } more)
                {
                    line = $"{line}\n{more}";
                    number++;
                    if (line.Length > MaxRecord) throw Bad(at, "is longer than 1 MiB. A quote that is not closed takes in all that follows.");
                }
            }
            yield return Bind(at, line, header, binder, order);
        }
    }

    private static EventLine Bind(long number, string line, string[]? header, EventBinder binder, EventOrder order)
    {
        var faults = new List<string>();
        try
        {
            var pairs = header is null ? EventJson.Pairs(Encoding.UTF8.GetBytes(line)) : Record(line, header);
            var found = binder.Bind(pairs, faults);
            if (found is not null)
            {
                found = order.Take(found, faults);
                EventBinder.Check(found, faults);
            }
            return new EventLine(number, faults.Count == 0 ? found : null, faults);
        }
        catch (FormatException e)
        {
            return new EventLine(number, null, [e.Message]);
        }
    }

    private static async ValueTask<string?> LineAsync(StreamReader text, long number, CancellationToken cancellation)
    {
        try
        {
            var line = await text.ReadLineAsync(cancellation).ConfigureAwait(false);
            return line is { Length: > MaxRecord } ? throw Bad(number, "is longer than 1 MiB.") : line;
        }
        catch (DecoderFallbackException e)
        {
            throw new EtlException(FaultKind.Usage, $"The input is not UTF-8 text near line {number}. Save it as UTF-8.", e) { Code = "encoding" };
        }
    }

    private static string[] Header(string line)
    {
        var names = Cells(line).Select(c => c.Trim()).ToArray();
        if (names.Any(n => n.Length == 0) || names.Distinct(StringComparer.Ordinal).Count() != names.Length)
            throw Bad(1, "is neither a JSON object nor a CSV header: a header names each column once, and 'eventType' among them.");
        return names.Contains("eventType", StringComparer.Ordinal) ? names : throw Bad(1, "is no JSON object, and as a CSV header it has no column 'eventType'.");
    }

    private static List<KeyValuePair<string, string>> Record(string line, string[] header)
    {
        var cells = Cells(line);
        if (cells.Count != header.Length) throw new FormatException($"The record has {cells.Count} cells; the header has {header.Length} columns.");
        return [.. header.Zip(cells, (name, cell) => new KeyValuePair<string, string>(name, cell)).Where(p => p.Value.Length > 0)];
    }

    private static List<string> Cells(string line)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < line.Length; i++)
        {
            var c = line[i];
            if (isQuoted && c == '"' && i + 1 < line.Length && line[i + 1] == '"') cell.Append(line[i++]);
            else if (c == '"' && (isQuoted || cell.Length == 0)) isQuoted = !isQuoted;
            else if (c == ',' && !isQuoted)
            {
                cells.Add(cell.ToString());
                cell.Clear();
            }
            else cell.Append(c);
        }
        if (isQuoted) throw new FormatException("A quote is not closed.");
        cells.Add(cell.ToString());
        return cells;
    }

    private static EtlException Bad(long number, string what) => new(FaultKind.Usage, $"Line {number} of the input {what}") { Code = "input" };
}
