using Etl.Core.Errors;
using Etl.Core.Jobs;

namespace Etl.Landing.Sql;

/// <summary>
/// Names that go into SQL text. Table names come from a job file and follow a narrow form; column names may come from
/// the service and are data: they are quoted (<see cref="SqlDialect"/>) and never trusted further than that.
/// </summary>
internal static class SqlNames
{
    /// <summary>Longest table name; the shortest limit of the databases we land in is 63 bytes.</summary>
    public const int MaxTableLength = 63;

    private static readonly string[] s_taken = ["sqlite_", "pg_", "etl_"];

    /// <summary>A target's name: by connection and table, whatever the connection resolves to.</summary>
    public static string TargetName(TableLandSpec land) => $"table:{land.Connection}:{land.Table}";

    /// <summary>The parts of a table's name in a job, checked to be plain words.</summary>
    /// <exception cref="EtlException">The name is not one that we make tables with.</exception>
    public static SqlTable Table(string name, SqlDialect dialect)
    {
        var dot = dialect.HasSchemas ? name.IndexOf('.', StringComparison.Ordinal) : -1;
        var (schema, table) = dot < 0 ? (null, name) : (name[..dot], name[(dot + 1)..]);
        if (IsWord(table) && (schema is null || IsWord(schema)) && !s_taken.Any(t => table.StartsWith(t, StringComparison.OrdinalIgnoreCase)))
            return new SqlTable(schema is null ? null : dialect.FoldTable(schema), dialect.FoldTable(table));
        throw new EtlException(
            FaultKind.Usage,
            $"'{name}' cannot be the name of a table. Use up to {MaxTableLength} letters, digits and underscores, beginning with a letter"
            + $"{(dialect.HasSchemas ? ", optionally as 'schema.table'" : "")}; names that begin with {string.Join(" or ", s_taken.Select(t => $"'{t}'"))} are taken.") { Code = "table-name" };
    }

    private static bool IsWord(string name) =>
        name.Length is > 0 and <= MaxTableLength
        && (char.IsAsciiLetter(name[0]) || name[0] == '_')
        && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
