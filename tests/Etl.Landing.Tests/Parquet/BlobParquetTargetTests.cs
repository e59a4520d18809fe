using Etl.Core.Columns;
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
    private static readonly ParquetLandSpec s_land = new() { Dataset = "content_daily" };
    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];
    private AzuriteContainer? _container;

    private BlobAddress Address => BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", $"{_container!.ConnectionString}Container={_container.Name}/lake"));

    private BlobObjectStore Store => new(BlobApis.Of(Address, TimeProvider.System), Address, TimeProvider.System);

    /// <summary>Two hundred with the round trips of a network each.</summary>
    protected override int RaceRounds => 200;

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

    // In one request, as a reader's whole file would be.
    private byte[] Download(string name) => Task.Run(async () =>
    {
        var bytes = new byte[16 << 20];
        var range = await BlobApis.Of(Address, TimeProvider.System).GetRangeAsync("lake/" + name, 0, bytes, ifMatch: null, None);
        return bytes[..range.Count];
    }).GetAwaiter().GetResult();
}
