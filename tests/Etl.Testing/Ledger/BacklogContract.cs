using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Testing.Rows;

namespace Etl.Testing.Ledger;

/// <summary>What every backlog must do. An implementation inherits this and says how its ledger is opened.</summary>
public abstract class BacklogContract : IAsyncLifetime
{
    private static readonly CancellationToken s_none = CancellationToken.None;
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(5), s_over = TimeSpan.FromMilliseconds(-1);
    private static readonly string[] s_many = [.. Enumerable.Range(0, 40).Select(n => $"2026-{n / 28 + 1:00}-{n % 28 + 1:00}")];

    private ILedger _ledger = null!;

    private IBacklog Backlog => (IBacklog)_ledger;

    /// <summary>Opens the test's ledger; a second call opens the same one again, as another process would.</summary>
    protected abstract Task<ILedger> OpenAsync();

    public virtual async Task InitializeAsync()
    {
        _ledger = await OpenAsync();
        await BeatAsync("a");
        await BeatAsync("b");
    }

    public virtual async Task DisposeAsync() => await _ledger.DisposeAsync();

    [SkippableFact]
    public async Task Items_are_listed_as_they_were_asked_for_and_twice_is_once()
    {
        BacklogItem[] items =
        [
            new(new WorkItem("nightly", "2026-11-19"), "b1", "page: ann", 2, Keys.Noon), new(new WorkItem("nightly", "2026-11-18"), "b1", "page: ann", 2, Keys.Noon),
            new(new WorkItem("nightly", "2026-11-19", Force: true), "b2", "hook", null, Keys.Noon.AddMinutes(1)), new(new WorkItem("nightly"), "b2", "hook", null, Keys.Noon.AddMinutes(1)),
            new(new WorkItem("nightly", "2026-11-19", Again: true), "b2", "hook", null, Keys.Noon.AddMinutes(1)),
        ];
        Assert.Equal(5, await Backlog.AddAsync(items, s_none));
        Assert.Equal(1, await Backlog.AddAsync([items[0] with { Batch = "b3", By = "backfill", Parallel = null }, Item("2026-11-17", "b3")], s_none));
        Assert.Equal(0, await Backlog.AddAsync([items[0] with { Batch = "b4" }], s_none));
        var listed = await Backlog.ListAsync(s_none);
        Assert.Equal([.. items, Item("2026-11-17", "b3")], listed.Select(i => i with { Id = 0 }));
        Assert.Equal(listed[0].Id, (await Backlog.TakeAsync("a", s_none))!.Id);
    }

    [SkippableFact]
    public async Task Item_is_taken_by_one_server_and_is_over_when_that_one_says_so()
    {
        await AddAsync("2026-11-18", "2026-11-19");
        var first = await Backlog.TakeAsync("a", s_none);
        var second = await Backlog.TakeAsync("b", s_none);
        Assert.Equal(("2026-11-18", 1), (first!.Item.Label, first.Tries));
        Assert.Equal("2026-11-19", second!.Item.Label);
        Assert.Null(await Backlog.TakeAsync("a", s_none));
        Assert.Equal(["a", "b"], (await Backlog.ListAsync(s_none)).Select(i => i.TakenBy));
        Assert.False(await Backlog.DoneAsync(first.Id, "b", s_none));
        Assert.True(await Backlog.DoneAsync(first.Id, "a", s_none));
        Assert.False(await Backlog.DoneAsync(first.Id, "a", s_none));
        Assert.Equal(["2026-11-19"], await LabelsAsync());
    }

    [SkippableFact]
    public async Task Batch_has_no_more_at_once_than_it_asked_for_over_all_servers()
    {
        await Backlog.AddAsync([.. Enumerable.Range(10, 5).Select(d => Item($"2026-11-{d}", "b1", 2))], s_none);
        await Backlog.AddAsync([Item("2026-11-01", "b2")], s_none);
        var one = await Backlog.TakeAsync("a", s_none);
        Assert.Equal("2026-11-11", (await Backlog.TakeAsync("b", s_none))!.Item.Label);
        Assert.Equal("2026-11-01", (await Backlog.TakeAsync("b", s_none))!.Item.Label);
        Assert.Null(await Backlog.TakeAsync("a", s_none));
        await Backlog.DoneAsync(one!.Id, "a", s_none);
        Assert.Equal("2026-11-12", (await Backlog.TakeAsync("a", s_none))!.Item.Label);
        Assert.Null(await Backlog.TakeAsync("a", s_none));
    }

    [SkippableFact]
    public async Task Items_of_a_server_that_died_go_to_another_one_and_its_word_counts_no_more()
    {
        await AddAsync("2026-11-19");
        var lost = await Backlog.TakeAsync("a", s_none);
        await BeatAsync("a", s_over);
        Assert.Null((await Backlog.ListAsync(s_none)).Single().TakenBy);
        Assert.Null(await Backlog.TakeAsync("a", s_none));
        var found = await Backlog.TakeAsync("b", s_none);
        Assert.Equal((lost!.Id, 2), (found!.Id, found.Tries));
        Assert.False(await Backlog.DoneAsync(lost.Id, "a", s_none));
        Assert.True(await Backlog.DoneAsync(found.Id, "b", s_none));
    }

    [SkippableFact]
    public async Task Items_of_a_server_that_left_are_free_at_once_and_count_no_try()
    {
        await AddAsync("2026-11-19");
        await Backlog.TakeAsync("a", s_none);
        await Backlog.LeaveAsync("a", s_none);
        Assert.Equal(["b"], (await Backlog.ServersAsync(s_none)).Select(s => s.Name));
        Assert.Equal(1, (await Backlog.TakeAsync("b", s_none))!.Tries);
    }

    [SkippableFact]
    public async Task Item_that_was_given_back_waits_a_while()
    {
        await AddAsync("2026-11-18", "2026-11-19");
        var taken = await Backlog.TakeAsync("a", s_none);
        await Backlog.GiveBackAsync(taken!.Id, "b", TimeSpan.Zero, s_none);
        Assert.Equal("a", (await Backlog.ListAsync(s_none))[0].TakenBy);
        await Backlog.GiveBackAsync(taken.Id, "a", s_long, s_none);
        Assert.Equal("2026-11-19", (await Backlog.TakeAsync("b", s_none))!.Item.Label);
        Assert.Null(await Backlog.TakeAsync("b", s_none));

        await AddAsync("2026-11-20");
        taken = await Backlog.TakeAsync("b", s_none);
        await Backlog.GiveBackAsync(taken!.Id, "b", s_over, s_none);
        Assert.Equal((taken.Id, 1), await Backlog.TakeAsync("a", s_none) is { } again ? (again.Id, again.Tries) : default);
    }

    [SkippableFact]
    public async Task What_has_not_begun_can_be_withdrawn_and_the_rest_ends()
    {
        await AddAsync("2026-11-17", "2026-11-18", "2026-11-19");
        await Backlog.AddAsync([Item("2026-11-01", "other")], s_none);
        var taken = await Backlog.TakeAsync("a", s_none);
        Assert.False(await Backlog.RemoveAsync(taken!.Item, s_none));
        Assert.True(await Backlog.RemoveAsync(new WorkItem("nightly", "2026-11-19"), s_none));
        Assert.False(await Backlog.RemoveAsync(new WorkItem("nightly", "2026-11-19"), s_none));
        Assert.Equal(1, await Backlog.WithdrawAsync("b", s_none));
        Assert.Equal(["2026-11-17", "2026-11-01"], await LabelsAsync());
        Assert.True(await Backlog.DoneAsync(taken.Id, "a", s_none));
    }

    [SkippableFact]
    public async Task What_the_same_asker_asked_for_before_can_be_taken_over_and_then_obeys_the_new_batch()
    {
        await Backlog.AddAsync([.. Enumerable.Range(10, 5).Select(d => Item($"2026-11-{d}", "old", 1))], s_none);
        await Backlog.AddAsync([Item("2026-11-20", "page") with { By = "page: ann" }], s_none);
        await Backlog.AddAsync([Item("2026-11-21", "z")], s_none);
        var begun = await Backlog.TakeAsync("a", s_none);
        BacklogItem[] wanted = [.. Enumerable.Range(10, 3).Select(d => Item($"2026-11-{d}", "new", 2)), Item("2026-11-20", "new", 2), Item("2026-11-30", "new", 2)];
        Assert.Equal(3, await Backlog.TakeOverAsync(wanted, s_none));
        Assert.Equal(0, await Backlog.TakeOverAsync(wanted, s_none));
        Assert.Equal(
            [("2026-11-10", "new", 2), ("2026-11-11", "new", 2), ("2026-11-12", "new", 2), ("2026-11-13", "old", 1), ("2026-11-14", "old", 1), ("2026-11-20", "page", null), ("2026-11-21", "z", (int?)null)],
            (await Backlog.ListAsync(s_none)).Select(i => (i.Item.Label!, i.Batch, i.Parallel)));
        // One of two is in work already; the old batch has none any more.
        foreach (var label in (string?[])["2026-11-11", "2026-11-13", "2026-11-20", "2026-11-21", null]) Assert.Equal(label, (await Backlog.TakeAsync("b", s_none))?.Item.Label);
        Assert.Equal(1, await Backlog.WithdrawAsync("new", s_none));
        Assert.True(await Backlog.DoneAsync(begun!.Id, "a", s_none));
        Assert.Equal(["2026-11-11", "2026-11-13", "2026-11-14", "2026-11-20", "2026-11-21"], await LabelsAsync());
        Assert.Equal(2, await Backlog.TakeOverAsync([Item("2026-11-13", "last"), Item("2026-11-14", "last")], s_none));
        Assert.Equal(["new", "last", "last", "page", "z"], (await Backlog.ListAsync(s_none)).Select(i => i.Batch));
    }

    [SkippableFact]
    public async Task Batch_knows_how_many_of_it_are_done()
    {
        await Backlog.AddAsync([.. Enumerable.Range(10, 4).Select(d => Item($"2026-11-{d}", "b1"))], s_none);
        await Backlog.AddAsync([Item("2026-11-20", "b2")], s_none);
        var (done, given) = (await Backlog.TakeAsync("a", s_none), await Backlog.TakeAsync("a", s_none));
        Assert.False(await Backlog.DoneAsync(done!.Id, "b", s_none));
        await Backlog.GiveBackAsync(given!.Id, "a", TimeSpan.Zero, s_none);
        Assert.True(await Backlog.RemoveAsync(new WorkItem("nightly", "2026-11-13"), s_none));
        Assert.All(await Backlog.ListAsync(s_none), i => Assert.Equal(0, i.BatchDone));
        Assert.True(await Backlog.DoneAsync(done.Id, "a", s_none));
        Assert.False(await Backlog.DoneAsync(done.Id, "a", s_none));
        Assert.Equal([("2026-11-11", 1), ("2026-11-12", 1), ("2026-11-20", 0)], (await Backlog.ListAsync(s_none)).Select(i => (i.Item.Label!, i.BatchDone)));
    }

    [SkippableFact]
    public async Task Cancellations_are_heard_once_by_each_server()
    {
        Assert.Empty(await Backlog.CancelsAsync(null, s_none));
        await Backlog.CancelAsync("nightly", "2026-11-18", s_none);
        var known = Assert.Single(await Backlog.CancelsAsync(null, s_none)).Id;
        Assert.Empty(await Backlog.CancelsAsync(known, s_none));
        await Backlog.CancelAsync("nightly", "2026-11-19", s_none);
        await Backlog.CancelAsync("nightly", "2026-11-19", s_none);
        var heard = await Backlog.CancelsAsync(known, s_none);
        Assert.Equal([("nightly", "2026-11-19"), ("nightly", "2026-11-19")], heard.Select(c => (c.Job, c.Label)));
        Assert.Equal(heard[1], Assert.Single(await Backlog.CancelsAsync(null, s_none)));
    }

    [SkippableFact]
    public async Task Servers_live_as_long_as_they_said()
    {
        var server = new ServerRecord("c", "hangfire", 3, "http://127.0.0.1:1/", Keys.Noon);
        await Backlog.BeatAsync(server with { Url = null }, s_long, s_none);
        await Backlog.BeatAsync(server, s_long, s_none);
        Assert.Equal(server, (await Backlog.ServersAsync(s_none))[^1]);
        await Backlog.BeatAsync(server, s_over, s_none);
        Assert.Equal(["a", "b"], (await Backlog.ServersAsync(s_none)).Select(s => s.Name));
    }

    [SkippableFact]
    public async Task Live_job_is_led_by_one_server_until_it_dies_or_leaves()
    {
        Assert.True(await Backlog.LeadAsync("live", "a", s_none));
        Assert.False(await Backlog.LeadAsync("live", "b", s_none));
        Assert.True(await Backlog.LeadAsync("live", "a", s_none));
        Assert.True(await Backlog.LeadAsync("other", "b", s_none));
        await BeatAsync("a", s_over);
        Assert.True(await Backlog.LeadAsync("live", "b", s_none));
        await BeatAsync("a");
        Assert.False(await Backlog.LeadAsync("live", "a", s_none));
        await Backlog.LeaveAsync("b", s_none);
        Assert.True(await Backlog.LeadAsync("live", "a", s_none));
    }

    [SkippableFact]
    public async Task Many_servers_at_once_take_each_item_once_and_never_too_many()
    {
        await Backlog.AddAsync([.. s_many.Select(l => Item(l, "b", 3))], s_none);
        var (done, most) = await DoneByServersAsync();
        Assert.Equal(s_many, done.Order(StringComparer.Ordinal));
        Assert.InRange(most, 1, 3);
    }

    [SkippableFact]
    public async Task Items_that_are_taken_over_while_servers_take_them_are_done_once_within_the_limit()
    {
        await Backlog.AddAsync([.. s_many.Select(l => Item(l, "b0", 3))], s_none);
        var servers = DoneByServersAsync();
        for (var n = 1; !servers.IsCompleted; n++)
        {
            await Backlog.TakeOverAsync([.. s_many.Select(l => Item(l, $"b{n}", 3))], s_none);
            // Without a breath between them nobody else would come to the row of a batch that still is.
            await Task.Delay(20);
        }
        var (done, most) = await servers;
        Assert.Equal(s_many, done.Order(StringComparer.Ordinal));
        Assert.InRange(most, 1, 3);
        Assert.Empty(await Backlog.ListAsync(s_none));
    }

    /// <summary>What four servers did until nothing was left, and how many they had at once.</summary>
    private async Task<(IReadOnlyList<string> Done, int Most)> DoneByServersAsync()
    {
        var (now, most) = (0, 0);
        var gate = new Lock();
        var done = new List<string>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(n => Task.Run(async () =>
        {
            await using var ledger = await OpenAsync();
            var backlog = (IBacklog)ledger;
            var name = $"server{n}";
            await backlog.BeatAsync(new ServerRecord(name, "quartz", 4, null, Keys.Noon), s_long, s_none);
            while ((await backlog.ListAsync(s_none)).Count > 0)
            {
                if (await backlog.TakeAsync(name, s_none) is not { } taken) continue;
                lock (gate) most = Math.Max(most, ++now);
                await Task.Yield();
                lock (gate)
                {
                    now--;
                    done.Add(taken.Item.Label!);
                }
                Assert.True(await backlog.DoneAsync(taken.Id, name, s_none));
            }
        })));
        return (done, most);
    }

    private static BacklogItem Item(string label, string batch, int? parallel = null) => new(new WorkItem("nightly", label), batch, "backfill", parallel, Keys.Noon);

    private Task AddAsync(params string[] labels) => Backlog.AddAsync([.. labels.Select(l => Item(l, "b"))], s_none);

    private Task BeatAsync(string name, TimeSpan? lifetime = null) => Backlog.BeatAsync(new ServerRecord(name, "quartz", 4, null, Keys.Noon), lifetime ?? s_long, s_none);

    private async Task<IEnumerable<string?>> LabelsAsync() => (await Backlog.ListAsync(s_none)).Select(i => i.Item.Label);
}
