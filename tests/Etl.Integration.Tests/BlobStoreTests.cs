using Etl.Integration.Tests.Support;
using Etl.Testing.Servers;

namespace Etl.Integration.Tests;

/// <summary>A dataset in an Azure Blob store, by the command line, from the sandbox to a real Azurite.</summary>
public sealed class BlobStoreTests : IAsyncLifetime
{
    private AzuriteContainer? _container;

    private string Key => _container!.ConnectionString.Split(';').Single(p => p.StartsWith("AccountKey=", StringComparison.Ordinal))["AccountKey=".Length..];

    public async Task InitializeAsync() => _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();

    public async Task DisposeAsync()
    {
        if (_container is not null) await _container.DisposeAsync();
    }

    [SkippableFact]
    public async Task Store_gets_the_same_bytes_as_the_disk_and_again_when_the_window_changes()
    {
        await using var shop = await OpenAsync();
        var label = Workshop.LatestDay();
        var run = await shop.RunAsync("run", "lake", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var first = await AssertSameAsync(shop, label);
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("lake", label));
        var paths = run.Of("window").SelectMany(w => w.GetProperty("targets").EnumerateArray()).Select(t => t.GetProperty("path").GetString()).ToList();
        Assert.Contains(paths, p => p!.EndsWith($"/{_container!.Name}/etl/lake/date%3D{label}/data.parquet", StringComparison.Ordinal));

        var idle = await shop.RunAsync("run", "lake", "--json");
        Assert.True(idle.Exit == 0 && idle.Of("window").Count == 0, idle.ToString());

        await shop.RestateAsync(label);
        var again = await shop.RunAsync("run", "lake", "--from", label, "--to", label, "--force", "--json");
        Assert.True(again.Exit == 0, again.ToString());
        Assert.NotEqual(first, await AssertSameAsync(shop, label));
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("lake", label));
        await AssertTracesAsync(shop, label, [.. run.Of("window").Concat(again.Of("window")).Where(w => w.GetProperty("window").GetString() == label).Select(w => w.GetProperty("pull").GetString()!)]);
        AssertNoKey(shop, run, again);
    }

    [SkippableFact]
    public async Task Store_that_refuses_the_key_fails_the_window_and_the_next_run_lands_it()
    {
        await using var shop = await OpenAsync();
        var label = Workshop.LatestDay();
        var right = shop.Environment["ETL_STORE_LAKE"];
        shop.Environment["ETL_STORE_LAKE"] = right.Replace(Key, Convert.ToBase64String("another key"u8), StringComparison.Ordinal);
        var refused = await shop.RunAsync("run", "lake");
        Assert.True(refused.Exit == 1, refused.ToString());
        Assert.Contains("HTTP 403", refused.Error + refused.Out, StringComparison.Ordinal);
        // No target is shown what another could not take.
        Assert.False(File.Exists(shop.ParquetFile("lake", label)));

        shop.Environment["ETL_STORE_LAKE"] = right;
        var landed = await shop.RunAsync("run", "lake");
        Assert.True(landed.Exit == 0, landed.ToString());
        await AssertSameAsync(shop, label);
        AssertNoKey(shop, refused, landed);
    }

    [SkippableTheory]
    [InlineData("azure-blob:AccountName=acme;AccountKey=hunter2!;Container=lake", "base64")]
    [InlineData("azure-blob:hunter2", "key=value")]
    [InlineData("azure-blob:https://acme.blob.core.windows.net/?sig=hunter2", "container")]
    [InlineData("s3:hunter2", "'azure-blob'")]
    public async Task Store_that_is_not_set_well_is_refused_before_anything_is_touched(string value, string says)
    {
        await using var shop = await OpenAsync();
        shop.Environment["ETL_STORE_LAKE"] = value;
        var run = await shop.RunAsync("run", "lake");
        Assert.True(run.Exit == 2, run.ToString());
        Assert.Contains("ETL_STORE_LAKE", run.Error, StringComparison.Ordinal);
        Assert.Contains(says, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", run.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(shop.DataFolder, "parquet")));
    }

    private async Task<Workshop> OpenAsync()
    {
        var shop = await Workshop.OpenAsync();
        shop.Environment["ETL_STORE_LAKE"] = $"azure-blob:{_container!.ConnectionString}Container={_container.Name}/etl";
        shop.WriteJobText("lake", """
            job: lake
            source: { report: 38, action: table }
            window: { every: day, timezone: America/New_York, lookback: 1, settle: 2h }
            land:
              - parquet: { dataset: lake }
              - parquet: { dataset: lake, store: lake }
            checks: { tolerance: 0% }
            """);
        return shop;
    }

    private async Task<byte[]> AssertSameAsync(Workshop shop, string label)
    {
        var local = await File.ReadAllBytesAsync(shop.ParquetFile("lake", label));
        var stored = await _container!.ReadAsync($"etl/lake/date={label}/data.parquet");
        Assert.Equal(local, stored);
        return stored;
    }

    /// <summary>What was restated, the pulls and the windows stand beside the rows, as they do on the disk.</summary>
    private async Task AssertTracesAsync(Workshop shop, string label, string[] pulls)
    {
        Assert.Equal(2, pulls.Length);
        var restated = await FetchAsync(shop, $"lake_restatements/date={label}/data.parquet");
        Assert.NotEmpty(WorkshopRows.Column(restated, "row_id"));
        Assert.Equal([pulls[0]], WorkshopRows.Column(restated, "previous_pull").Distinct());
        Assert.Equal([pulls[1]], WorkshopRows.Column(restated, "_pull").Distinct());
        var landed = await FetchAsync(shop, $"etl_pulls/dataset=lake/month={label[..7]}/data.parquet");
        Assert.Equal([label, label], WorkshopRows.Column(landed, "window"));
        Assert.Equal(pulls, WorkshopRows.Column(landed, "pull"));
        foreach (var same in (string[])[restated, landed])
            Assert.Equal(await File.ReadAllBytesAsync(Path.Combine(shop.DataFolder, "parquet", Path.GetRelativePath(Path.Combine(shop.Folder, "fetched"), same))), await File.ReadAllBytesAsync(same));
        // Each place says when it landed there.
        var windows = await FetchAsync(shop, $"etl_windows/dataset=lake/month={label[..7]}/data.parquet");
        Assert.Equal([label], WorkshopRows.Column(windows, "window"));
        Assert.Equal([pulls[1]], WorkshopRows.Column(windows, "pull"));
    }

    private async Task<string> FetchAsync(Workshop shop, string name)
    {
        var path = Path.Combine(shop.Folder, "fetched", name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllBytesAsync(path, await _container!.ReadAsync("etl/" + name));
        return path;
    }

    private void AssertNoKey(Workshop shop, params EtlResult[] runs)
    {
        Assert.All(runs, r => Assert.DoesNotContain(Key, r.ToString(), StringComparison.Ordinal));
        foreach (var file in Directory.EnumerateFiles(shop.DataFolder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
            Assert.Equal(-1, File.ReadAllBytes(file).AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(Key)));
    }
}
