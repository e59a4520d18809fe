using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>What is written beside the rows in the same step: lineage and restatements.</summary>
public abstract partial class LineageContract : SqlModeContract
{
    private static readonly TableSchema s_restatement = new(
        [SystemColumns.Window, SystemColumns.Pull, new Column("object_id", ColumnType.Text), new Column("before", ColumnType.Int64), new Column("after", ColumnType.Int64)]);

    protected override LandMode Mode => LandMode.ReplaceWindow;

    [SkippableFact]
    public async Task Pull_and_window_are_recorded_and_rows_join_to_them()
    {
        using var pull = Pull("2026-11-19", 3, ("a", 1), ("b", 2));
        await Bench.LandAsync(Land, pull, o => o with { Record = Record(pull) });
        Assert.Equal("2", Bench.Ask($"SELECT count(*) FROM {Table} t JOIN etl_pulls p ON p.pull = t._pull AND p.\"rows\" = 2 AND p.fence = 3 AND p.quarantined = 4"));
        Assert.Equal("nightly main 101 2026-11-19", Bench.Ask("SELECT job || ' ' || source || ' ' || account || ' ' || \"window\" FROM etl_pulls"));
        Assert.Equal("""[{"name":"totals","verdict":"pass","detail":"Equal."}]""", Bench.Ask("SELECT checks FROM etl_pulls"));
        Assert.Equal("""{"calls":3}""", Bench.Ask("SELECT proof FROM etl_pulls"));
        var times = new TableSchema([.. ((string[])["from_utc", "to_utc", "started_at", "ended_at"]).Select(c => new Column(c, ColumnType.Timestamp))]);
        Assert.Equal(
            ["from_utc=2026-11-19T05:00:00.000000Z|to_utc=2026-11-20T05:00:00.000000Z|started_at=2026-11-20T12:00:00.000000Z|ended_at=2026-11-20T12:01:00.000000Z"],
            Bench.Lines("etl_pulls", times));
        Assert.Equal($"{pull.Stamp.Pull} {Table}", Bench.Ask("SELECT w.pull || ' ' || w.target FROM etl_windows w JOIN etl_pulls p ON p.pull = w.pull"));
    }

    [SkippableFact]
    public async Task Window_shows_its_newest_pull_and_pulls_are_kept()
    {
        foreach (var fence in (long[])[1, 2])
        {
            using var pull = Pull("2026-11-19", fence, ("a", fence));
            await Bench.LandAsync(Land, pull, o => o with { Record = Record(pull) });
        }
        Assert.Equal("2", Bench.Ask("SELECT count(*) FROM etl_pulls"));
        Assert.Equal("2", Bench.Ask("SELECT sum(fence) FROM etl_windows"));
    }

    [SkippableFact]
    public async Task Pull_that_landed_before_gets_its_record_all_the_same()
    {
        using var pull = Pull("2026-11-19", 3, ("a", 1));
        await LandAsync(pull);
        Assert.DoesNotContain("etl_pulls", Bench.Names());
        Assert.Equal(LandingOutcome.AlreadyLanded, (await Bench.LandAsync(Land, pull, o => o with { Record = Record(pull) })).Outcome);
        Assert.Equal("1", Bench.Ask($"SELECT count(*) FROM etl_pulls WHERE pull = '{pull.Stamp.Pull}'"));
        Assert.Equal(["a 1"], Rows());
    }

    [SkippableFact]
    public async Task Superseded_pull_leaves_lineage_as_it_is()
    {
        using var newer = Pull("2026-11-19", 3, ("a", 1));
        using var older = Pull("2026-11-19", 2, ("a", 2));
        await Bench.LandAsync(Land, newer, o => o with { Record = Record(newer) });
        await Bench.LandAsync(Land, older, o => o with { Record = Record(older) });
        Assert.Equal(newer.Stamp.Pull, Bench.Ask("SELECT pull FROM etl_pulls"));
    }

    [SkippableFact]
    public async Task Restatement_is_published_with_the_rows_and_once()
    {
        using var first = Pull("2026-11-19", 1, ("a", 1));
        using var second = Pull("2026-11-19", 2, ("a", 2));
        await LandAsync(first);
        var change = new Change(first.Stamp.Pull, second.Stamp.Pull, ("a", 1, 2));
        await Bench.LandAsync(Land, second, o => o with { Restatement = change });
        Assert.Equal([$"_window=2026-11-19|_pull={second.Stamp.Pull}|object_id=a|before=1|after=2"], Bench.Lines("content_restatements", s_restatement));
        await Bench.LandAsync(Land, second, o => o with { Restatement = change });
        Assert.Equal("1", Bench.Ask("SELECT count(*) FROM content_restatements"));
        // The record was lost, and so the pull lands again: its changes still stand there once.
        Bench.Execute("UPDATE etl_landing SET pull = '" + first.Stamp.Pull + "'");
        await Bench.LandAsync(Land, second, o => o with { Restatement = change });
        Assert.Equal("1", Bench.Ask("SELECT count(*) FROM content_restatements"));
        Assert.Equal(["a 2"], Rows());
    }

    [SkippableFact]
    public async Task Restatement_against_another_pull_than_the_published_one_is_refused()
    {
        using var first = Pull("2026-11-19", 1, ("a", 1));
        using var second = Pull("2026-11-19", 2, ("a", 2));
        using var third = Pull("2026-11-19", 3, ("a", 3));
        await LandAsync(first);
        await LandAsync(second);
        var fault = await Assert.ThrowsAsync<EtlException>(
            () => Bench.LandAsync(Land, third, o => o with { Restatement = new Change(first.Stamp.Pull, third.Stamp.Pull, ("a", 1, 3)) }));
        Assert.Equal(("restatement-base", true), (fault.Code, fault.IsTransient));
        Assert.Contains(second.Stamp.Pull, fault.Message, StringComparison.Ordinal);
        Assert.Equal(["a 2"], Rows());
        await Bench.LandAsync(Land, third, o => o with { Restatement = new Change(second.Stamp.Pull, third.Stamp.Pull, ("a", 2, 3)) });
        Assert.Equal(["a 3"], Rows());
    }

    private static PullRecord Record(IStagedPull pull) => new()
    {
        Pull = pull.Stamp.Pull,
        Key = pull.Key,
        Fence = pull.Stamp.Fence,
        StartedAt = Keys.Noon,
        EndedAt = Keys.Noon.AddMinutes(1),
        Rows = pull.Stamp.Rows,
        ContentHash = pull.Stamp.ContentHash,
        DefinitionHash = pull.Stamp.DefinitionHash,
        ProofJson = """{"calls":3}""",
        Quarantined = 4,
        Checks = [new CheckResult("totals", Verdict.Pass, "Equal.")],
    };

    private sealed class Change(string previous, string pull, params (string Id, long Before, long After)[] rows) : IRestatement
    {
        public string PreviousPull => previous;

        public TableSchema Schema => s_restatement;

        public long Rows => rows.Length;

        public IEnumerable<RowBatch> Read()
        {
            var batch = new RowBatch(s_restatement);
            foreach (var (id, before, after) in rows)
            {
                AllTypes.Text(batch, 0, "2026-11-19");
                AllTypes.Text(batch, 1, pull);
                AllTypes.Text(batch, 2, id);
                AllTypes.Fixed<long>(batch, 3, before);
                AllTypes.Fixed<long>(batch, 4, after);
            }
            yield return batch;
        }
    }
}
