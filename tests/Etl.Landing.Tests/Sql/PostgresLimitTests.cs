using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Testing.Rows;
using Etl.Testing.Targets.Sql;
using Npgsql;

namespace Etl.Landing.Tests.Sql;

/// <summary>Limits of time that a server, a database or a role sets for its sessions, and landings that take longer.</summary>
public sealed class PostgresLimitTests : SqlModeContract
{
    protected override LandMode Mode => LandMode.ReplaceWindow;

    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();

    [SkippableTheory]
    [InlineData(LandMode.ReplaceWindow)]
    [InlineData(LandMode.Append)]
    [InlineData(LandMode.Merge)]
    [InlineData(LandMode.History)]
    public async Task Pull_that_waits_for_other_targets_is_published_whatever_limit_the_database_has_for_idle_transactions(LandMode mode)
    {
        Limit("idle_in_transaction_session_timeout", "200ms");
        var land = Land with { Mode = mode };
        using var pull = Pull("2026-11-19", 1, ("a", 1));
        await using var prepared = await Bench.Target(land).PrepareAsync(new LandingOrder(pull.Key, Keys.Day(), pull.Stamp), pull, default);
        await Task.Delay(1_000);
        Assert.Equal(LandingOutcome.Landed, (await prepared.PublishAsync(default)).Outcome);
        Assert.Equal(["a 1"], Rows());
    }

    [SkippableTheory]
    [InlineData("statement_timeout")]
    [InlineData("transaction_timeout")]
    public async Task Landings_and_reads_take_their_time_whatever_limit_the_database_has(string limit)
    {
        using var pull = Pull("2026-11-19", 1, ("b", 2), ("c", 3));
        await LandAsync("2026-11-18", 1, ("a", 1));
        Bench.Execute(
            """
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.8); RETURN NEW; END';
            CREATE TRIGGER slow BEFORE INSERT ON content FOR EACH ROW EXECUTE FUNCTION slow();
            """);
        Limit(limit, "1s");
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(pull)).Outcome);
        Assert.Equal(["a 1", "b 2", "c 3"], Rows());

        Bench.Execute("ALTER DATABASE " + Database + " RESET ALL");
        NpgsqlConnection.ClearAllPools();
        await using var holder = (NpgsqlConnection)Bench.Open();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var lockAll = new NpgsqlCommand("LOCK TABLE content", holder)) await lockAll.ExecuteNonQueryAsync();
        Limit(limit, "1s");
        var found = Bench.Target(Land).FindAsync(pull.Key, Keys.Day(), default);
        await Task.Delay(1_600);
        await transaction.RollbackAsync();
        Assert.Equal(pull.Stamp.Pull, (await found)?.Pull);
    }

    private string Database => Bench.Ask("SELECT current_database()");

    /// <summary>Sets it for sessions to come; an older server does not know every one.</summary>
    private void Limit(string setting, string value)
    {
        if (Bench.Ask($"SELECT count(*) FROM pg_settings WHERE name = '{setting}'") == "0") return;
        Bench.Execute($"ALTER DATABASE {Database} SET {setting} = '{value}'");
        NpgsqlConnection.ClearAllPools();
        Assert.Equal(value, Bench.Ask("SHOW " + setting));
    }
}
