using System.Diagnostics;
using System.Globalization;
using Etl.Core.Targets;
using Etl.Testing;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Servers;
using Npgsql;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash;

/// <summary>
/// The server goes while a landing commits: its session is terminated, or is killed, at which the server ends every session at once and recovers from its log as after
/// an immediate stop. Before the commit, or at any moment around it. Afterwards one whole pull is in the table, and what was reported as landed is there. 8 rounds,
/// 200 on a night run (<c>ETL_TESTS_NIGHTLY=1</c>).
/// </summary>
public sealed class PostgresCrashTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int s_rounds = Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 200 : 8;
    private static readonly string[] s_points = ["table.half-inserted", "table.traced", "table.recorded", "table.deleted"];

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Server_that_goes_while_a_landing_commits_leaves_old_or_new_and_the_next_run_reaches_the_new()
    {
        Skip.If(Environment.GetEnvironmentVariable(PostgresServer.Variable) is { Length: > 0 }, "An existing server is not crashed.");
        // One of its own: every session of it goes.
        await using var server = await PostgresServer.StartAsync();
        await using var database = await server.CreateDatabaseAsync();
        var connection = "postgres:" + database.ConnectionString;
        var worker = Worker.WithConnection(_folder.Path, "table", connection);
        await worker.LandAsync(Pull(1), 1, 300);
        var random = new Random(20_261_119);
        var (old, committed, told) = (0, 0, 0);
        for (var round = 0; round < s_rounds; round++)
        {
            var (before, now) = (2L * round + 1, 2L * round + 2);
            NpgsqlConnection.ClearAllPools();
            var environment = new Dictionary<string, string> { [Worker.ConnectionVariable] = connection, ["ETL_STOP_AT"] = s_points[round / 4 % s_points.Length] };
            using var child = Child.Start(environment, "land", _folder.Path, "table", Pull(now), Number(now), "500");
            await Signals.StoppedAsync(child);
            var sessions = await SessionsAsync(database.ConnectionString);
            Assert.NotEmpty(sessions);
            if (round % 4 < 2)
            {
                await EndAsync(database.ConnectionString, sessions, isKill: round % 2 == 0);
                Signals.Continue(child);
            }
            else
            {
                Signals.Continue(child);
                // Up to some milliseconds: before the commit, in it, or after it.
                var clock = Stopwatch.StartNew();
                var wait = random.NextDouble() * 8;
                while (clock.Elapsed.TotalMilliseconds < wait) Thread.SpinWait(20);
                await EndAsync(database.ConnectionString, sessions, isKill: round % 2 == 0);
            }
            var (exit, said) = await Child.FinishAsync(child);
            await AnswersAsync(database.ConnectionString);

            var published = await worker.FindAsync();
            var seen = await RowsAsync(database.ConnectionString);
            Assert.Contains(published!.Pull, (string[])[Pull(before), Pull(now)]);
            Assert.Equal(Expected(published.Fence, published.Fence == 1 ? 300 : published.Fence % 2 == 0 ? 500 : 400), seen);
            if (exit == 0)
            {
                told++;
                Assert.True(said.Trim() is "Landed" or "AlreadyLanded", said);
                Assert.Equal(Pull(now), published.Pull);
            }
            if (published.Pull == Pull(now)) committed++;
            else old++;

            // A plain run again, once more, and then the pull that the next round begins with.
            Assert.Equal(published.Pull == Pull(now) ? LandingOutcome.AlreadyLanded : LandingOutcome.Landed, (await worker.LandAsync(Pull(now), now, 500)).Outcome);
            Assert.Equal(LandingOutcome.AlreadyLanded, (await worker.LandAsync(Pull(now), now, 500)).Outcome);
            Assert.Equal(Expected(now, 500), await RowsAsync(database.ConnectionString));
            await worker.Target.SweepAsync(Keys.Key(), Keys.Day(), default);
            Assert.Equal(LandingOutcome.Landed, (await worker.LandAsync(Pull(now + 1), now + 1, 400)).Outcome);
        }
        output.WriteLine($"{s_rounds} rounds: {old} old and {committed} new after the fault, {told} of them reported as landed, no violations");
    }

    private static string Pull(long fence) => "f" + Number(fence);

    private static string Number(long fence) => fence.ToString(CultureInfo.InvariantCulture);

    private static IReadOnlyList<string> Expected(long fence, int rows) =>
        [.. Enumerable.Range(0, rows).Select(r => $"{Pull(fence)} {fence * 10_000 + (r < rows / 2 ? r : 5_000 + r - rows / 2)}").Order(StringComparer.Ordinal)];

    private static async Task<IReadOnlyList<string>> RowsAsync(string connectionString) =>
        [.. (await AskAsync(connectionString, "SELECT _pull || ' ' || count_plays FROM plays")).Order(StringComparer.Ordinal)];

    private static async Task<IReadOnlyList<int>> SessionsAsync(string connectionString) =>
        [.. (await AskAsync(connectionString, "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"))
            .Select(p => int.Parse(p, CultureInfo.InvariantCulture))];

    private static async Task EndAsync(string connectionString, IReadOnlyList<int> sessions, bool isKill)
    {
        foreach (var session in sessions)
            try
            {
                if (!isKill) await AskAsync(connectionString, $"SELECT pg_terminate_backend({session})::text");
                else
                {
                    using var process = Process.GetProcessById(session);
                    process.Kill();
                }
            }
            catch (ArgumentException)
            {
                // It has ended: the commit was faster.
            }
    }

    /// <summary>Waits until the server takes connections again.</summary>
    private static async Task AnswersAsync(string connectionString)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            NpgsqlConnection.ClearAllPools();
            try
            {
                await AskAsync(connectionString, "SELECT 'here'");
                return;
            }
            catch (NpgsqlException) when (clock.Elapsed < TimeSpan.FromMinutes(2))
            {
                await Task.Delay(50);
            }
        }
    }

    private static async Task<List<string>> AskAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        return lines;
    }
}
