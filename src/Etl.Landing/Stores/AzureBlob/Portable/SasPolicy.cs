using Azure.Core;
using Azure.Core.Pipeline;

namespace Etl.Landing.Stores.AzureBlob.Portable;

/// <summary>Adds the shared access signature at the last moment, so that no address elsewhere has it.</summary>
internal sealed class SasPolicy(SasCredential credential) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var url = message.Request.Uri;
        url.Query = url.Query.Length > 1 ? $"{url.Query}&{credential.Token.Reveal()}" : "?" + credential.Token.Reveal();
    }
}
