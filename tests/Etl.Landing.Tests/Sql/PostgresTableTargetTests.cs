using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.Postgres;
using Etl.Testing.Rows;
using Etl.Testing.Targets;
using Etl.Testing.Targets.Sql;
using Npgsql;

namespace Etl.Landing.Tests.Sql;

public sealed class PostgresTableTargetTests : SqlTableContract
{
    private PostgresBench Postgres => (PostgresBench)Bench;

    protected override Task<SqlBench> OpenBenchAsync() => PostgresBench.OpenAsync();

    [SkippableFact]
    public async Task Table_is_typed_and_indexed()
    {
        using var pull = Pull(1, AllTypes.Batch());
        await LandAsync(Create(), pull);
        Assert.Equal(
            "text text timestamp with time zone text text boolean integer bigint double precision date timestamp with time zone",
            Bench.Ask("SELECT string_agg(data_type, ' ' ORDER BY ordinal_position) FROM information_schema.columns WHERE table_name = 'content_daily'"));
        Assert.Equal("ix_content_daily__window_object_id", Bench.Ask("SELECT string_agg(indexname, ' ') FROM pg_indexes WHERE tablename = 'content_daily'"));
        Assert.Equal("NaN", Bench.Ask("SELECT avg_time::text FROM content_daily WHERE object_id = '1_nan'"));
    }

    [SkippableFact]
    public async Task Text_with_a_NUL_is_refused_and_names_column_and_row()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        var rows = Plays.Batch(2);
        AllTypes.Text(rows, 0, "1_nul\0");
        AllTypes.Fixed<long>(rows, 1, 1);
        using var bad = Pull(2, rows);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), bad));
        Assert.Equal("bad-row", fault.Code);
        Assert.Contains("'object_id'", fault.Message, StringComparison.Ordinal);
        Assert.Contains("row 3 ", fault.Message, StringComparison.Ordinal);
        await ShowsAsync(good);
        using var next = Pull(3, Plays.Batch(4));
        await LandAsync(Create(), next);
        await ShowsAsync(next);
    }

    [SkippableTheory]
    [InlineData(long.MaxValue, true)]
    [InlineData(long.MinValue, false)]
    [InlineData(-210_866_803_200_000_000, true)]
    [InlineData(-210_866_803_200_000_001, false)]
    public async Task Instants_land_exactly_within_the_calendar_and_are_refused_outside(long microseconds, bool lands)
    {
        var rows = new RowBatch(new TableSchema([new Column("object_id", ColumnType.Text), new Column("at", ColumnType.Timestamp)]));
        AllTypes.Text(rows, 0, "1_x");
        AllTypes.Fixed<long>(rows, 1, microseconds);
        using var pull = Pull(1, rows);
        if (!lands)
        {
            var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull));
            Assert.Contains("column 'at'", fault.Message, StringComparison.Ordinal);
            Assert.Contains("row 1 ", fault.Message, StringComparison.Ordinal);
            return;
        }
        await LandAsync(Create(), pull);
        using var published = await Create().OpenPublishedAsync(pull.Key, Keys.Day(), None);
        Assert.Equal(microseconds, published!.Read().Single().Fixed<long>(4).Values[0]);
    }

    [SkippableTheory]
    [InlineData(-2_440_588, true)]
    [InlineData(-2_440_589, false)]
    [InlineData(2_145_042_905, true)]
    [InlineData(2_145_042_906, false)]
    public async Task Dates_land_exactly_within_the_calendar_and_are_refused_outside(int days, bool lands)
    {
        var rows = new RowBatch(new TableSchema([new Column("object_id", ColumnType.Text), new Column("day", ColumnType.Date)]));
        AllTypes.Text(rows, 0, "1_x");
        AllTypes.Fixed<int>(rows, 1, days);
        using var pull = Pull(1, rows);
        if (!lands)
        {
            Assert.Contains("column 'day'", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull))).Message, StringComparison.Ordinal);
            return;
        }
        await LandAsync(Create(), pull);
        Assert.Equal(days.ToString(CultureInfo.InvariantCulture), Bench.Ask("SELECT \"day\" - DATE '1970-01-01' FROM content_daily"));
    }

    [SkippableFact]
    public async Task Connection_lost_in_the_middle_of_the_rows_is_transient_and_leaves_the_old_ones()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        using var next = Pull(2, Plays.Batch(200_000));
        using var killed = new BetweenBatches(next, () => Bench.Execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE 'COPY%'"));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), killed));
        Assert.Equal(("postgres", true), (fault.Code, fault.IsTransient));
        Assert.Contains("2026-11-19", fault.Message, StringComparison.Ordinal);
        await ShowsAsync(good);
        await LandAsync(Create(), next);
        await ShowsAsync(next);
    }

    [SkippableFact]
    public async Task Landing_of_a_locked_window_gives_up_in_time_and_says_so()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        await using var holder = (NpgsqlConnection)Bench.Open();
        await using var transaction = await holder.BeginTransactionAsync();
        using var held = Pull(2, Plays.Batch(4));
        var impatient = new SqlTableTarget(new PostgresWarehouse(Postgres.ConnectionString, "ETL_CONNECTION_WAREHOUSE", TimeSpan.FromMilliseconds(200)), Land, TimeProvider.System);
        await using (var lockAll = new NpgsqlCommand("LOCK TABLE content_daily IN SHARE MODE", holder)) await lockAll.ExecuteNonQueryAsync();
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(impatient, held));
        Assert.Equal(("postgres", true), (fault.Code, fault.IsTransient));
        Assert.Contains("lock", fault.Message, StringComparison.Ordinal);
        await transaction.RollbackAsync();
        await LandAsync(impatient, held);
        await ShowsAsync(held);
    }

    [SkippableFact]
    public async Task Cancelled_wait_for_a_lock_is_heard_at_once()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        await using var holder = (NpgsqlConnection)Bench.Open();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var lockAll = new NpgsqlCommand("LOCK TABLE content_daily IN SHARE MODE", holder)) await lockAll.ExecuteNonQueryAsync();
        using var next = Pull(2, Plays.Batch(4));
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Create().LandAsync(new LandingOrder(next.Key, Keys.Day(), next.Stamp), next, source.Token).WaitAsync(TimeSpan.FromSeconds(20)));
        await transaction.RollbackAsync();
        await ShowsAsync(good);
    }

    [SkippableTheory]
    [InlineData("Password=x;Port=hunter2")]
    [InlineData("hunter2")]
    [InlineData("Database=d;Password=hunter2")]
    [InlineData("Host=h;Nonsense=hunter2")]
    public void Text_that_is_no_connection_string_is_refused_and_never_shown(string text)
    {
        var fault = Assert.Throws<EtlException>(() => new PostgresWarehouse(text, "ETL_CONNECTION_DW"));
        Assert.Equal((FaultKind.Usage, "connection"), (fault.Kind, fault.Code));
        Assert.Contains("ETL_CONNECTION_DW", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", fault.ToString(), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Faults_of_the_connection_say_who_must_act_and_show_no_password()
    {
        Bench.Execute("DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'etl_nobody') THEN CREATE ROLE etl_nobody LOGIN PASSWORD 'hunter2'; END IF; END $$");
        Bench.Execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        var settings = new NpgsqlConnectionStringBuilder(Postgres.ConnectionString) { Password = "hunter2" };
        (string Text, FaultKind Kind, bool Transient, string Code)[] cases =
        [
            (new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Port = 1, Timeout = 2 }.ConnectionString, FaultKind.Window, true, "postgres"),
            (new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Database = "no_such_database" }.ConnectionString, FaultKind.Usage, false, "no-database"),
            (new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Username = "no_such_user" }.ConnectionString, FaultKind.Usage, false, "postgres"),
            (new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Username = "etl_nobody" }.ConnectionString, FaultKind.Usage, false, "postgres"),
        ];
        foreach (var (text, kind, transient, code) in cases)
        {
            using var pull = Pull(1, Plays.Batch(3));
            var target = new SqlTableTarget(new PostgresWarehouse(text, "ETL_CONNECTION_DW"), Land, TimeProvider.System);
            var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(target, pull));
            Assert.Equal((kind, transient, code), (fault.Kind, fault.IsTransient, fault.Code));
            Assert.DoesNotContain("hunter2", fault.ToString(), StringComparison.Ordinal);
            if (kind == FaultKind.Usage) Assert.Contains("ETL_CONNECTION_DW", fault.Message, StringComparison.Ordinal);
        }
        Assert.Empty(Bench.Names());
    }

    [SkippableFact]
    public async Task Table_may_stand_in_a_schema_that_exists()
    {
        var land = Land with { Table = "Dw.Plays" };
        using var pull = Pull(1, Plays.Batch(3));
        var fault = await Assert.ThrowsAsync<EtlException>(() => Bench.LandAsync(land, pull));
        Assert.Equal((FaultKind.Usage, "schema-missing"), (fault.Kind, fault.Code));
        Assert.Contains("CREATE SCHEMA dw", fault.Message, StringComparison.Ordinal);
        Bench.Execute("CREATE SCHEMA dw");
        var receipt = await Bench.LandAsync(land, pull);
        Assert.Equal((LandingOutcome.Landed, "dw.plays"), (receipt.Outcome, receipt.Location));
        Assert.Equal("3", Bench.Ask("SELECT count(*) FROM Dw.Plays JOIN dw.etl_landing ON target = 'plays'"));
    }

    [SkippableFact]
    public async Task Key_too_long_for_an_index_is_refused_and_says_what_to_do()
    {
        var rows = new RowBatch(Plays.Schema);
        // Random letters: the index would compress a repeated one.
        AllTypes.Text(rows, 0, string.Concat(Enumerable.Range(0, 9_000).Select(_ => (char)('a' + System.Security.Cryptography.RandomNumberGenerator.GetInt32(26)))));
        AllTypes.Fixed<long>(rows, 1, 1);
        using var pull = Pull(1, rows);
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), pull));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("'key'", fault.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Reader_in_an_open_transaction_keeps_no_landing_from_growing_the_table_for_ever()
    {
        using var old = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), old);
        await using var reader = (NpgsqlConnection)Bench.Open();
        var transaction = await reader.BeginTransactionAsync();
        await using (var count = new NpgsqlCommand("SELECT count(*) FROM content_daily", reader)) await count.ExecuteScalarAsync();
        using var wide = Pull(2, Plays.WiderBatch(3, "new"));
        var landing = LandAsync(Create(), wide);
        while (Bench.Ask("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == "0") await Task.Yield();
        await transaction.DisposeAsync();
        Assert.Equal(LandingOutcome.Landed, (await landing).Outcome);
        await ShowsAsync(wide);
    }

    [SkippableFact]
    public async Task Two_workers_make_a_table_at_once()
    {
        for (var round = 0; round < 10; round++)
        {
            var land = Land with { Table = $"fresh_{round}" };
            using var a = Pull(1, Plays.Batch(3), "2026-11-18");
            using var b = Pull(1, Plays.WiderBatch(4, "b"), "2026-11-19");
            var receipts = await Task.WhenAll(((IStagedPull[])[a, b]).Select(p => Task.Run(() => Bench.LandAsync(land, p))));
            Assert.All(receipts, r => Assert.Equal(LandingOutcome.Landed, r.Outcome));
            Assert.Equal("7", Bench.Ask($"SELECT count(*) FROM fresh_{round}"));
        }
    }

    [SkippableTheory]
    [InlineData("53100", FaultKind.Window, true, "disk is full")]
    [InlineData("57P01", FaultKind.Window, true, "stays due")]
    [InlineData("42501", FaultKind.Usage, false, "Grant")]
    [InlineData("25006", FaultKind.Usage, false, "standby")]
    [InlineData("25P03", FaultKind.Window, true, "stays due")]
    [InlineData("25P04", FaultKind.Window, true, "stays due")]
    [InlineData("XX000", FaultKind.Window, false, "not expected")]
    public async Task Fault_of_the_server_is_said_in_words_and_changes_nothing(string state, FaultKind kind, bool transient, string words)
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        Bench.Execute(
            $"""
            CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION USING ERRCODE = ''{state}'', MESSAGE = ''it failed''; END';
            CREATE TRIGGER fail BEFORE INSERT ON content_daily FOR EACH ROW EXECUTE FUNCTION fail();
            """);
        using var next = Pull(2, Plays.Batch(4));
        var fault = await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), next));
        Assert.Equal((kind, transient, "postgres"), (fault.Kind, fault.IsTransient, fault.Code));
        Assert.Contains(words, fault.Message, StringComparison.Ordinal);
        await ShowsAsync(good);
        Bench.Execute("DROP TRIGGER fail ON content_daily");
        await LandAsync(Create(), next);
        await ShowsAsync(next);
    }

    [SkippableFact]
    public async Task Deadlock_victim_is_tried_again()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        // A sequence keeps its number when its transaction is rolled back: the first attempt fails, the second does not.
        Bench.Execute(
            """
            CREATE SEQUENCE attempts;
            CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
                'BEGIN IF nextval(''attempts'') = 1 THEN RAISE EXCEPTION USING ERRCODE = ''40P01'', MESSAGE = ''deadlock detected''; END IF; RETURN NEW; END';
            CREATE TRIGGER lose BEFORE INSERT ON etl_landing FOR EACH ROW EXECUTE FUNCTION lose();
            """);
        using var next = Pull(2, Plays.Batch(4));
        Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), next)).Outcome);
        Assert.Equal("2", Bench.Ask("SELECT last_value FROM attempts"));
        await ShowsAsync(next);
    }

    [SkippableFact]
    public async Task Rows_that_the_server_dropped_are_missed()
    {
        using var good = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), good);
        Bench.Execute(
            """
            CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.object_id = ''1_0002'' THEN RETURN NULL; END IF; RETURN NEW; END';
            CREATE TRIGGER skip BEFORE INSERT ON content_daily FOR EACH ROW EXECUTE FUNCTION skip();
            """);
        using var next = Pull(2, Plays.Batch(4));
        Assert.Equal("row-count", (await Assert.ThrowsAsync<EtlException>(() => LandAsync(Create(), next))).Code);
        await ShowsAsync(good);
    }

    [SkippableFact]
    public async Task Table_in_partitions_takes_windows_like_any_other()
    {
        using var first = Pull(1, Plays.Batch(3));
        await LandAsync(Create(), first);
        Bench.Execute(
            """
            CREATE TABLE parts (LIKE content_daily) PARTITION BY LIST (_window);
            CREATE TABLE parts_all PARTITION OF parts DEFAULT;
            DROP TABLE content_daily;
            ALTER TABLE parts RENAME TO content_daily;
            """);
        using var second = Pull(2, Plays.Batch(5));
        await LandAsync(Create(), second);
        Assert.Equal(Expected(second), Rows(second.Key, second.Schema));
    }

    /// <summary>Does something when half of a pull's rows have been read.</summary>
    private sealed class BetweenBatches(IStagedPull inner, Action act) : IStagedPull
    {
        public PullStamp Stamp => inner.Stamp;

        public Core.Windows.WindowKey Key => inner.Key;

        public TableSchema Schema => inner.Schema;

        public string Path => "";

        public IEnumerable<RowBatch> Read()
        {
            var all = new RowBatch(inner.Schema);
            foreach (var batch in inner.Read()) all.AppendAll(batch);
            var middle = all.RowCount / 2;
            foreach (var (start, end) in ((int, int)[])[(0, middle), (middle, all.RowCount)])
            {
                var batch = new RowBatch(inner.Schema);
                for (var row = start; row < end; row++) batch.AppendRow(all, row);
                yield return batch;
                act();
            }
        }

        public void Dispose()
        {
        }
    }
}
