using System.Reflection;
using Etl.Core.Alerts;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Hooks;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Landing.Sql.Ledger;
using Etl.Landing.Sql.SqlServer;
using Etl.Testing.Rows;

namespace Etl.Landing.Tests.Sql.SqlServer;

/// <summary>
/// Every statement that a ledger can send: all calls of all contracts that it keeps are made, and what they send is parsed by Microsoft's parser and
/// bound to the tables that the migrations made (<see cref="PaperServer"/>). What only a server knows is tested where one is.
/// </summary>
public sealed class SqlServerLedgerStatementTests
{
    private static readonly Lease s_lease = new(Keys.Key(), "a", 1);
    private static readonly AlertKey s_alert = new("nightly", "late", "101");
    private static readonly AlertMessage s_message = new() { Id = "m1", Key = s_alert, Channel = "night", Kind = AlertMessageKind.Firing, Subject = "late", Body = "{}" };

    /// <summary>Arguments to call with, by type; of several each is tried.</summary>
    private static readonly object[] s_samples =
    [
        "2026-11-19", 7, 41L, true, TimeSpan.FromMinutes(5), Keys.Noon, Keys.Key(), Keys.Day(), new JobKey("nightly", "main", "101"), s_lease, default(CancellationToken),
        WindowState.Pulling, Keys.Record(Keys.Stamp("p1", 1), Keys.Key()),
        new LandingRecord("p1", Keys.Key(), "parquet:c", "there", 1, 12, null, LandingOutcome.Landed, Keys.Noon) { Restated = new RestatedRows(1, 2, 3) },
        new HandleRecord("d1", new Handle(null, Keys.Noon, Keys.Noon, "why")), new HandleRecord("d1", new Handle("h1", Keys.Noon)),
        .. Enum.GetValues<WindowState>().SelectMany(state => new[]
        {
            new Settlement { State = state, Reason = "why", Stamp = Keys.Stamp("p1", 1), Settled = 1 }, new Settlement { State = state },
        }),
        new WorkItem("nightly", "2026-11-19", Force: true), new WorkItem("nightly"),
        new BacklogItem(new WorkItem("nightly", "2026-11-19"), "b1", "page: ann", 2, Keys.Noon), new BacklogItem(new WorkItem("nightly"), "b1", "hook", null, Keys.Noon),
        new ServerRecord("host-1", "quartz", 4, "http://127.0.0.1:8080", Keys.Noon),
        s_alert, new AlertState { Key = s_alert, RuleHash = "r1" }, new AlertState { Key = s_alert, RuleHash = "r1", Version = 3 }, s_message, new OutboxItem(7, "a", 2, TimeSpan.FromMinutes(1), s_message),
        new KeptHook("nightly", "42", "2026-11-19", Force: true, Keys.Noon, Keys.Noon), new KeptHook("nightly", "43", null, Force: false, Keys.Noon, Keys.Noon),
        new ExportRecord { Job = "nightly", Export = "leads", Sequence = 3, State = ExportState.Made, MadeAt = Keys.Noon }, ExportState.Begun,
        new WindowQuery("nightly"), new WindowQuery("nightly") { States = [WindowState.Held, WindowState.Failed], From = Keys.Noon, Before = Keys.Noon, Label = "2026-11-19" },
    ];

    [Fact]
    public async Task Every_call_sends_statements_that_the_server_takes()
    {
        var paper = Paper();
        await using var ledger = await SqlServerLedger.OpenAsync(paper, "db/etl", default);
        var before = paper.Log.Count;
        // Rows found and changed, rows changed but not found, nothing at all: each way sends other statements.
        foreach (var (found, changed) in ((bool, int)[])[(false, 1), (true, 1), (false, 0)])
        {
            paper.Answers = sql => Known(sql) ?? (found ? [["2026-11-19"]] : []);
            paper.Changed = sql => found || !sql.StartsWith("UPDATE etl_pull", StringComparison.Ordinal) ? changed : 0;
            foreach (var (method, target) in typeof(SqlServerLedger).GetInterfaces().Where(i => i.Assembly == typeof(ILedger).Assembly)
                .SelectMany(i => i.GetMethods().Select(m => (m, typeof(SqlServerLedger).GetInterfaceMap(i).TargetMethods[Array.IndexOf(i.GetMethods(), m)]))))
            {
                Assert.NotNull(target);
                await CallAsync(ledger, method);
            }
        }
        var sent = paper.Log[before..];
        var tables = paper.Catalog.Tables.Select(t => t.Name).Where(n => n != "etl_ledger_version").ToList();
        Assert.InRange(tables.Count, 6, 40);
        Assert.All(tables, table => Assert.Contains(sent, s => s.Contains($"INSERT INTO {table} ", StringComparison.Ordinal) || s.Contains($"MERGE {table} ", StringComparison.Ordinal)));
        Assert.All(tables.Except(["etl_landing_log", "etl_step", "etl_job"]), table => Assert.Contains(sent, s => s.Contains($"UPDATE {table} ", StringComparison.Ordinal) || s.Contains($"DELETE FROM {table} ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Tables_are_made_in_one_transaction_under_a_lock_with_keys_by_code_unit()
    {
        var paper = Paper();
        await using var ledger = await SqlServerLedger.OpenAsync(paper, "db/etl", default);
        Assert.Equal("BEGIN", paper.Log[0]);
        Assert.Contains("sp_getapplock", paper.Log[2], StringComparison.Ordinal);
        Assert.Equal(["COMMIT"], paper.Log.Where(s => s is "COMMIT" or "ROLLBACK"));
        Assert.Equal("COMMIT", paper.Log[^1]);
        var texts = paper.Catalog.Tables.SelectMany(t => t.Columns).Where(c => c.Declared.StartsWith("nvarchar", StringComparison.Ordinal)).ToList();
        Assert.InRange(texts.Count, 40, 200);
        Assert.All(texts, c => Assert.EndsWith("COLLATE Latin1_General_100_BIN2", c.Declared, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tables_that_are_there_are_left_alone_and_newer_ones_refused()
    {
        var paper = Paper();
        paper.Answers = sql => sql.Contains("MAX(version)", StringComparison.Ordinal) ? [[LedgerMigrations.Latest]] : Known(sql);
        await using (await SqlServerLedger.OpenAsync(paper, "db/etl", default)) Assert.Equal(["etl_ledger_version"], paper.Catalog.Tables.Select(t => t.Name));
        paper.Answers = sql => sql.Contains("MAX(version)", StringComparison.Ordinal) ? [[99]] : Known(sql);
        var fault = await Assert.ThrowsAsync<EtlException>(() => SqlServerLedger.OpenAsync(Paper(paper.Answers), "db/etl", default));
        Assert.Contains("version 99", fault.Message, StringComparison.Ordinal);
        Assert.Contains("db/etl", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Longest_names_fit_the_widest_key()
    {
        var paper = Paper();
        await using var ledger = await SqlServerLedger.OpenAsync(paper, "db/etl", default);
        // job and source: 63 letters (job.schema.json); account: 20 digits; label: an hour of a live job at most; pull: time and 12 random letters.
        var longest = new Dictionary<string, int> { ["job"] = 63, ["source"] = 63, ["account"] = 20, ["label"] = 30, ["pull"] = 40 };
        var index = Assert.Single(paper.Catalog.Tables.SelectMany(t => t.Indexes), i => i.Name == "ux_etl_pull");
        Assert.InRange(index.Columns.Sum(c => longest[c]) * 2, 1, 900);
    }

    [Fact]
    public async Task Deadlock_is_done_again_and_one_that_lasts_is_told()
    {
        var paper = Paper();
        await using var ledger = await SqlServerLedger.OpenAsync(paper, "db/etl", default);
        paper.Changed = _ => 1;
        var deadlocks = 2;
        paper.Before = sql =>
        {
            if (sql.StartsWith("UPDATE etl_window", StringComparison.Ordinal) && deadlocks-- > 0) throw new PaperException([1205]);
        };
        var before = paper.Log.Count;
        await ledger.MoveAsync(s_lease, WindowState.Pulling, null, "", default);
        Assert.Equal(["ROLLBACK", "ROLLBACK", "COMMIT"], paper.Log[before..].Where(s => s is "COMMIT" or "ROLLBACK"));

        paper.Before = _ => throw new PaperException([1205]);
        var fault = await Assert.ThrowsAsync<EtlException>(() => ledger.MoveAsync(s_lease, WindowState.Pulling, null, "", default));
        Assert.True(fault.IsTransient);
        Assert.Contains("ETL_LEDGER", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commit_whose_answer_was_lost_is_not_repeated()
    {
        var paper = Paper();
        await using var ledger = await SqlServerLedger.OpenAsync(paper, "db/etl", default);
        paper.Changed = _ => 1;
        var commits = 0;
        paper.Before = sql =>
        {
            if (sql != "COMMIT") return;
            commits++;
            throw new PaperException([10054], lost: true);
        };
        Assert.True((await Assert.ThrowsAsync<EtlException>(() => ledger.HeartbeatAsync(s_lease, TimeSpan.FromMinutes(1), default))).IsTransient);
        Assert.Equal(1, commits);
    }

    [Fact]
    public async Task Connection_string_that_is_none_is_not_repeated()
    {
        var fault = await Assert.ThrowsAsync<EtlException>(() => SqlServerLedger.OpenAsync("Sever=db;Password=s3cret", default));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains("ETL_LEDGER", fault.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", fault.ToString(), StringComparison.Ordinal);
    }

    private static PaperServer Paper(Func<string, IEnumerable<object?[]>?>? answers = null) =>
        new() { Catalog = new PaperCatalog { OwnSchema = "dbo" }, NeedsTransaction = false, Answers = answers ?? Known };

    private static IEnumerable<object?[]>? Known(string sql) =>
        sql.Contains("sp_getapplock", StringComparison.Ordinal) ? [[0]]
        : sql.Contains("OBJECT_ID", StringComparison.Ordinal) || sql.Contains("MAX(version)", StringComparison.Ordinal) ? [[null]]
        : sql.StartsWith("MERGE etl_window", StringComparison.Ordinal) ? [[1L]]
        : null;

    private static async Task CallAsync(ILedger ledger, MethodInfo method)
    {
        var parameters = method.GetParameters();
        if (parameters.Length == 0) return; // DisposeAsync
        var samples = parameters.Select(p => Samples(p.ParameterType)).ToList();
        for (var round = 0; round < samples.Max(s => s.Count); round++)
        {
            try
            {
                await (Task)method.Invoke(ledger, [.. samples.Select(s => s[round % s.Count])])!;
            }
            catch (TargetInvocationException fault) when (fault.InnerException is ArgumentException)
            {
                // A settlement that lacks its stamp.
            }
            catch (Exception fault) when (fault is LeaseLostException or InvalidOperationException or ArgumentException or FormatException or InvalidCastException or System.Data.DataException or System.Text.Json.JsonException)
            {
                // A row on paper is one cell, which is no record; what was sent until then is written down.
            }
        }
    }

    private static List<object?> Samples(Type type)
    {
        var wanted = Nullable.GetUnderlyingType(type) ?? type;
        List<object?> found = [.. s_samples.Where(wanted.IsInstanceOfType)];
        if (found.Count == 0 && type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>))
        {
            var element = type.GetGenericArguments()[0];
            var all = Samples(element);
            var list = Array.CreateInstance(element, all.Count);
            for (var index = 0; index < all.Count; index++) list.SetValue(all[index], index);
            return [list];
        }
        Assert.True(found.Count > 0, $"There is no sample of {type}. Add one, so that what its call sends is looked at.");
        return found;
    }
}
