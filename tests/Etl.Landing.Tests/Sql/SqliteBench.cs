using System.Data.Common;
using Dapper;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Sqlite;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Targets.Sql;

namespace Etl.Landing.Tests.Sql;

/// <summary>An SQLite file of one test.</summary>
internal sealed class SqliteBench : SqlBench
{
    private readonly TempFolder _folder = new();

    public SqliteBench() => Database = new SqliteDatabase(_folder["warehouse.db"], "database", "ETL_CONNECTION_WAREHOUSE", TimeSpan.FromSeconds(30));

    public SqliteDatabase Database { get; }

    public override string BigInteger => "INTEGER";

    public override string Stored(string line) => line.Replace("=NaN", "=" + RowText.Null, StringComparison.Ordinal);

    public override ITarget Target(TableLandSpec land) => new SqlTableTarget(new SqliteWarehouse(Database), land, TimeProvider.System);

    public override DbConnection Open() => Database.Open();

    public override IReadOnlyList<string> Names()
    {
        using var connection = Open();
        return [.. connection.Query<string>("SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name")];
    }

    public override string? TypeOf(string table, string column)
    {
        using var connection = Open();
        return connection.QuerySingleOrDefault<string>("SELECT type FROM pragma_table_info(@table) WHERE name = @column", new { table, column });
    }

    public override ValueTask DisposeAsync()
    {
        Database.Release();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override string Cell(DbDataReader reader, int column, ColumnType type) => type switch
    {
        ColumnType.Bool => RowText.Of(reader.GetInt64(column) == 1),
        ColumnType.Int32 or ColumnType.Int64 => RowText.Of(reader.GetInt64(column)),
        ColumnType.Double => RowText.Of(reader.GetDouble(column)),
        _ => reader.GetString(column),
    };
}
