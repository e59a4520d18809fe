using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Writing;

/// <summary>Rows of RFC 4180, written by CsvHelper.</summary>
internal sealed class CsvRows : IRowWriter
{
    private static readonly byte[] s_byteOrderMark = [0xEF, 0xBB, 0xBF];

    private readonly CrmForm _form;
    private readonly RowBytes _bytes = new();
    private readonly CsvWriter _csv;

    /// <summary>Makes the writer.</summary>
    public CsvRows(IEnumerable<string> headers, CrmForm form, bool defuses)
    {
        _form = form;
        _csv = new CsvWriter(_bytes, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = form.Delimiter.ToString(),
            NewLine = form.EndsLinesWithCrLf ? "\r\n" : "\n",
        });
        var cells = headers.Select(header =>
        {
            var safe = defuses ? Formula.Defuse(header, form.Delimiter, isPhone: false) : header;
            return new WrittenCell(safe, CellKind.Text, IsDefused: !ReferenceEquals(safe, header));
        }).ToList();
        DefusedHeaders = cells.Count(c => c.IsDefused);
        Head = (byte[])[.. form.HasByteOrderMark ? s_byteOrderMark : [], .. Row(cells).Span];
        _bytes.Seed();
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Head { get; }

    /// <inheritdoc/>
    public int DefusedHeaders { get; }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Row(IReadOnlyList<WrittenCell> cells)
    {
        _bytes.Begin();
        foreach (var cell in cells) _csv.WriteField(cell.Text, IsQuoted(cell, cells.Count));
        _csv.NextRecord();
        _csv.Flush();
        return _bytes.Row;
    }

    /// <inheritdoc/>
    public UInt128 Content() => _bytes.Content();

    public void Dispose()
    {
        _csv.Dispose();
        _bytes.Dispose();
    }

    private bool IsQuoted(in WrittenCell cell, int columns) =>
        cell.IsDefused
        || _form.Quote == CrmQuote.All
        || (_form.Quote == CrmQuote.Text && cell.Kind == CellKind.Text && cell.Text.Length > 0)
        || NeedsQuotes(cell.Text)
        // A row that is one empty cell would be an empty line, which readers leave out.
        || (columns == 1 && cell.Text.Length == 0);

    // Also around other programs' delimiters and spaces at the ends, which some readers trim.
    private bool NeedsQuotes(string text) =>
        text.Length > 0 && (text.AsSpan().IndexOfAny("\",;\t\r\n") >= 0 || text.Contains(_form.Delimiter, StringComparison.Ordinal) || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]));
}
