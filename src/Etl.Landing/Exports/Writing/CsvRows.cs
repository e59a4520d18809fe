using CsvHelper;
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
        // What a spreadsheet would run is ours to find: the library knows the ASCII signs only.
        _csv = CsvWriter.Create(
            _bytes,
            new CsvWriterOptions { Separator = form.Delimiter, NewLine = form.EndsLinesWithCrLf ? "\r\n" : "\n", Injection = CsvInjection.None, BufferSize = 1 << 14 },
            leaveOpen: true);
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
        foreach (var cell in cells) _csv.WriteField(cell.Text, IsQuoted(cell) ? CsvQuoting.Always : CsvQuoting.WhenNeededOrWhitespace);
        _csv.EndRecord();
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

    // Also around other programs' delimiters; an empty line cannot come about, the library sees to that.
    private bool IsQuoted(in WrittenCell cell) =>
        cell.IsDefused
        || _form.Quote == CrmQuote.All
        || (_form.Quote == CrmQuote.Text && cell.Kind == CellKind.Text && cell.Text.Length > 0)
        || (cell.Text.Length > 0 && cell.Text.AsSpan().IndexOfAny(",;\t") >= 0);
}
