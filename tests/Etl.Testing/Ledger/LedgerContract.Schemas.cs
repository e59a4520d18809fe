using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Testing.Rows;

namespace Etl.Testing.Ledger;

public abstract partial class LedgerContract
{
    private const string Narrow = """[{"name":"id","type":"Text"}]""", Wide = """[{"name":"id","type":"Text"},{"name":"é","type":"Text","unknown":true}]""";

    [SkippableFact]
    public async Task Landed_columns_are_those_of_the_newest_pull_that_is_published()
    {
        var job = new JobKey(Keys.Key().Job, Keys.Key().Source, Keys.Key().Account);
        Assert.Null(await Ledger.FindLandedSchemaAsync(job, None));
        await PullAsync(Keys.Key("2026-11-17"), "p1", Narrow, WindowState.Held);
        Assert.Null(await Ledger.FindLandedSchemaAsync(job, None));
        await PullAsync(Keys.Key("2026-11-18"), "p2", Narrow, WindowState.Landed);
        await PullAsync(Keys.Key("2026-11-19"), "p3", Wide, WindowState.Landed);
        await PullAsync(Keys.Key("2026-11-20"), "p4", "[]", WindowState.Failed);
        var found = await Ledger.FindLandedSchemaAsync(job, None);
        Assert.Equal(("p3", Wide, "2026-11-19", "def", Keys.Noon), (found!.Pull, found.SchemaJson, found.Key.Label, found.DefinitionHash, found.StartedAt));

        // The window that had it was pulled again: what counts is when a pull was made, not which window it is of.
        await PullAsync(Keys.Key("2026-11-17"), "p5", Narrow, WindowState.Landed);
        Assert.Equal("p5", (await Ledger.FindLandedSchemaAsync(job, None))!.Pull);
        Assert.Null(await Ledger.FindLandedSchemaAsync(job with { Job = "other" }, None));
        Assert.Null(await Ledger.FindLandedSchemaAsync(job with { Source = "other" }, None));
    }

    [SkippableFact]
    public async Task Landed_columns_of_an_account_come_before_those_of_others()
    {
        var own = Keys.Key();
        var job = new JobKey(own.Job, own.Source, own.Account);
        await PullAsync(own with { Account = "other" }, "p1", Wide, WindowState.Landed);
        Assert.Equal("p1", (await Ledger.FindLandedSchemaAsync(job, None))!.Pull);
        await PullAsync(own, "p2", Narrow, WindowState.Landed);
        await PullAsync(own with { Account = "other", Label = "2026-11-20" }, "p3", Wide, WindowState.Landed);
        Assert.Equal("p2", (await Ledger.FindLandedSchemaAsync(job, None))!.Pull);
    }

    [SkippableFact]
    public async Task Schema_changes_are_the_first_pull_and_those_whose_columns_differ_from_the_one_before()
    {
        Assert.Empty(await Ledger.SchemaChangesAsync(Keys.Key().Job, None));
        var own = Keys.Key();
        await PullAsync(own, "p1", Narrow, WindowState.Landed);
        await PullAsync(own with { Label = "2026-11-20" }, "p2", Narrow, WindowState.Landed);
        await PullAsync(own with { Account = "other" }, "p3", Wide, WindowState.Landed);
        await PullAsync(own, "p4", Wide, WindowState.Held);
        await PullAsync(own with { Account = "other" }, "p5", Wide, WindowState.Landed);
        await PullAsync(own with { Label = "2026-11-20" }, "p6", Narrow, WindowState.Landed);
        await PullAsync(own with { Job = "another job" }, "p7", Narrow, WindowState.Landed);
        var changes = await Ledger.SchemaChangesAsync(own.Job, None);
        Assert.Equal([("p1", Narrow), ("p3", Wide), ("p4", Wide), ("p6", Narrow)], changes.Select(c => (c.Pull, c.SchemaJson)));
    }

    private async Task PullAsync(WindowKey key, string pull, string schema, WindowState end)
    {
        var lease = (await Ledger.TryLeaseAsync(key, Keys.Day(key.Label), "a", Lifetime, 0, None))!;
        await Ledger.AddPullAsync(lease, Pull(pull, lease) with { SchemaJson = schema }, None);
        await SettleAsync(lease, end, end is WindowState.Landed or WindowState.Held ? Keys.Stamp(pull, lease.Fence) : null, settled: end == WindowState.Landed ? 1 : null);
    }
}
