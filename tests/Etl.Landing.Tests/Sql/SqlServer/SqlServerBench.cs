using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.SqlServer;
using Etl.Testing.Rows;
using Etl.Testing.Servers;
using Etl.Testing.Targets.Sql;
using Microsoft.Data.SqlClient;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>A SQL Server database of one test; without a server its tests are skipped.</summary>
internal sealed partial class SqlServerBench(SqlServerDatabase database) : SqlBench
{
    public override string BigInteger => "bigint";

    public static async Task<SqlBench> OpenAsync() => new SqlServerBench(await (await SqlServerServer.SharedAsync()).CreateDatabaseAsync());

    // Infinities are no numbers here, and those nearer to zero than any normal one are zero.
    public override string Stored(string line) => line
        .Replace("=NaN", "=" + RowText.Null, StringComparison.Ordinal)
        .Replace("=-Infinity", "=" + RowText.Null, StringComparison.Ordinal)
        .Replace("=Infinity", "=" + RowText.Null, StringComparison.Ordinal)
        .Replace("=5E-324", "=0", StringComparison.Ordinal);

    public override ITarget Target(TableLandSpec land) => new SqlTableTarget(
        new SqlServerWarehouse(new SqlServerClient(database.ConnectionString, "ETL_CONNECTION_WAREHOUSE"), "ETL_CONNECTION_WAREHOUSE", TimeProvider.System), land, TimeProvider.System);

    public override DbConnection Open()
    {
        var connection = new SqlConnection(database.ConnectionString);
        connection.Open();
        return connection;
    }

    public override IReadOnlyList<string> Names()
    {
        using var connection = Open();
        return [.. connection.Query<string>("SELECT name FROM sys.objects WHERE type IN ('U', 'V') ORDER BY name COLLATE Latin1_General_100_BIN2")];
    }

    public override string? TypeOf(string table, string column)
    {
        using var connection = Open();
        return connection.QuerySingleOrDefault<string>("SELECT data_type FROM information_schema.columns WHERE table_name = @table AND column_name = @column", new { table, column });
    }

    public override async ValueTask DisposeAsync()
    {
        SqlConnection.ClearAllPools();
        await database.DisposeAsync();
    }

    protected override string Spell(string sql) =>
        Renaming().Replace(sql.Replace("||", "+", StringComparison.Ordinal), "EXEC sys.sp_rename N'$1', N'$2'");

    protected override string Cell(DbDataReader reader, int column, ColumnType type) => type switch
    {
        ColumnType.Bool => RowText.Of(reader.GetBoolean(column)),
        ColumnType.Int32 or ColumnType.Int64 => RowText.Of(Convert.ToInt64(reader.GetValue(column), CultureInfo.InvariantCulture)),
        ColumnType.Double => RowText.Of(reader.GetDouble(column)),
        ColumnType.Date => reader.GetDateTime(column).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ColumnType.Timestamp => RowText.Instant((reader.GetDateTime(column) - DateTime.UnixEpoch).Ticks / 10),
        _ => reader.GetString(column),
    };

    [GeneratedRegex(@"\AALTER TABLE (\w+) RENAME TO (\w+)\z")]
    private static partial Regex Renaming();
}
