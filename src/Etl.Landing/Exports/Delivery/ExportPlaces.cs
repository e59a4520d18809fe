using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Secrets;
using Etl.Core.Webhooks;
using Etl.Landing.Connections;
using Etl.Landing.Stores;

namespace Etl.Landing.Exports.Delivery;

/// <summary>
/// Finds the receivers of exports from settings: <c>ETL_WEBHOOK_&lt;NAME&gt;</c> (upper case, <c>-</c> as <c>_</c>) is the address of a webhook and
/// <c>ETL_WEBHOOK_&lt;NAME&gt;_SECRET</c> its secret; stores are named as those of targets. Thread safe.
/// </summary>
/// <param name="dataFolder">The data folder; folders of receivers that are relative are below it.</param>
/// <param name="settings">Value of an environment-style name, or null.</param>
/// <param name="store">Where confirmed batches are counted.</param>
/// <param name="time">The clock.</param>
public sealed class ExportPlaces(string dataFolder, Func<string, string?> settings, IExportStore store, TimeProvider time) : IDisposable
{
    private const string Form = "https://example.com/leads";

    private readonly Lazy<HttpClient> _client = new(WebhookReceiver.NewClient);

    /// <summary>How long to wait after some failed tries of a post, at least one.</summary>
    internal Func<int, TimeSpan> WaitAfter { get; init; } = tries => WebhookRetry.WaitAfter(tries, Random.Shared.NextDouble());

    /// <summary>The variable that sets a webhook.</summary>
    public static string VariableOf(string webhook) => "ETL_WEBHOOK_" + webhook.ToUpperInvariant().Replace('-', '_');

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_client.IsValueCreated) _client.Value.Dispose();
    }

    /// <summary>The delivery that a job asks for; settings are looked at when something is delivered.</summary>
    internal IExportDelivery Find(DeliverySpec spec) => spec switch
    {
        FolderDelivery { Path: null } => new HereDelivery(),
        FolderDelivery { Path: { } path } => new OtherFolderDelivery(Path.GetFullPath(path, Path.GetFullPath(dataFolder))),
        StoreDelivery { Store: var name } => new StoredDelivery(ObjectStores.Of(new ConnectionSettings(settings, dataFolder).Store(name), time)),
        WebhookDelivery { Webhook: var name } => new PostedDelivery(() => Receiver(name), name, store, WaitAfter, time),
        _ => throw new EtlException(FaultKind.Usage, $"This build cannot deliver exports as '{spec.GetType().Name}'.") { Code = "export-delivery" },
    };

    private WebhookReceiver Receiver(string name)
    {
        var variable = VariableOf(name);
        var value = settings(variable) is { Length: > 0 } set
            ? set
            : throw new EtlException(FaultKind.Usage, $"Webhook '{name}' is not configured. Set {variable} to its address, such as '{Form}', and {variable}_SECRET to the secret that the receiver checks signatures with.")
                { Code = WebhookReceiver.Code };
        return WebhookReceiver.Make(name, variable, value, Form, settings(variable + "_SECRET") is { Length: > 0 } secret ? new Secret(secret) : null, _client.Value, time);
    }
}
