using Etl.Core.Secrets;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>Which container objects lie in, under which prefix, and how to get in.</summary>
/// <param name="Container">URL of the container, without a query.</param>
/// <param name="Prefix">What stands before each name: empty, or parts that end with a slash.</param>
/// <param name="Credential">How to get in.</param>
internal sealed record BlobAddress(Uri Container, string Prefix, BlobCredential Credential)
{
    /// <summary>The container's own name.</summary>
    public string ContainerName => Uri.UnescapeDataString(Container.Segments[^1]);

    /// <summary>The URL of a blob by its name in the container; never with a credential.</summary>
    public Uri UrlOf(string blob) => new($"{Container.AbsoluteUri}/{string.Join('/', blob.Split('/').Select(Uri.EscapeDataString))}");
}

/// <summary>How to get into a container. Prints no secret.</summary>
internal abstract record BlobCredential;

/// <summary>The account's own key: everything is allowed.</summary>
internal sealed record SharedKeyCredential(string Account, Secret Key) : BlobCredential;

/// <summary>A shared access signature: what it allows, until it expires.</summary>
/// <param name="Token">The query, without a question mark.</param>
internal sealed record SasCredential(Secret Token) : BlobCredential;

/// <summary>An identity of Microsoft Entra ID, found as Azure's tools find it: environment, workload, managed identity, a person's login.</summary>
internal sealed record IdentityCredential : BlobCredential;
