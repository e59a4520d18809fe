using System.Data.Common;
using System.Globalization;
using Dapper;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Postgres;
using Etl.Testing.Rows;
using Etl.Testing.Servers;
using Etl.Testing.Targets.Sql;
using Npgsql;

namespace Etl.Landing.Tests.Sql;

/// <summary>A PostgreSQL database of one test.</summary>
internal sealed class PostgresBench(PostgresDatabase database) : SqlBench
{
    public string ConnectionString => database.ConnectionString;

    public override string BigInteger => "bigint";

    public static async Task<SqlBench> OpenAsync() => new PostgresBench(await (await PostgresServer.SharedAsync()).CreateDatabaseAsync());

    public override ITarget Target(TableLandSpec land) => new SqlTableTarget(new PostgresWarehouse(ConnectionString, "ETL_CONNECTION_WAREHOUSE"), land, TimeProvider.System);

    public override DbConnection Open()
    {
        var connection = new NpgsqlConnection(ConnectionString);
        connection.Open();
        return connection;
    }

    public override IReadOnlyList<string> Names()
    {
        using var connection = Open();
        return [.. connection.Query<string>(
            """
            SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'v', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1
            """)];
    }

    public override string? TypeOf(string table, string column)
    {
        using var connection = Open();
        return connection.QuerySingleOrDefault<string>("SELECT data_type::text FROM information_schema.columns WHERE table_name = @table AND column_name = @column", new { table, column });
    }

    protected override string NameOf(string table, string column)
    {
        using var connection = Open();
        return connection.QueryFirstOrDefault<string>(
            "SELECT column_name::text FROM information_schema.columns WHERE table_name = @table AND lower(column_name) = lower(@column)", new { table, column }) ?? column;
    }

    public override async ValueTask DisposeAsync()
    {
        // Each target makes the driver a pool of its own by its settings; idle connections would count against the server's limit.
        NpgsqlConnection.ClearAllPools();
        await database.DisposeAsync();
    }

    protected override string Cell(DbDataReader reader, int column, ColumnType type) => type switch
    {
        ColumnType.Bool => RowText.Of(reader.GetBoolean(column)),
        ColumnType.Int32 or ColumnType.Int64 => RowText.Of(Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture)),
        ColumnType.Double => RowText.Of(reader.GetDouble(column)),
        ColumnType.Date => reader.GetFieldValue<DateOnly>(column).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ColumnType.Timestamp => RowText.Instant((reader.GetDateTime(column) - DateTime.UnixEpoch).Ticks / 10),
        _ => reader.GetString(column),
    };
}
