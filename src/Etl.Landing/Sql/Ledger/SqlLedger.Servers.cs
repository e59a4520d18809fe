using Dapper;
using Etl.Core.Scheduling;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger
{
    /// <summary>Stores who leads a live job unless somebody is stored.</summary>
    private protected virtual string InsertLead => "INSERT INTO etl_live (job, server) VALUES (@job, @server) ON CONFLICT (job) DO NOTHING";

    /// <inheritdoc/>
    public Task BeatAsync(ServerRecord server, TimeSpan lifetime, CancellationToken cancellation) =>
        WriteAsync("say that this server lives", async (connection, transaction) =>
        {
            var parameters = new
            {
                name = server.Name, engine = server.Engine, workers = (long)server.Workers, url = server.Url,
                started = LedgerText.Of(server.StartedAt), lifetime = (long)lifetime.TotalMilliseconds,
            };
            var known = await connection.ExecuteAsync($"UPDATE etl_server SET url = @url, alive_until = {NowMilliseconds} + @lifetime WHERE name = @name", parameters, transaction);
            if (known > 0) return;
            // Servers that died are forgotten when another one begins, a day later.
            await connection.ExecuteAsync($"DELETE FROM etl_server WHERE alive_until < {NowMilliseconds} - 86400000", transaction: transaction);
            await connection.ExecuteAsync(
                $"INSERT INTO etl_server (name, engine, workers, url, started_at, alive_until) VALUES (@name, @engine, @workers, @url, @started, {NowMilliseconds} + @lifetime)",
                parameters,
                transaction);
        }, cancellation);

    /// <inheritdoc/>
    public Task LeaveAsync(string server, CancellationToken cancellation) =>
        WriteAsync("say that a server has stopped", async (connection, transaction) =>
        {
            await connection.ExecuteAsync("UPDATE etl_backlog SET taken_by = NULL, tries = tries - 1 WHERE taken_by = @server", new { server }, transaction);
            await connection.ExecuteAsync("DELETE FROM etl_live WHERE server = @server", new { server }, transaction);
            await connection.ExecuteAsync("DELETE FROM etl_server WHERE name = @server", new { server }, transaction);
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<ServerRecord>> ServersAsync(CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<ServerRecord>>("list the servers", async connection =>
        {
            var rows = await connection.QueryAsync<ServerRow>(
                $"SELECT name AS Name, engine AS Engine, workers AS Workers, url AS Url, started_at AS StartedAt FROM etl_server WHERE alive_until > {NowMilliseconds}");
            return [.. rows.OrderBy(r => r.Name, StringComparer.Ordinal).Select(r => r.ToRecord())];
        }, cancellation);

    /// <inheritdoc/>
    public Task<bool> LeadAsync(string job, string server, CancellationToken cancellation) =>
        WriteAsync($"lead the live job '{job}'", async (connection, transaction) =>
        {
            if (await connection.ExecuteAsync(InsertLead, new { job, server }, transaction) == 1) return true;
            return await connection.ExecuteAsync(
                $"""
                UPDATE etl_live SET server = @server WHERE job = @job
                    AND (server = @server OR server NOT IN (SELECT name FROM etl_server WHERE alive_until > {NowMilliseconds}))
                """,
                new { job, server },
                transaction) == 1;
        }, cancellation);

    private Task<bool> LivesAsync(string server, CancellationToken cancellation) =>
        ReadAsync("look whether this server lives", async connection => await connection.ExecuteScalarAsync<long>(
            $"SELECT COUNT(*) FROM etl_server WHERE name = @server AND alive_until > {NowMilliseconds}", new { server }) > 0, cancellation);
}
