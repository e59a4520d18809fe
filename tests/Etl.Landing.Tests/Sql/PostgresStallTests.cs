using System.Text.RegularExpressions;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Postgres;
using Etl.Testing;
using Etl.Testing.Rows;
using Etl.Testing.Targets.Sql;
using Npgsql;

namespace Etl.Landing.Tests.Sql;

/// <summary>A worker that stalls between preparing and publishing: who goes on, who waits for it, and for how long.</summary>
public sealed partial class PostgresStallTests : SqlModeContract
{
    private const string Lock = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    protected override LandMode Mode => LandMode.ReplaceWindow;

    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();

    [SkippableFact]
    public async Task Readers_and_landings_that_fit_the_table_do_not_wait_for_it()
    {
        await LandAsync("2026-11-19", 1, ("a", 1));
        using var stalled = Pull("2026-11-19", 2, ("a", 2));
        await using var late = await PrepareAsync(stalled);
        Assert.Equal(["a 1"], Rows());
        Assert.Equal(LandingOutcome.Landed, (await LandAsync("2026-11-20", 1, ("b", 1))).Outcome);
        Assert.Equal(LandingOutcome.Landed, (await LandAsync("2026-11-19", 3, ("a", 3))).Outcome);
        Assert.Equal(["a 3", "b 1"], Rows());
        Assert.Equal(LandingOutcome.Superseded, (await late.PublishAsync(default)).Outcome);
        Assert.Equal(["a 3", "b 1"], Rows());
    }

    [SkippableFact]
    public async Task Server_ends_it_in_time_and_a_landing_that_adds_a_column_goes_on()
    {
        await LandAsync("2026-11-19", 1, ("a", 1));
        using var stalled = Pull("2026-11-19", 2, ("a", 2));
        await using var late = await PrepareAsync(stalled, TimeSpan.FromSeconds(3));
        using var wide = Pull("2026-11-20", 1, Plays.WiderBatch(1, "new"));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(wide).WaitAsync(TimeSpan.FromSeconds(60))).Outcome);
        await IsLostAsync(late);
        Assert.Equal(["1_0000 0", "a 1"], Rows());
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(stalled)).Outcome);
        Assert.Equal(["1_0000 0", "a 2"], Rows());
    }

    /// <summary>The statements of docs/operations.md.</summary>
    [SkippableFact]
    public async Task Operator_finds_and_ends_it()
    {
        var text = await File.ReadAllTextAsync(Repository.PathOf("docs/operations.md"));
        var section = text[text.IndexOf("\n## A table in PostgreSQL", StringComparison.Ordinal)..];
        var statements = SqlBlock().Matches(section[..section.IndexOf("\n## ", 1, StringComparison.Ordinal)]).Select(m => m.Groups[1].Value).ToList();
        Assert.Equal(2, statements.Count);
        await LandAsync("2026-11-19", 1, ("a", 1));
        using var stalled = Pull("2026-11-19", 2, ("a", 2));
        await using var late = await PrepareAsync(stalled);
        using var wide = Pull("2026-11-20", 1, Plays.WiderBatch(1, "new"));
        var waiting = LandAsync(wide);
        while (!waiting.IsCompleted && Bench.Ask(Lock) == "0") await Task.Delay(20);

        var found = Sessions(statements[0]);
        Assert.Equal((2, "idle in transaction", ""), (found.Count, found[0].State, found[0].WaitsFor));
        Assert.Equal(found[0].Pid, found[1].WaitsFor);
        Assert.Equal("True", Bench.Ask(statements[1].Replace("4711", found[0].Pid, StringComparison.Ordinal)));

        Assert.Equal(LandingOutcome.Landed, (await waiting).Outcome);
        await IsLostAsync(late);
        Assert.Equal(["1_0000 0", "a 1"], Rows());
    }

    private Task<IPreparedLanding> PrepareAsync(IStagedPull pull, TimeSpan? stall = null)
    {
        var target = new SqlTableTarget(new PostgresWarehouse(((PostgresBench)Bench).ConnectionString, "ETL_CONNECTION_WAREHOUSE", stall: stall), Land, TimeProvider.System);
        return target.PrepareAsync(new LandingOrder(pull.Key, Keys.Day(pull.Key.Label), pull.Stamp), pull, default);
    }

    /// <summary>The pull waits for the next run, which lands it again.</summary>
    private static async Task IsLostAsync(IPreparedLanding late)
    {
        var fault = await Assert.ThrowsAsync<EtlException>(() => late.PublishAsync(default));
        Assert.Equal(("postgres", true), (fault.Code, fault.IsTransient));
    }

    private List<(string Pid, string State, string WaitsFor)> Sessions(string query)
    {
        using var connection = (NpgsqlConnection)Bench.Open();
        using var command = new NpgsqlCommand(query, connection);
        using var reader = command.ExecuteReader();
        var sessions = new List<(string, string, string)>();
        while (reader.Read())
            sessions.Add((reader.GetInt32(0).ToString(System.Globalization.CultureInfo.InvariantCulture), reader.GetString(reader.GetOrdinal("state")), string.Join(' ', reader.GetFieldValue<int[]>(reader.GetOrdinal("waits_for")))));
        return sessions;
    }

    [GeneratedRegex("^```sql\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex SqlBlock();
}
