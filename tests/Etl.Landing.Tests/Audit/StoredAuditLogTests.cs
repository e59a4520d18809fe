using Etl.Core.Errors;
using Etl.Landing.Audit.Log;
using Etl.Landing.Connections;
using Etl.Landing.Stores;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Tests.Parquet;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Audit;

/// <summary>A log in a blob container of a real Azurite. What is there is copied to a folder, as an auditor would, and verified.</summary>
public sealed class StoredAuditLogTests : IAsyncLifetime, IDisposable
{
    private readonly AuditBench _bench = new();
    private AzuriteContainer? _container;

    private IObjectStore Store
    {
        get
        {
            var address = BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", $"{_container!.ConnectionString}Container={_container.Name}/audit"));
            return new BlobObjectStore(BlobApis.Of(address, TimeProvider.System), address, TimeProvider.System);
        }
    }

    public async Task InitializeAsync() => _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();

    public async Task DisposeAsync()
    {
        if (_container is not null) await _container.DisposeAsync();
    }

    public void Dispose() => _bench.Dispose();

    private AuditLog Log(IObjectStore? store = null) => _bench.Log(place: AuditPlace.OfStore(store ?? Store, TimeProvider.System));

    private static Task<AuditEntry> AppendAsync(AuditLog log, int day, string pull = "p1") => log.AppendAsync("snapshot", AuditBench.Facts(day, pull), AuditBench.Files(pull), AuditBench.None);

    /// <summary>Downloads the log and lets both verifiers look at it.</summary>
    private async Task<long> VerifiedAsync()
    {
        var folder = _bench.Data["downloaded/" + Guid.NewGuid().ToString("n")];
        var store = Store;
        await foreach (var item in store.ListAsync("", AuditBench.None))
        {
            var path = Path.Combine(folder, item.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using var from = await store.OpenAsync(item.Name, AuditBench.None);
            await using var to = File.Create(path);
            await from!.Content.CopyToAsync(to);
        }
        var verdict = _bench.Verify(folder);
        Assert.True(verdict.Word == "ok", string.Join(' ', verdict.Findings.Select(f => f.Message)));
        Assert.Empty(verdict.Notes);
        using var second = new SecondVerifier();
        Assert.Equal("ok", second.Ask(folder, _bench.Fingerprint));
        return verdict.Entries;
    }

    [SkippableFact]
    public async Task Log_grows_is_found_and_is_verified()
    {
        using (var log = Log())
            for (var day = 1; day <= 3; day++) await AppendAsync(log, day);
        using var again = Log();
        Assert.Equal(1, (await again.FindAsync(AuditBench.Key(2), AuditBench.None))!.Sequence);
        await AppendAsync(again, 4);
        Assert.Equal(4, await VerifiedAsync());
    }

    [SkippableFact]
    public async Task Writers_that_meet_get_a_number_each()
    {
        using var first = Log();
        await AppendAsync(first, 1);
        var logs = Enumerable.Range(0, 3).Select(_ => Log()).ToList();
        await Task.WhenAll(Enumerable.Range(2, 9).Select(day => Task.Run(() => AppendAsync(logs[day % 3], day))));
        Assert.Equal(10, await VerifiedAsync());
        foreach (var log in logs) log.Dispose();
    }

    [SkippableFact]
    public async Task Writer_overtaken_right_before_its_entry_takes_the_next_number()
    {
        using var rival = Log();
        await AppendAsync(rival, 1);
        var overtaken = false;
        using var log = Log(new InterruptedStore(Store, AuditNames.Entries, async () =>
        {
            if (overtaken) return;
            overtaken = true;
            await AppendAsync(rival, 2, "rival");
        }));
        Assert.Equal(2, (await AppendAsync(log, 3)).Sequence);
        Assert.Equal(3, await VerifiedAsync());
    }

    [SkippableFact]
    public async Task Writer_that_dies_before_its_checkpoint_is_finished_by_the_next()
    {
        using (var log = Log()) await AppendAsync(log, 1);
        using (var log = Log(new InterruptedStore(Store, AuditNames.Checkpoint, () => throw new InvalidOperationException("dead"))))
            await Assert.ThrowsAsync<InvalidOperationException>(() => AppendAsync(log, 2, "p2"));
        using var next = Log();
        Assert.Equal("p2", (await next.FindAsync(AuditBench.Key(2), AuditBench.None))!.Manifest["pull"]);
        Assert.Equal(2, await VerifiedAsync());
    }

    [SkippableFact]
    public async Task Writer_that_stalls_before_its_checkpoint_and_is_overtaken_has_its_entry()
    {
        using var rival = Log();
        await AppendAsync(rival, 1);
        var overtaken = false;
        using var log = Log(new InterruptedStore(Store, AuditNames.Checkpoint, async () =>
        {
            if (overtaken) return;
            overtaken = true;
            await AppendAsync(rival, 3, "rival");
        }));
        Assert.Equal(1, (await AppendAsync(log, 2)).Sequence);
        Assert.Equal(3, await VerifiedAsync());
        await AppendAsync(log, 4);
        Assert.Equal(4, await VerifiedAsync());
    }

    [SkippableFact]
    public async Task Damaged_log_is_refused()
    {
        using (var log = Log()) await AppendAsync(log, 1);
        await Store.DeleteAsync(AuditNames.Entry(0), AuditBench.None);
        using var again = Log();
        Assert.Equal("audit-damaged", (await Assert.ThrowsAsync<EtlException>(() => AppendAsync(again, 2))).Code);
    }
}
