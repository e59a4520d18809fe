using System.Text.Json;
using Etl.Core.Exports;
using Etl.Landing.Connections;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Tests.Crash;
using Etl.Testing.Crash;
using Etl.Testing.Files;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Exports;

/// <summary>
/// Kills an exporter between a delivery and its note of it: behind the file in a store, before its <c>.ok</c> object; behind a batch that the receiver has
/// confirmed, before it is counted. A plain run again finishes the delivery and loses nothing.
/// </summary>
public sealed class DeliveryKillTests : IDisposable
{
    private const int Seed = 7;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task File_in_a_store_without_its_ok_object_gets_it_from_the_next_run(int nightsBefore)
    {
        var settings = new Dictionary<string, string> { ["ETL_STORE_LAKE"] = "local:" + _folder["lake"] };
        var there = _folder[Path.Combine("lake", "crm", "leads")];
        await KillAsync("export.stored", nightsBefore, "store:lake", settings);
        var names = ExportBench.Finished(there);
        Assert.Equal(2 * nightsBefore + 1, names.Count);
        Assert.Equal(nightsBefore, names.Count(f => f.EndsWith(".ok", StringComparison.Ordinal)));
        var before = names.ToDictionary(f => f, f => File.ReadAllBytes(Path.Combine(there, f)));

        await GoOnAsync(nightsBefore, "store:lake", settings);
        Assert.Equal((await RecordsAsync()).SelectMany(r => (string[])[r.File, r.File + ".ok"]), ExportBench.Finished(there));
        Assert.All(before, b => Assert.Equal(b.Value, File.ReadAllBytes(Path.Combine(there, b.Key))));
        Assert.All(ExportBench.Finished(there), f => Assert.Equal(Made(f), File.ReadAllBytes(Path.Combine(there, f))));
    }

    [SkippableTheory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Blob_without_its_ok_blob_gets_it_from_the_next_run(int nightsBefore)
    {
        await using var container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
        var settings = new Dictionary<string, string> { ["ETL_STORE_LAKE"] = $"azure-blob:{container.ConnectionString}Container={container.Name}/out" };
        await KillAsync("export.stored", nightsBefore, "store:lake", settings);
        var before = await BlobsAsync(settings);
        Assert.Equal(nightsBefore, before.Keys.Count(f => f.EndsWith(".ok", StringComparison.Ordinal)));
        Assert.Equal(2 * nightsBefore + 1, before.Count);

        await GoOnAsync(nightsBefore, "store:lake", settings);
        var after = await BlobsAsync(settings);
        Assert.Equal((await RecordsAsync()).SelectMany(r => (string[])[$"crm/leads/{r.File}", $"crm/leads/{r.File}.ok"]), after.Keys.Order(StringComparer.Ordinal));
        Assert.All(before, b => Assert.Equal(b.Value, after[b.Key]));
        Assert.All(after, a => Assert.Equal(Made(Path.GetFileName(a.Key)), a.Value));
    }

    [Theory]
    [InlineData("export.posted", 1)]
    [InlineData("export.posted:3", 3)]
    public async Task Batch_that_was_confirmed_and_not_counted_is_posted_once_more_under_its_id(string point, int posted)
    {
        await using var receiver = new Receiver();
        var settings = new Dictionary<string, string> { ["ETL_WEBHOOK_CRM"] = receiver.Address, ["ETL_WEBHOOK_CRM_SECRET"] = "a secret of 24 characters" };
        await KillAsync(point, 0, "webhook:crm", settings);
        Assert.Equal(posted, receiver.Posts.Count);
        Assert.Equal(posted - 1, Assert.Single(await RecordsAsync()).Batches);

        await GoOnAsync(0, "webhook:crm", settings);
        var batches = (Exporting.People + Exporting.Batch - 1) / Exporting.Batch;
        Assert.Equal(Enumerable.Range(1, batches).Select(n => $"crm/leads/1/{n}"), receiver.Posts.Select(p => p.Id).Distinct());
        Assert.Equal(batches + 1, receiver.Posts.Count);
        var twice = receiver.Posts.GroupBy(p => p.Id).Single(g => g.Count() == 2);
        Assert.Equal($"crm/leads/1/{posted}", twice.Key);
        Assert.Equal(twice.First().Body, twice.Last().Body);
        // Who knows a batch by its id has every lead once.
        var leads = receiver.Posts.DistinctBy(p => p.Id).SelectMany(p => JsonDocument.Parse(p.Body).RootElement.GetProperty("leads").EnumerateArray()).Select(l => l.GetProperty("Email").GetString()!).ToList();
        Assert.Equal(Exporting.After(Seed, 1).Truth.Keys.Order(StringComparer.Ordinal), leads.Order(StringComparer.Ordinal));
    }

    private async Task KillAsync(string point, int nightsBefore, string to, Dictionary<string, string> settings)
    {
        for (var night = 1; night <= nightsBefore; night++) Assert.All(await Exporting.RunAsync(_folder.Path, Seed, night, to, settings.GetValueOrDefault), o => Assert.Null(o.Fault));
        var child = await Child.RunAsync(point, settings, "export", _folder.Path, $"{Seed}", $"{nightsBefore + 1}", to);
        Assert.True(child.Exit == Child.Killed, $"Exit {child.Exit}: {child.Output}");
    }

    private async Task GoOnAsync(int nightsBefore, string to, Dictionary<string, string> settings)
    {
        Assert.All(await Exporting.RunAsync(_folder.Path, Seed, nightsBefore + 1, to, settings.GetValueOrDefault), o => Assert.Null(o.Fault));
        Assert.All(await RecordsAsync(), r => Assert.Equal(ExportState.Accepted, r.State));
        // Once more changes nothing.
        Assert.All(await Exporting.RunAsync(_folder.Path, Seed, nightsBefore + 1, to, settings.GetValueOrDefault), o => Assert.Null(o.Record));
    }

    private byte[] Made(string file) => File.ReadAllBytes(_folder[Path.Combine("exports", "crm", "leads", file)]);

    private static async Task<Dictionary<string, byte[]>> BlobsAsync(Dictionary<string, string> settings)
    {
        var value = settings["ETL_STORE_LAKE"];
        var address = BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", value["azure-blob:".Length..]));
        var store = new BlobObjectStore(BlobApis.Of(address, TimeProvider.System), address, TimeProvider.System);
        var blobs = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        await foreach (var item in store.ListAsync("", default))
        {
            using var opened = (await store.OpenAsync(item.Name, default))!;
            using var copy = new MemoryStream();
            await opened.Content.CopyToAsync(copy);
            blobs[item.Name] = copy.ToArray();
        }
        return blobs;
    }

    private async Task<IReadOnlyList<ExportRecord>> RecordsAsync()
    {
        await using var ledger = await SqliteLedger.OpenAsync(_folder["ledger.db"], default);
        return await ledger.ExportsAsync("crm", "leads", 0, default);
    }
}
