namespace Etl.Landing.Stores.AzureBlob;

internal static partial class BlobApis
{
    static partial void TakeSdk(BlobAddress address, ref IBlobApi? api) => api = new Sdk.SdkBlobApi(address);
}
