using Etl.Landing.Connections;
using Etl.Landing.Stores;
using Etl.Landing.Stores.AzureBlob;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Parquet.Places;

/// <summary>A container of a real Azurite.</summary>
internal sealed class BlobPlace : ParquetPlace
{
    private readonly AzuriteContainer _container;

    private BlobPlace(AzuriteContainer container) => _container = container;

    public override string Kind => "blob";

    public override Dictionary<string, string> Settings => new() { ["ETL_STORE_LAKE"] = "azure-blob:" + Setting };

    public override IObjectStore Store
    {
        get
        {
            var address = BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", Setting));
            return new BlobObjectStore(BlobApis.Of(address, TimeProvider.System), address, TimeProvider.System);
        }
    }

    private string Setting => $"{_container.ConnectionString}Container={_container.Name}/lake";

    public static async Task<ParquetPlace> OpenAsync() => new BlobPlace(await (await AzuriteServer.SharedAsync()).CreateContainerAsync());

    public override async Task<byte[]?> ReadAsync(string name) => await Store.LookAsync(name, default) is null ? null : await _container.ReadAsync("lake/" + name);

    public override async Task WriteAsync(string name, byte[] bytes)
    {
        var found = await Store.LookAsync(name, default);
        await using var staged = await Store.StageAsync(name, new StagedBy(1, "somebody"), new ObjectFacts("application/octet-stream", new Dictionary<string, string>()), default);
        await Task.Run(() => staged.Content.Write(bytes));
        await staged.SealAsync(default);
        Assert.Equal(CommitOutcome.Committed, await staged.CommitAsync(found?.Version, default));
    }

    public override async Task<IReadOnlyList<string>> NamesAsync()
    {
        var names = new List<string>();
        await foreach (var entry in Store.ListAsync("", default)) names.Add(entry.Name);
        return names;
    }

    public override async ValueTask DisposeAsync()
    {
        await _container.DisposeAsync();
        await base.DisposeAsync();
    }
}
