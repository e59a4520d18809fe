using Etl.Core.Exports;

namespace Etl.Testing.Ledger;

/// <summary>What everything that remembers exports must do. An implementation inherits this and says how one is opened.</summary>
public abstract class ExportStoreContract : IAsyncLifetime
{
    private static readonly DateTimeOffset s_noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);
    private static readonly CancellationToken s_none = CancellationToken.None;

    private IExportStore _store = null!;

    /// <summary>Opens the test's store; a second call opens the same one again, as another process would.</summary>
    protected abstract Task<IExportStore> OpenAsync();

    public virtual async Task InitializeAsync() => _store = await OpenAsync();

    public virtual async Task DisposeAsync() => await ((IAsyncDisposable)_store).DisposeAsync();

    private Task<ExportRecord> BeginAsync(string export = "leads", string job = "crm") => _store.BeginExportAsync(job, export, s_none);

    private static ExportRecord Made(ExportRecord begun) => begun with
    {
        State = ExportState.Made, MadeAt = s_noon.AddTicks(1), File = "leads-0000000001-1a2b3c4d.csv", Bytes = 5_000_000_000, Rows = 3_000_000_000, Sha256 = new string('a', 64),
        Inputs = new string('b', 32), Leads = new string('c', 64), Batches = 7,
    };

    private async Task<ExportRecord> AcceptedAsync(string export = "leads")
    {
        var begun = await BeginAsync(export);
        var accepted = Made(begun) with { State = ExportState.Accepted, AcceptedAt = s_noon.AddHours(1) };
        Assert.True(await _store.ChangeExportAsync(accepted, ExportState.Begun, s_none));
        return accepted;
    }

    [SkippableFact]
    public async Task Numbers_count_from_one_for_each_export_and_never_repeat()
    {
        var first = await BeginAsync();
        Assert.Equal(("crm", "leads", 1L, ExportState.Begun, "", 0L), (first.Job, first.Export, first.Sequence, first.State, first.File, first.Rows));
        Assert.True(await _store.ChangeExportAsync(first with { State = ExportState.Dropped }, ExportState.Begun, s_none));
        Assert.Equal(2, (await BeginAsync()).Sequence);
        Assert.Equal(1, (await BeginAsync("members")).Sequence);
        Assert.Equal(1, (await BeginAsync(job: "other")).Sequence);
    }

    [SkippableFact]
    public async Task Record_comes_back_as_it_was_stored()
    {
        var accepted = await AcceptedAsync();
        Assert.Equal(accepted, Assert.Single(await _store.ExportsAsync("crm", "leads", 1, s_none)));
        Assert.Equal(accepted, await _store.LastAcceptedAsync("crm", "leads", s_none));
    }

    [SkippableFact]
    public async Task Change_from_a_state_that_it_does_not_have_changes_nothing()
    {
        var begun = await BeginAsync();
        Assert.False(await _store.ChangeExportAsync(Made(begun), ExportState.Made, s_none));
        Assert.False(await _store.ChangeExportAsync(Made(begun) with { Sequence = 2 }, ExportState.Begun, s_none));
        Assert.Equal(begun, Assert.Single(await _store.ExportsAsync("crm", "leads", 0, s_none)));
        Assert.True(await _store.ChangeExportAsync(Made(begun), ExportState.Begun, s_none));
        // The same state again: how deliveries in batches count.
        Assert.True(await _store.ChangeExportAsync(Made(begun) with { Batches = 8 }, ExportState.Made, s_none));
        Assert.Equal(8, Assert.Single(await _store.ExportsAsync("crm", "leads", 0, s_none)).Batches);
    }

    [SkippableFact]
    public async Task List_is_by_job_export_and_number_and_begins_where_it_is_asked_to()
    {
        foreach (var (export, job) in ((string, string)[])[("members", "crm"), ("leads", "crm"), ("leads", "crm"), ("leads", "a"), ("leads", "crm")]) await BeginAsync(export, job);
        Assert.Equal(
            ["a/leads/1", "crm/leads/1", "crm/leads/2", "crm/leads/3", "crm/members/1"],
            (await _store.ExportsAsync(null, null, 0, s_none)).Select(r => $"{r.Job}/{r.Export}/{r.Sequence}"));
        Assert.Equal([2L, 3L], (await _store.ExportsAsync("crm", "leads", 2, s_none)).Select(r => r.Sequence));
        Assert.Equal(4, (await _store.ExportsAsync("crm", null, 0, s_none)).Count);
    }

    [SkippableFact]
    public async Task Last_accepted_is_the_one_with_the_highest_number()
    {
        Assert.Null(await _store.LastAcceptedAsync("crm", "leads", s_none));
        await AcceptedAsync();
        var second = await AcceptedAsync();
        await AcceptedAsync("members");
        await _store.ChangeExportAsync(Made(await BeginAsync()), ExportState.Begun, s_none);
        Assert.Equal(second, await _store.LastAcceptedAsync("crm", "leads", s_none));
        Assert.Null(await _store.LastAcceptedAsync("crm", "others", s_none));
    }

    [SkippableFact]
    public async Task What_was_stored_survives_the_process()
    {
        var accepted = await AcceptedAsync();
        var other = await OpenAsync();
        await using var _ = (IAsyncDisposable)other;
        Assert.Equal(accepted, await other.LastAcceptedAsync("crm", "leads", s_none));
        Assert.Equal(2, (await other.BeginExportAsync("crm", "leads", s_none)).Sequence);
    }

    [SkippableFact]
    public async Task Those_who_begin_at_once_get_different_numbers_and_of_those_who_change_one_wins()
    {
        for (var round = 0; round < 10; round++)
        {
            using var start = new Barrier(4);
            var begun = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                return BeginAsync();
            })));
            Assert.Equal(Enumerable.Range(round * 4 + 1, 4).Select(n => (long)n), begun.Select(r => r.Sequence).Order());
            var changed = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
            {
                start.SignalAndWait();
                return _store.ChangeExportAsync(Made(begun[0]), ExportState.Begun, s_none);
            })));
            Assert.Single(changed, c => c);
        }
    }
}
