using System.Globalization;
using Etl.Sandbox.Events;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Lists;

/// <summary>The objects of the list actions: type and field names as in the public client libraries, values of our account.</summary>
internal sealed class Assets(EventStore store, int partner)
{
    private static readonly (string Language, string Code)[] Languages = [("English", "en"), ("Spanish", "es")];

    public IEnumerable<int> Entries => Enumerable.Range(0, store.Entries.Count).Where(store.Entries.IsResolvable);

    public IEnumerable<int> Users => Enumerable.Range(0, store.Users.Count).Where(store.Users.IsResolvable);

    public string OwnerOf(int entry) => store.Entries.Owner(entry) is >= 0 and var owner && store.Users.IsResolvable(owner) ? store.Users.Id(owner) : "";

    /// <summary>Live entries are streams, all others media.</summary>
    public ApiObject Entry(int entry)
    {
        var entries = store.Entries;
        return new ApiObject(entries.IsLive(entry) ? "KalturaLiveStreamEntry" : "KalturaMediaEntry",
            ("mediaType", entries.MediaType(entry)),
            ("duration", entries.DurationMsecs(entry) / 1_000),
            ("msDuration", entries.DurationMsecs(entry)),
            ("id", entries.Id(entry)),
            ("name", EntryBook.Name(entry)),
            ("partnerId", partner),
            ("userId", OwnerOf(entry)),
            ("creatorId", OwnerOf(entry)),
            ("adminTags", EntryBook.AdminTag(entry)),
            ("categories", Vocabulary.Categories[entries.CategoryOf(entry)].FullName),
            ("categoriesIds", Vocabulary.Categories[entries.CategoryOf(entry)].Id.ToString(CultureInfo.InvariantCulture)),
            ("status", EntryBook.Status(entry)),
            ("type", entries.IsLive(entry) ? "7" : "1"),
            ("createdAt", entries.CreatedAt(entry)),
            ("updatedAt", entries.CreatedAt(entry) + 3_600));
    }

    /// <summary>A third of the entries has no captions, a third one language, the rest two.</summary>
    public static int CaptionCount(int entry) => entry % 3;

    public ApiObject Caption((int Entry, int Number) caption) => new("KalturaCaptionAsset",
        ("captionParamsId", 0),
        ("language", Languages[caption.Number].Language),
        ("languageCode", Languages[caption.Number].Code),
        ("isDefault", caption.Number == 0),
        ("label", Languages[caption.Number].Language),
        ("format", "1"),
        ("status", 2),
        ("id", CaptionId(caption)),
        ("entryId", store.Entries.Id(caption.Entry)),
        ("partnerId", partner),
        ("fileExt", "srt"),
        ("size", 1_000 + caption.Entry),
        ("createdAt", CaptionCreatedAt(caption)),
        ("updatedAt", CaptionCreatedAt(caption)));

    /// <summary>A minute after the entry.</summary>
    public long CaptionCreatedAt((int Entry, int Number) caption) => store.Entries.CreatedAt(caption.Entry) + 60;

    public static string CaptionId((int Entry, int Number) caption) => string.Create(CultureInfo.InvariantCulture, $"1_cap{caption.Entry:00000}{caption.Number}");

    /// <summary>One node per live entry and stream: 0 the primary one, 1 the backup.</summary>
    public ApiObject Node((int Entry, int Number) node) => new("KalturaLiveEntryServerNode",
        ("id", node.Entry * 2 + node.Number),
        ("entryId", store.Entries.Id(node.Entry)),
        ("serverNodeId", 100 + node.Number),
        ("partnerId", partner),
        ("createdAt", store.Entries.CreatedAt(node.Entry)),
        ("updatedAt", store.End - 60),
        // 1 playable; backups are stopped (0).
        ("status", node.Number == 0 ? 1 : 0),
        ("serverType", node.Number == 0 ? "0" : "1"));

    public ApiObject User(int user)
    {
        var name = store.Users.FullName(user).Split(' ', 2);
        return new ApiObject("KalturaUser",
            ("partnerId", partner),
            ("screenName", store.Users.Id(user)),
            ("fullName", store.Users.FullName(user)),
            ("email", store.Users.Email(user)),
            ("status", 1),
            ("createdAt", store.Users.CreatedAt(user)),
            ("updatedAt", store.Users.CreatedAt(user)),
            ("id", store.Users.Id(user)),
            ("firstName", name[0]),
            ("lastName", name is [_, var last] ? last : ""),
            ("isAdmin", store.Users.IsAdmin(user)));
    }

    public IEnumerable<(int, int)> Captions => Entries.SelectMany(entry => Enumerable.Range(0, CaptionCount(entry)).Select(number => (entry, number)));

    public IEnumerable<(int, int)> Nodes => Entries.Where(store.Entries.IsLive).SelectMany(entry => new[] { (entry, 0), (entry, 1) });

    /// <summary>Every object of a kind, for comparing; null when the kind is not known.</summary>
    public IEnumerable<ApiObject>? All(string? kind) => kind switch
    {
        "entries" => Entries.Select(Entry),
        "captions" => Captions.Select(Caption),
        "nodes" => Nodes.Select(Node),
        "users" => Users.Select(User),
        _ => null,
    };
}
