using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing.Sql;
using Etl.Landing.Sql.SqlServer;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>What error numbers lead to: another try, a fault that says what to do, and nothing left behind.</summary>
public sealed class SqlServerFaultTests
{
    private static readonly TableLandSpec s_land = new() { Table = "t", Key = ["object_id"] };

    [Theory]
    [InlineData(1205, true)]
    [InlineData(40613, true)]
    [InlineData(10054, true)]
    [InlineData(1222, false)]
    [InlineData(18456, false)]
    [InlineData(2627, false)]
    [InlineData(-2, false)]
    public void Passing_faults_are_told_from_lasting_ones(int number, bool passes) => Assert.Equal(passes, SqlServerFaults.IsPassing([number]));

    [Theory]
    [InlineData(1205, FaultKind.Window, true, "Run again")]
    [InlineData(1222, FaultKind.Window, true, "long queries")]
    [InlineData(-2, FaultKind.Window, true, "too long")]
    [InlineData(0, FaultKind.Window, true, "cannot be reached")]
    [InlineData(1105, FaultKind.Window, true, "Make room")]
    [InlineData(208, FaultKind.Window, true, "not there any more")]
    [InlineData(18456, FaultKind.Usage, false, "the login in the connection string")]
    [InlineData(4060, FaultKind.Usage, false, "Check the database")]
    [InlineData(229, FaultKind.Usage, false, "CREATE TABLE")]
    [InlineData(262, FaultKind.Usage, false, "CREATE TABLE")]
    [InlineData(1919, FaultKind.Usage, false, "Take it out of 'key'")]
    [InlineData(5074, FaultKind.Usage, false, "Drop that")]
    [InlineData(3906, FaultKind.Usage, false, "read-only")]
    [InlineData(99_999, FaultKind.Window, false, "not expected")]
    public void Faults_say_who_must_do_what(int number, FaultKind kind, bool transient, string help)
    {
        var fault = SqlServerFaults.Explain([number, 3621], "the server's words", "land window 'w'", "ETL_CONNECTION_DWH", new PaperException([number]));
        Assert.Equal((kind, transient, "sqlserver"), (fault.Kind, fault.IsTransient, fault.Code));
        Assert.Contains(help, fault.Message, StringComparison.OrdinalIgnoreCase);
        Assert.StartsWith($"Could not use the SQL Server of ETL_CONNECTION_DWH to land window 'w': the server's words (error {number})", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2628)]
    [InlineData(8152)]
    [InlineData(2627)]
    [InlineData(1946)]
    [InlineData(245)]
    public void Words_that_may_hold_a_cell_are_not_repeated(int number)
    {
        var fault = SqlServerFaults.Explain([number], "value 'secret cell'", "land", "ETL_CONNECTION_DWH", new PaperException([number]));
        Assert.DoesNotContain("secret cell", fault.ToString(), StringComparison.Ordinal);
        Assert.False(fault.IsTransient);
    }

    [Fact]
    public async Task Deadlock_while_publishing_is_tried_again_from_the_staged_file()
    {
        var paper = new PaperServer();
        FailOnce(paper, "INSERT INTO [dbo].[t]", new PaperException([1205]));
        Assert.Equal(LandingOutcome.Landed, (await SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1)).Outcome);
        Assert.Equal(2, paper.Log.Count(s => s.StartsWith("BULK", StringComparison.Ordinal)));
        NothingWaits(paper);
    }

    [Fact]
    public async Task Deadlock_while_staging_is_tried_again_in_a_table_of_another_name()
    {
        var paper = new PaperServer();
        FailOnce(paper, "BULK", new PaperException([40197]));
        Assert.Equal(LandingOutcome.Landed, (await SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1)).Outcome);
        Assert.Equal(2, paper.Log.Where(s => s.StartsWith("BULK", StringComparison.Ordinal)).Distinct().Count());
        NothingWaits(paper);
    }

    [Fact]
    public async Task Commit_whose_answer_is_lost_is_found_in_the_record()
    {
        var paper = new PaperServer();
        // The paper server keeps what was written, as a server does whose commit went through.
        FailOnce(paper, "COMMIT", new PaperException([0], lost: true), when: () => paper.Landings.Count > 0);
        var receipt = await SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1);
        Assert.Equal((LandingOutcome.AlreadyLanded, 2L), (receipt.Outcome, receipt.Rows));
        Assert.Single(paper.Log, s => s.StartsWith("INSERT INTO [dbo].[t]", StringComparison.Ordinal));
        NothingWaits(paper);
    }

    [Fact]
    public async Task Lasting_fault_is_said_once_and_leaves_no_staging_table()
    {
        var paper = new PaperServer();
        FailOnce(paper, "INSERT INTO [dbo].[t]", new PaperException([1105]));
        var fault = await Assert.ThrowsAsync<EtlException>(() => SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1));
        Assert.True(fault.IsTransient);
        Assert.Contains("land window 'nightly/main/101/2026-11-19' in table 't'", fault.Message, StringComparison.Ordinal);
        NothingWaits(paper);
        Assert.Equal(LandingOutcome.Landed, (await SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1)).Outcome);
    }

    [Fact]
    public async Task Table_that_changed_under_the_staged_rows_is_staged_again()
    {
        foreach (var change in (string[])["ALTER TABLE [dbo].[t] ADD [_account] nvarchar(max) NULL", "ALTER TABLE [dbo].[t] ALTER COLUMN [count_plays] float NULL"])
        {
            var paper = new PaperServer();
            var staged = 0;
            paper.Before = sql =>
            {
                if (!sql.StartsWith("BULK", StringComparison.Ordinal) || ++staged > 1) return;
                using var none = new Microsoft.Data.SqlClient.SqlCommand();
                paper.Run(change, none.Parameters);
            };
            Assert.Equal(LandingOutcome.Landed, (await SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1)).Outcome);
            Assert.Equal(2, staged);
            NothingWaits(paper);
        }
    }

    [Fact]
    public async Task Lock_that_somebody_keeps_is_a_transient_fault()
    {
        var paper = new PaperServer { LockResult = -1 };
        var fault = await Assert.ThrowsAsync<EtlException>(() => SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1));
        Assert.Equal(("lock-timeout", true), (fault.Code, fault.IsTransient));
        paper.LockResult = -3;
        Assert.True((await Assert.ThrowsAsync<EtlException>(() => SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p1", 1))).IsTransient);
    }

    [Fact]
    public async Task Server_that_wakes_up_is_waited_for_and_one_that_is_not_there_is_not()
    {
        var waking = new PaperServer { OpenFault = attempt => attempt < 4 ? new PaperException([40613]) : null };
        await Warehouse(waking, out var pauses).BeginAsync(default);
        Assert.Equal([1.0, 3.0, 9.0], pauses.Select(p => p.TotalSeconds));

        var gone = new PaperServer { OpenFault = _ => new PaperException([0], lost: true) };
        var fault = await Assert.ThrowsAsync<EtlException>(() => Warehouse(gone, out _).BeginAsync(default));
        Assert.Contains("cannot be reached", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, gone.Opened);
    }

    [Fact]
    public async Task Full_pool_of_connections_is_a_transient_fault_of_tables_and_of_the_ledger()
    {
        // Of Microsoft.Data.SqlClient, which gives it no number (ADP_PooledOpenTimeout).
        var full = new InvalidOperationException(
            "Timeout expired.  The timeout period elapsed prior to obtaining a connection from the pool.  This may have occurred because all pooled connections were in use and max pool size was reached.");
        var paper = new PaperServer { OpenFault = _ => full };
        foreach (var fault in (EtlException[])
            [
                await Assert.ThrowsAsync<EtlException>(() => Warehouse(paper, out _).BeginAsync(default)),
                await Assert.ThrowsAsync<EtlException>(() => SqlServerLedger.OpenAsync(paper, "db/etl", default)),
            ])
        {
            Assert.Equal((FaultKind.Window, true, "sqlserver"), (fault.Kind, fault.IsTransient, fault.Code));
            Assert.Contains("'Max Pool Size'", fault.Message, StringComparison.Ordinal);
            Assert.Same(full, fault.InnerException);
        }
        // The client has waited long enough: nobody asks again at once.
        Assert.Equal(2, paper.Opened);
        paper.OpenFault = _ => new InvalidOperationException("The connection was not closed. The connection's current state is open.");
        await Assert.ThrowsAsync<InvalidOperationException>(() => Warehouse(paper, out _).BeginAsync(default));
    }

    [Fact]
    public async Task Sweep_drops_the_staging_tables_of_its_own_window_only()
    {
        var paper = new PaperServer();
        await SqlServerStatementTests.LandAsync(paper, s_land, Plays.Schema, "p0", 1);
        using var none = new Microsoft.Data.SqlClient.SqlCommand();
        foreach (var (name, owner) in (IEnumerable<(string, string?)>)
            [("etl_stage_dead", "DBO.T nightly/main/101/2026-11-19"), ("etl_stage_next", "DBO.T nightly/main/101/2026-11-20"), ("etl_stage_else", "DBO.OTHER nightly/main/101/2026-11-19"), ("etl_stage_nobody", null)])
        {
            paper.Run($"CREATE TABLE [dbo].[{name}] ([a] int)", none.Parameters);
            paper.Catalog.Find("dbo", name)!.Owner = owner;
        }
        await SqlServerStatementTests.Target(paper, s_land).SweepAsync(Keys.Key(), Keys.Day(), default);
        Assert.Equal(
            ["etl_stage_else", "etl_stage_next", "etl_stage_nobody"],
            paper.Catalog.Tables.Select(t => t.Name).Where(n => n.StartsWith("etl_stage", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    private static void NothingWaits(PaperServer paper) =>
        Assert.DoesNotContain(paper.Catalog.Tables, t => t.Name.StartsWith("etl_stage", StringComparison.Ordinal));

    private static void FailOnce(PaperServer paper, string at, Exception fault, Func<bool>? when = null)
    {
        var failed = false;
        paper.Before = sql =>
        {
            if (failed || !sql.StartsWith(at, StringComparison.Ordinal) || when?.Invoke() == false) return;
            failed = true;
            throw fault;
        };
    }

    private static SqlServerWarehouse Warehouse(PaperServer paper, out List<TimeSpan> pauses)
    {
        var clock = new ImpatientClock();
        pauses = clock.Pauses;
        return new SqlServerWarehouse(paper, "ETL_CONNECTION_WAREHOUSE", clock);
    }

    /// <summary>Timers are due at once and written down.</summary>
    private sealed class ImpatientClock : TimeProvider
    {
        public List<TimeSpan> Pauses { get; } = [];

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            Pauses.Add(dueTime);
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
