using System.Globalization;
using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Events;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Actions;

/// <summary>
/// Calls that change the account: thumbAsset.addFromEntry and setAsDefault, reach_entryVendorTask.add, and messages (<see cref="MessagingEndpoint"/>). They
/// are recorded and answered as the service does; nothing else of the sandbox changes by them, and nobody gets a message.
/// </summary>
internal sealed class ActionBook(EventStore store, int partner)
{
    private readonly Lock _gate = new();
    private readonly List<ApiObject> _calls = [];
    private readonly HashSet<string> _thumbnails = new(StringComparer.Ordinal);

    /// <summary>What was done, in order.</summary>
    public IReadOnlyList<ApiObject> Calls
    {
        get
        {
            lock (_gate) return [.. _calls];
        }
    }

    public object? Thumbnails(string action, ParamNode call, KalturaSession? session)
    {
        Dispatcher.RequireAdmin(session, "thumbasset", action);
        lock (_gate)
        {
            switch (action)
            {
                case "addfromentry":
                    var entry = Existing(call.TextOf("entryId"), "entryId");
                    var id = string.Create(CultureInfo.InvariantCulture, $"1_thumb{_thumbnails.Count + 1:000}");
                    _thumbnails.Add(id);
                    Record("thumbAsset.addFromEntry", entry, id);
                    return new ApiObject("KalturaThumbAsset",
                        ("id", id), ("entryId", entry), ("partnerId", partner), ("status", 2), ("tags", call["thumbAsset"]?.TextOf("tags") ?? ""), ("fileExt", "jpg"));
                case "setasdefault":
                    var wanted = call.TextOf("thumbAssetId") ?? throw ApiException.Missing("thumbAssetId");
                    if (!_thumbnails.Contains(wanted))
                        throw new ApiException("THUMB_ASSET_ID_NOT_FOUND", $"The Thumbnail asset id \"{wanted}\" not found", ("THUMB_ASSET_ID", wanted));
                    Record("thumbAsset.setAsDefault", "", wanted);
                    return null;
                default:
                    throw ApiException.UnknownAction("thumbasset", action);
            }
        }
    }

    public object? VendorTasks(string action, ParamNode call, KalturaSession? session)
    {
        Dispatcher.RequireAdmin(session, "reach_entryvendortask", action);
        if (action != "add") throw ApiException.UnknownAction("reach_entryvendortask", action);
        var task = call["entryVendorTask"] is { IsMap: true } map ? map : throw ApiException.Missing("entryVendorTask");
        var entry = Existing(task.TextOf("entryId"), "entryVendorTask:entryId");
        var (profile, item) = (task.TextOf("reachProfileId"), task.TextOf("catalogItemId"));
        if (profile is null) throw ApiException.Missing("entryVendorTask:reachProfileId");
        if (item is null) throw ApiException.Missing("entryVendorTask:catalogItemId");
        lock (_gate)
        {
            var id = 9_000 + _calls.Count;
            Record("entryVendorTask.add", entry, id.ToString(CultureInfo.InvariantCulture));
            return new ApiObject("KalturaEntryVendorTask",
                ("id", id), ("partnerId", partner), ("entryId", entry), ("status", 1), ("reachProfileId", PhpCast.ToInt(profile)), ("catalogItemId", PhpCast.ToInt(item)));
        }
    }

    /// <summary>Records a message.</summary>
    /// <returns>Its number, from one.</returns>
    public int Send(string template, string to)
    {
        lock (_gate)
        {
            var number = _calls.Count + 1;
            _calls.Add(new ApiObject(
                "SandboxAction", ("call", "message.send"), ("entryId", ""), ("id", string.Create(CultureInfo.InvariantCulture, $"bulk_{number:x8}")), ("templateId", template), ("to", to)));
            return number;
        }
    }

    private void Record(string call, string entry, string id) => _calls.Add(new ApiObject("SandboxAction", ("call", call), ("entryId", entry), ("id", id)));

    private string Existing(string? id, string field)
    {
        if (id is null) throw ApiException.Missing(field);
        return store.Entries.Find(id) >= 0 ? id : throw new ApiException("ENTRY_ID_NOT_FOUND", $"Entry id \"{id}\" not found", ("ENTRY_ID", id));
    }
}
