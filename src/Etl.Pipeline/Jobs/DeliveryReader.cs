using Etl.Core.Exports;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>deliver:</c> of an export.</summary>
internal sealed class DeliveryReader(FaultList faults)
{
    /// <summary>Most leads a post may be asked to hold.</summary>
    public const int MostBatch = 10_000;

    private const string Forms = "Expected folder, { folder: PATH }, { store: NAME } or { webhook: NAME }.";

    /// <summary>Reads it; the data folder where it is left out or cannot be read.</summary>
    public DeliverySpec Read(MapFields export)
    {
        var nowhere = new FolderDelivery(null);
        if (export.Find("deliver") is not { } entry) return nowhere;
        if (entry.Value is not YamlMap map)
        {
            if (export.Text("deliver") is { } word && word != "folder") faults.At(entry.Value, $"'{word}' is not a value of 'deliver'. {Forms}");
            return nowhere;
        }
        var fields = new MapFields(map, "a delivery", ["folder", "store", "webhook", "batch"], faults);
        var ways = map.Entries.Where(e => e.Key is "folder" or "store" or "webhook").ToList();
        if (ways.Count != 1)
        {
            faults.At(map, $"A delivery has one way, and this one has {(ways.Count == 0 ? "none" : "several")}. {Forms}");
            return nowhere;
        }
        if (fields.Find("batch") is { } batch && ways[0].Key != "webhook") faults.AtKey(batch, "'batch' is the number of leads in a post, so it goes with 'webhook' only.");
        return ways[0].Key switch
        {
            "folder" => new FolderDelivery(fields.Text("folder")),
            "store" => fields.Named("store", Names.IsSetting, Names.SettingRule) is { } store ? new StoreDelivery(store) : nowhere,
            _ => fields.Named("webhook", Names.IsSetting, Names.SettingRule) is { } webhook
                ? new WebhookDelivery(webhook, fields.Whole("batch", 1, MostBatch, new WebhookDelivery(webhook).Batch))
                : nowhere,
        };
    }
}
