using System.Data.Common;
using Dapper;

namespace Etl.Landing.Sql;

/// <summary>A connection with one open transaction. Disposed without <see cref="CommitAsync"/>, nothing happened.</summary>
internal sealed class SqlSession(SqlWarehouse warehouse, DbConnection connection, DbTransaction transaction) : IAsyncDisposable
{
    public SqlWarehouse Warehouse => warehouse;

    public SqlDialect Dialect => warehouse.Dialect;

    public DbConnection Connection => connection;

    public DbTransaction Transaction => transaction;

    /// <summary>Runs a statement; the number of rows it touched.</summary>
    public Task<int> ExecuteAsync(string sql, object? arguments, CancellationToken cancellation) =>
        connection.ExecuteAsync(Command(sql, arguments, cancellation));

    /// <summary>The first column of the first row, or the type's default.</summary>
    public Task<T?> ScalarAsync<T>(string sql, object? arguments, CancellationToken cancellation) =>
        connection.ExecuteScalarAsync<T>(Command(sql, arguments, cancellation));

    /// <summary>All rows.</summary>
    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? arguments, CancellationToken cancellation) =>
        [.. await connection.QueryAsync<T>(Command(sql, arguments, cancellation))];

    public Task CommitAsync(CancellationToken cancellation) => transaction.CommitAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await warehouse.EndAsync(connection, transaction);
        await connection.DisposeAsync();
    }

    private CommandDefinition Command(string sql, object? arguments, CancellationToken cancellation) =>
        new(sql, arguments, transaction, warehouse.CommandTimeoutSeconds, cancellationToken: cancellation);
}
