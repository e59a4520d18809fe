using Etl.Landing.Connections;
using Etl.Landing.Stores;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Stores.AzureBlob.Portable;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Stores;

/// <summary>The portable client against a real Azurite.</summary>
public class BlobObjectStoreTests : ObjectStoreContract, IAsyncLifetime
{
    private AzuriteContainer? _container;

    protected override bool KeepsMetadata => true;

    protected override bool ReaderKeepsItsVersion => false;

    private protected BlobAddress Address => BlobSetting.Read(new ConnectionValue("ETL_STORE_LAKE", "azure-blob", $"{_container!.ConnectionString}Container={_container.Name}/lake"));

    public async Task InitializeAsync() => _container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();

    public async Task DisposeAsync()
    {
        if (_container is not null) await _container.DisposeAsync();
    }

    private protected override IObjectStore Create() => new BlobObjectStore(Api(Address), Address, TimeProvider.System);

    private protected virtual IBlobApi Api(BlobAddress address) => new HttpBlobApi(address, TimeProvider.System);

    protected override async Task<IReadOnlyList<string>> EverythingAsync()
    {
        var all = await Api(Address).ListAsync("", null, 1000, None);
        return [.. all.Entries.Select(e => e.Name["lake/".Length..])];
    }
}
