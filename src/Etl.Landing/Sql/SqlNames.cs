using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;

namespace Etl.Landing.Sql;

/// <summary>
/// Names that go into SQL text. Table names come from a job file and follow a narrow form; column names may come from
/// the service and are data: they are quoted and never trusted further than that.
/// </summary>
internal static class SqlNames
{
    /// <summary>Longest table name; the shortest limit of the databases we land in is 63 bytes.</summary>
    public const int MaxTableLength = 63;

    /// <summary>Longest column name accepted.</summary>
    public const int MaxColumnLength = 128;

    /// <summary>A target's name: by connection and table, whatever the connection resolves to.</summary>
    public static string TargetName(TableLandSpec land) => $"table:{land.Connection}:{land.Table}";

    /// <exception cref="EtlException">The name is not one that we make tables with.</exception>
    public static string CheckTable(string name)
    {
        var good = name.Length is > 0 and <= MaxTableLength
            && (char.IsAsciiLetter(name[0]) || name[0] == '_')
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_')
            && !name.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase)
            && !name.StartsWith("etl_", StringComparison.OrdinalIgnoreCase);
        return good ? name : throw new EtlException(
            FaultKind.Usage,
            $"'{name}' cannot be the name of a table. Use up to {MaxTableLength} letters, digits and underscores, beginning with a letter; "
            + "names that begin with 'sqlite_' or 'etl_' are taken.") { Code = "table-name" };
    }

    /// <summary>Checks that a schema's names can live in one table whose column names ignore case.</summary>
    /// <exception cref="EtlException">Two names differ by case only, or one cannot be a column.</exception>
    public static void CheckColumns(string table, TableSchema schema)
    {
        var seen = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var column in schema.Columns)
        {
            if (column.Name.Length > MaxColumnLength || column.Name.Contains('\0', StringComparison.Ordinal))
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land in table '{table}': a column name of {column.Name.Length} characters is not usable; allowed are "
                    + $"{MaxColumnLength} without NUL. Leave the column out with 'schema: ignore'.") { Code = "column-name" };
            if (!seen.TryAdd(column.Name, column.Name))
                throw new EtlException(
                    FaultKind.Window,
                    $"Could not land in table '{table}': columns '{seen[column.Name]}' and '{column.Name}' differ by case only, "
                    + "which a table cannot hold. Leave the unknown one out with 'schema: ignore', or land as Parquet.") { Code = "column-name" };
        }
    }

    /// <summary>A name in double quotes, as standard SQL has it.</summary>
    public static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
