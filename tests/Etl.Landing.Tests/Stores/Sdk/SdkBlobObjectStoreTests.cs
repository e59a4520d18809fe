using Etl.Landing.Stores.AzureBlob;
using Etl.Landing.Stores.AzureBlob.Sdk;

namespace Etl.Landing.Tests.Stores.Sdk;

/// <summary>The service's own library against a real Azurite. Compiled in the package set <c>full</c> only, where the targets' tests use it too.</summary>
public sealed class SdkBlobObjectStoreTests : BlobObjectStoreTests
{
    private protected override IBlobApi Api(BlobAddress address) => new SdkBlobApi(address);
}
