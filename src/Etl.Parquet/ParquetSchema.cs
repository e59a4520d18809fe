using System.Diagnostics.CodeAnalysis;

namespace Etl.Parquet;

/// <summary>What one column holds. Every column may hold nulls.</summary>
[SuppressMessage("Naming", "CA1720:Identifier contains type name", Justification = "The members name the value types on purpose.")]
public enum ParquetType
{
    /// <summary>True or false.</summary>
    Bool,

    /// <summary>32-bit signed integer.</summary>
    Int32,

    /// <summary>64-bit signed integer.</summary>
    Int64,

    /// <summary>64-bit IEEE floating point. NaN and both zeros keep their bits.</summary>
    Double,

    /// <summary>Days since 1970-01-01 as a 32-bit signed integer.</summary>
    Date,

    /// <summary>Microseconds since 1970-01-01T00:00:00Z as a 64-bit signed integer.</summary>
    Timestamp,

    /// <summary>UTF-8 text.</summary>
    Text,
}

/// <summary>One column: its name and what it holds.</summary>
/// <param name="Name">Not empty and unique within the schema; compared by code unit.</param>
/// <param name="Type">What the column holds.</param>
public sealed record ParquetColumn(string Name, ParquetType Type);

/// <summary>The columns of a flat file, in file order. Immutable.</summary>
public sealed class ParquetSchema
{
    /// <summary>Takes a copy of <paramref name="columns"/>.</summary>
    /// <exception cref="ArgumentException">No column, an empty name, a name used twice, or a type that does not exist.</exception>
    public ParquetSchema(IEnumerable<ParquetColumn> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var list = new List<ParquetColumn>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var column in columns)
        {
            if (column is null || string.IsNullOrEmpty(column.Name))
                throw new ArgumentException($"Column {list.Count} of the schema has no name; expected a name that is not empty.", nameof(columns));
            if (!seen.Add(column.Name))
                throw new ArgumentException($"Column '{column.Name}' is in the schema twice; expected unique names.", nameof(columns));
            if (column.Type is < ParquetType.Bool or > ParquetType.Text)
                throw new ArgumentException($"Column '{column.Name}' has type '{column.Type}'; expected a member of ParquetType.", nameof(columns));
            list.Add(column);
        }

        if (list.Count == 0)
            throw new ArgumentException("The schema has no column; expected at least one.", nameof(columns));
        Columns = list.AsReadOnly();
    }

    /// <summary>The columns in file order.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; }
}
