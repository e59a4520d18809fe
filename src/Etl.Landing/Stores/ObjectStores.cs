using Etl.Landing.Connections;
using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Stores;

/// <summary>Makes stores from settings. Making one opens nothing.</summary>
internal static class ObjectStores
{
    /// <summary>The store that a setting names.</summary>
    /// <exception cref="Core.Errors.EtlException">This build has no part for its kind, or the setting cannot be used.</exception>
    public static IObjectStore Of(ConnectionValue store, TimeProvider time)
    {
        if (store.Kind == "local") return Local(store.Rest, time);
        if (store.Kind != "azure-blob") throw store.Unknown("local", "azure-blob");
        var address = BlobSetting.Read(store);
        return new BlobObjectStore(BlobApis.Of(address, time), address, time);
    }

    /// <summary>A folder as a store.</summary>
    public static IObjectStore Local(string folder, TimeProvider time) => new LocalObjectStore(folder, time, FolderLock.DefaultWait);
}
