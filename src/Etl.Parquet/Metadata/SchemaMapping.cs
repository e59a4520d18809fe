namespace Etl.Parquet.Metadata;

/// <summary>Between the format's types and ours.</summary>
internal static class SchemaMapping
{
    public static PhysicalType Physical(ParquetType type) => type switch
    {
        ParquetType.Bool => PhysicalType.Boolean,
        ParquetType.Int32 or ParquetType.Date => PhysicalType.Int32,
        ParquetType.Int64 or ParquetType.Timestamp => PhysicalType.Int64,
        ParquetType.Double => PhysicalType.Double,
        _ => PhysicalType.ByteArray,
    };

    /// <summary>The columns of a flat file.</summary>
    /// <exception cref="ParquetFormatException">The schema is nested, or a column has a type without a counterpart; names the column.</exception>
    public static List<ReaderColumn> Map(IReadOnlyList<SchemaElement> elements)
    {
        if (elements.Count < 2 || elements[0].Children is not { } children || elements[0].Type is not null)
            throw new ParquetFormatException("The footer's schema has no root with columns.");
        var columns = new List<ReaderColumn>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var element in elements.Skip(1))
        {
            if (element.Type is not { } physical || element.Children is > 0)
                throw new ParquetFormatException("The column is a group; expected flat columns only.").At(column: element.Name);
            if (element.Repetition is not (Repetition.Required or Repetition.Optional))
                throw new ParquetFormatException("The column is repeated; expected required or optional columns only.").At(column: element.Name);
            if (element.Name.Length == 0 || !names.Add(element.Name))
                throw new ParquetFormatException("The column's name is empty or used twice.").At(column: element.Name);
            var (type, scale) = MapType(element, physical);
            columns.Add(new ReaderColumn(element.Name, type, physical, element.Repetition == Repetition.Optional, scale));
        }

        if (columns.Count != children)
            throw new ParquetFormatException(FormattableString.Invariant($"The schema's root announces {children} columns; found {columns.Count}."));
        return columns;
    }

    private static (ParquetType Type, int Scale) MapType(SchemaElement element, PhysicalType physical)
    {
        var logical = element.Logical;
        var converted = (ConvertedType?)element.Converted;
        switch (physical)
        {
            case PhysicalType.Boolean:
                return (ParquetType.Bool, 1);
            case PhysicalType.Double:
                return (ParquetType.Double, 1);
            case PhysicalType.Int32 when logical.Kind == LogicalType.Date || (logical.Kind == 0 && converted == ConvertedType.Date):
                return (ParquetType.Date, 1);
            case PhysicalType.Int32 when logical is { Kind: LogicalType.Integer, BitWidth: 8 or 16 } or { Kind: LogicalType.Integer, BitWidth: 32, IsSigned: true }:
                return (ParquetType.Int32, 1);
            case PhysicalType.Int32 when logical.Kind == 0
                && converted is null or ConvertedType.Int8 or ConvertedType.Int16 or ConvertedType.Int32 or ConvertedType.UInt8 or ConvertedType.UInt16:
                return (ParquetType.Int32, 1);
            case PhysicalType.Int64 when logical is { Kind: LogicalType.Timestamp, Unit: LogicalType.Micros } || (logical.Kind == 0 && converted == ConvertedType.TimestampMicros):
                return (ParquetType.Timestamp, 1);
            case PhysicalType.Int64 when logical is { Kind: LogicalType.Timestamp, Unit: LogicalType.Millis } || (logical.Kind == 0 && converted == ConvertedType.TimestampMillis):
                return (ParquetType.Timestamp, 1000);
            case PhysicalType.Int64 when logical is { Kind: LogicalType.Integer, BitWidth: 64, IsSigned: true }:
                return (ParquetType.Int64, 1);
            case PhysicalType.Int64 when logical.Kind == 0 && converted is null or ConvertedType.Int64:
                return (ParquetType.Int64, 1);
            case PhysicalType.ByteArray when logical.Kind is LogicalType.String or LogicalType.Enum or LogicalType.Json:
                return (ParquetType.Text, 1);
            case PhysicalType.ByteArray when logical.Kind == 0 && converted is null or ConvertedType.Utf8 or ConvertedType.Enum or ConvertedType.Json:
                return (ParquetType.Text, 1);
            default:
                throw new ParquetFormatException(FormattableString.Invariant(
                    $"The column has physical type {physical}, logical type {logical.Kind} and converted type {element.Converted ?? -1} (format numbers), which is not supported; expected boolean, 32- or 64-bit integer, double, date, timestamp in milliseconds or microseconds, or text."))
                    .At(column: element.Name);
        }
    }
}

/// <summary>A column of a file that is read. Scale is what a stored timestamp is multiplied with to give microseconds; 1 elsewhere.</summary>
internal sealed record ReaderColumn(string Name, ParquetType Type, PhysicalType Physical, bool IsOptional, int Scale);
