using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Notifications;

/// <summary>A notification template: which event is posted where.</summary>
internal sealed record Template
{
    public required long Id { get; init; }

    /// <summary>0 for those that the service brings along.</summary>
    public required int PartnerId { get; init; }

    public string Name { get; init; } = "";

    public string SystemName { get; init; } = "";

    public string Description { get; init; } = "";

    /// <summary>1 disabled, 2 active, 3 deleted.</summary>
    public int Status { get; init; } = 1;

    /// <summary>The entry status that it waits for; null for any change of status.</summary>
    public string? TriggerStatus { get; init; }

    public string Url { get; init; } = "";

    public int Method { get; init; } = 2;

    /// <summary>2 SHA-256, 3 SHA-512, anything else SHA-1 (wire facts 7).</summary>
    public int HashAlgorithm { get; init; }

    /// <summary>Type of the data object; null when the template has none and posts an empty body.</summary>
    public string? DataType { get; init; }

    public string ApiObjectType { get; init; } = "";

    public long CreatedAt { get; init; }

    public ApiObject ToReply() => new("KalturaHttpNotificationTemplate",
        ("url", Url.Length > 0 ? Url : null),
        ("method", Method),
        ("data", DataType is null ? null : new ApiObject(DataType, ("apiObjectType", ApiObjectType), ("format", 1), ("ignoreNull", true))),
        ("secureHashingAlgo", HashAlgorithm == 0 ? null : HashAlgorithm),
        ("id", Id),
        ("partnerId", PartnerId),
        ("name", Name),
        ("systemName", SystemName),
        ("description", Description),
        ("type", "httpNotification.Http"),
        ("status", Status),
        ("createdAt", CreatedAt),
        ("updatedAt", CreatedAt),
        ("automaticDispatchEnabled", true),
        // 3 changed, of 1 an entry.
        ("eventType", "3"),
        ("eventObjectType", "1"));
}

/// <summary>The templates of one account and those that the service brings along, which can be cloned and nothing else. Safe for concurrent use.</summary>
internal sealed class TemplateBook
{
    /// <summary>What a public installation is delivered with, as far as it concerns the status of entries.</summary>
    private static readonly Template[] Delivered =
    [
        new() { Id = 11, PartnerId = 0, Name = "Entry Status Changed", SystemName = "HTTP_ENTRY_STATUS_CHANGED" },
        new() { Id = 12, PartnerId = 0, Name = "Entry Status Equals", SystemName = "HTTP_ENTRY_STATUS_EQUALS", TriggerStatus = "2" },
    ];

    private readonly Lock _lock = new();
    private readonly List<Template> _own = [];

    public IReadOnlyList<Template> List(bool delivered)
    {
        lock (_lock) return delivered ? Delivered : [.. _own.Where(t => t.Status != 3)];
    }

    public Template Clone(long id, int partner, long now, Func<Template, Template> change)
    {
        lock (_lock)
        {
            var source = Delivered.Concat(_own).FirstOrDefault(t => t.Id == id && t.Status != 3) ?? throw NotFound(id);
            var copy = change(source with { Id = 26_970_000 + _own.Count, PartnerId = partner, CreatedAt = now });
            RequireFree(copy);
            _own.Add(copy);
            return copy;
        }
    }

    public Template Change(long id, Func<Template, Template> change)
    {
        lock (_lock)
        {
            var index = _own.FindIndex(t => t.Id == id && t.Status != 3);
            if (index < 0) throw NotFound(id);
            var changed = change(_own[index]);
            RequireFree(changed);
            return _own[index] = changed;
        }
    }

    private void RequireFree(Template template)
    {
        if (_own.Exists(t => t.SystemName == template.SystemName && t.Id != template.Id && t.Status != 3))
        {
            throw new ApiException("EVENT_NOTIFICATION_TEMPLATE_DUPLICATE_SYSTEM_NAME",
                $"Event notification template with system name [{template.SystemName}] already exists.", ("NAME", template.SystemName));
        }
    }

    private static ApiException NotFound(long id)
    {
        var text = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        return new ApiException("EVENT_NOTIFICATION_TEMPLATE_NOT_FOUND", $"Event notification template id [{text}] not found", ("ID", text));
    }
}
