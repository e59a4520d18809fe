using System.Data.Common;
using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>One empty database, the targets that land in it, and a look past them.</summary>
public abstract class SqlBench : IAsyncDisposable
{
    /// <summary>Another target object over the same table, as another process would make it.</summary>
    public abstract ITarget Target(TableLandSpec land);

    /// <summary>A connection of the test's own.</summary>
    public abstract DbConnection Open();

    /// <summary>Names of all tables and views, in order.</summary>
    public abstract IReadOnlyList<string> Names();

    /// <summary>Type of a column as the database calls it; null when there is no such column.</summary>
    public abstract string? TypeOf(string table, string column);

    /// <summary>What a 64-bit integer column is called.</summary>
    public abstract string BigInteger { get; }

    /// <summary>A row with what the database cannot say as it says it.</summary>
    public virtual string Stored(string line) => line;

    public abstract ValueTask DisposeAsync();

    /// <summary>Rows of a table or view as <see cref="RowText"/> lines in order; empty when there is none of that name.</summary>
    public IReadOnlyList<string> Lines(string table, TableSchema schema, string where = "1 = 1")
    {
        using var connection = Open();
        if (!Names().Contains(table)) return [];
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT {string.Join(", ", schema.Columns.Select(c => Quote(NameOf(table, c.Name))))} FROM {table} WHERE {where}";
        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read()) lines.Add(string.Join('|', schema.Columns.Select((c, i) => c.Name + "=" + (reader.IsDBNull(i) ? RowText.Null : Cell(reader, i, c.Type)))));
        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    public void Execute(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = Spell(sql);
        command.ExecuteNonQuery();
    }

    /// <summary>The first value as invariant text; empty for null.</summary>
    public string Ask(string sql)
    {
        using var connection = Open();
        using var command = connection.CreateCommand();
        command.CommandText = Spell(sql);
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }

    /// <summary>Lands a pull for its day, with what else the order carries.</summary>
    public Task<LandingReceipt> LandAsync(TableLandSpec land, IStagedPull pull, Func<LandingOrder, LandingOrder>? with = null)
    {
        var order = new LandingOrder(pull.Key, Keys.Day(pull.Key.Label), pull.Stamp);
        return Target(land).LandAsync(with is null ? order : with(order), pull, default);
    }

    /// <summary>The column's name as the database has it, where comparisons of names do not ignore case.</summary>
    protected virtual string NameOf(string table, string column) => column;

    /// <summary>A test's statement as the database spells it.</summary>
    protected virtual string Spell(string sql) => sql;

    protected abstract string Cell(DbDataReader reader, int column, ColumnType type);

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";
}
