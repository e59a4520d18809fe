namespace Etl.Landing.Stores.AzureBlob;

/// <summary>Chooses the client: the service's own library where this build has it, otherwise ours.</summary>
internal static partial class BlobApis
{
    /// <summary>Opens nothing yet.</summary>
    public static IBlobApi Of(BlobAddress address, TimeProvider time)
    {
        IBlobApi? api = null;
        TakeSdk(address, ref api);
        return api ?? new Portable.HttpBlobApi(address, time);
    }

    /// <summary>Has a body in the package set <c>full</c>.</summary>
    static partial void TakeSdk(BlobAddress address, ref IBlobApi? api);
}
