using Azure.Core;

namespace Etl.Landing.Stores.AzureBlob.Portable;

/// <summary>Options of the pipeline: no retries (the store decides them), no logs and traces of requests (their addresses hold signatures).</summary>
internal sealed class BlobClientOptions : ClientOptions
{
    /// <summary>Options for requests to a host.</summary>
    public BlobClientOptions(Uri host)
    {
        Transport = BlobTransport.To(host);
        Retry.MaxRetries = 0;
        Retry.NetworkTimeout = TimeSpan.FromSeconds(100); // a block of 4 MiB over 350 kbit/s
        Diagnostics.IsLoggingEnabled = false;
        Diagnostics.IsDistributedTracingEnabled = false;
        Diagnostics.IsTelemetryEnabled = false;
    }
}
