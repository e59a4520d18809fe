using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Connections;
using Etl.Landing.Parquet;
using Etl.Landing.Stores;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Tests.Staging;
using Etl.Testing.Files;
using Etl.Testing.Rows;
using Etl.Testing.Servers;
using Etl.Testing.Targets;

namespace Etl.Landing.Tests.Parquet;

/// <summary>The Parquet target on a real Azurite.</summary>
public sealed class BlobParquetTargetTests : TargetContract, IAsyncLifetime, IDisposable
{
    private const int NoiseRows = 6_000;

    private static readonly ParquetLandSpec s_land = new() { Dataset = "content_daily" };
    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];
    private AzuriteContainer? _container;

    private BlobAddress Address => BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", $"{_container!.ConnectionString}Container={_container.Name}/lake"));

    private BlobObjectStore Store => new(BlobApis.Of(Address, TimeProvider.System), Address, TimeProvider.System);

    public async Task InitializeAsync() => _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();

    public async Task DisposeAsync()
    {
        if (_container is not null) await _container.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    protected override ITarget Create(bool severalAccounts = false) => new ParquetTarget(Store, s_land, severalAccounts, _warnings.Add);

    protected override IStagedPull Stage(WindowKey key, PullStamp stamp, TableSchema report, IReadOnlyList<RowBatch> rows, bool withAccount) =>
        Staged.Pull(_folder.Path, key, stamp, report, rows, withAccount);

    protected override IReadOnlyList<string> Rows(WindowKey key, TableSchema landed)
    {
        var names = Listed().Where(n => n.EndsWith($"date={key.Label}/data.parquet", StringComparison.Ordinal) && (!n.Contains("account=", StringComparison.Ordinal) || n.Contains($"account={key.Account}/", StringComparison.Ordinal))).ToList();
        if (names.Count == 0) return [];
        return RowText.Lines(LandedFile.Read(new MemoryStream(Download(Assert.Single(names))), landed));
    }

    protected override IReadOnlyList<string> Leftovers() => [.. Listed().Where(n => !n.EndsWith("/data.parquet", StringComparison.Ordinal))];

    /// <summary>Leaves blocks without a list, which nobody can see.</summary>
    protected override bool LeaveLitter(WindowKey key, Window window)
    {
        var staged = Store.StageAsync($"content_daily/date={key.Label}/data.parquet", new StagedBy(2, "dead"), new ObjectFacts("text/plain", new Dictionary<string, string>()), None).Result;
        staged.Content.Write("half"u8);
        Task.Run(() => staged.SealAsync(None)).GetAwaiter().GetResult();
        return false;
    }

    private IReadOnlyList<string> Listed() => Task.Run(async () =>
    {
        var names = new List<string>();
        await foreach (var entry in Store.ListAsync("", None)) names.Add(entry.Name);
        return names;
    }).GetAwaiter().GetResult();

    private byte[] Download(string name) => Task.Run(() => _container!.ReadAsync("lake/" + name)).GetAwaiter().GetResult();

    [SkippableFact]
    public async Task Reader_by_ranges_during_a_hundred_replaces_sees_whole_pulls_in_order()
    {
        // Larger than what comes with the first request, so that a reader is often caught in the middle.
        using var first = Pull(1, Noise(1));
        await LandAsync(Create(), first);
        using var stop = new CancellationTokenSource();
        var (complete, replaced) = (0, 0);
        var reader = Task.Run(async () =>
        {
            var last = 0L;
            while (!stop.IsCancellationRequested || complete == 0)
            {
                try
                {
                    using var rows = await Create().OpenPublishedAsync(first.Key, Keys.Day(), None);
                    var fences = new HashSet<long>();
                    var count = 0;
                    foreach (var batch in rows!.Read())
                    {
                        foreach (var plays in batch.Fixed<long>(4).Values) fences.Add(plays);
                        count += batch.RowCount;
                    }
                    var fence = Assert.Single(fences);
                    Assert.Equal(NoiseRows, count);
                    Assert.True(fence >= last, $"Fence {fence} was read after {last}.");
                    last = fence;
                    complete++;
                }
                catch (EtlException fault) when (fault.Code == StoreCode.Replaced)
                {
                    Assert.True(fault.IsTransient);
                    replaced++;
                }
            }
        });
        for (var fence = 2; fence <= 101; fence++)
        {
            using var next = Pull(fence, Noise(fence));
            Assert.Equal(LandingOutcome.Landed, (await LandAsync(Create(), next)).Outcome);
        }
        await stop.CancelAsync();
        await reader;
        Assert.True(complete > 5, $"{complete} complete reads, {replaced} caught in the middle.");
    }

    /// <summary>Rows whose plays are all the fence, beside ids of about 600 KB that do not compress.</summary>
    private static RowBatch Noise(long fence)
    {
        var batch = new RowBatch(Plays.Schema);
        var random = new Random((int)fence);
        var text = new byte[100];
        for (var row = 0; row < NoiseRows; row++)
        {
            random.NextBytes(text);
            for (var i = 0; i < text.Length; i++) text[i] &= 0x7F;
            batch.Text(0).Append(text);
            batch.Fixed<long>(1).Append(fence);
        }
        return batch;
    }
}
