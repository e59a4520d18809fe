using System.Globalization;
using System.Text;

namespace Etl.Parquet;

/// <summary>A Parquet file is damaged, or uses a part of the format that this reader does not know.</summary>
/// <remarks>The message says what was found and expected, then where. Repeating the read gives the same failure.</remarks>
public sealed class ParquetFormatException : Exception
{
    /// <summary>A failure without a message; prefer the other constructors.</summary>
    public ParquetFormatException()
        : this("The Parquet file is damaged or not supported.")
    {
    }

    /// <summary>A failure whose place is not known yet.</summary>
    public ParquetFormatException(string message)
        : base(message) => What = message;

    /// <summary>A failure with its cause.</summary>
    public ParquetFormatException(string message, Exception? innerException)
        : base(message, innerException) => What = message;

    private ParquetFormatException(string what, string message, Exception? inner)
        : base(message, inner) => What = what;

    /// <summary>Byte offset in the file near which the fault lies, or null when the place is not a single offset.</summary>
    public long? Offset { get; private init; }

    /// <summary>Row group, counted from zero, or null when the fault is outside of row groups.</summary>
    public int? RowGroup { get; private init; }

    /// <summary>Column name, or null when the fault is outside of columns.</summary>
    public string? Column { get; private init; }

    /// <summary>Page within the column chunk, counted from zero and including the dictionary page, or null.</summary>
    public int? Page { get; private init; }

    private string What { get; }

    /// <summary>The same failure with its place; a place that is known already stays.</summary>
    internal ParquetFormatException At(long? offset = null, int? rowGroup = null, string? column = null, int? page = null)
    {
        offset = Offset ?? offset;
        rowGroup = RowGroup ?? rowGroup;
        column = Column ?? column;
        page = Page ?? page;
        var text = new StringBuilder(What);
        var separator = " At ";
        Add(rowGroup is { } g ? string.Create(CultureInfo.InvariantCulture, $"row group {g}") : null);
        Add(column is { } c ? $"column '{c}'" : null);
        Add(page is { } p ? string.Create(CultureInfo.InvariantCulture, $"page {p}") : null);
        Add(offset is { } o ? string.Create(CultureInfo.InvariantCulture, $"byte {o}") : null);
        if (separator != " At ")
            text.Append('.');
        return new ParquetFormatException(What, text.ToString(), InnerException) { Offset = offset, RowGroup = rowGroup, Column = column, Page = page };

        void Add(string? part)
        {
            if (part is null)
                return;
            text.Append(separator).Append(part);
            separator = ", ";
        }
    }
}
