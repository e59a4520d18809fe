using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Reports;

/// <summary>Everything in one group: totals.</summary>
internal sealed class OneGroup : Grouping
{
    public override int Domain => 1;

    public override long KeyOf(in PlaybackEvent session) => 0;

    public override long KeyOfEntry(int entry) => 0;

    public override Cell Label(string column, long key) => throw new NotSupportedException("A total has no label columns.");
}

/// <summary>One row per entry. The entry id is the stored dimension; all other columns are looked up and empty when the entry is gone.</summary>
internal sealed class EntryGrouping(EventStore store) : Grouping
{
    public override int Domain => store.Entries.Count;

    public override long KeyOf(in PlaybackEvent session) => session.Entry;

    public override long KeyOfEntry(int entry) => entry;

    public override bool IsOfAccount => true;

    /// <summary>The stored dimension is the id: an id that two accounts hold is one row, with the columns of the first.</summary>
    public override string? SharedId(long key) => store.Entries.Id((int)key);

    public override Cell Label(string column, long key)
    {
        var entry = (int)key;
        if (column == "object_id")
            return Cell.Of(store.Entries.Id(entry));
        if (!store.Entries.IsResolvable(entry))
            return Cell.Missing;
        return column switch
        {
            "entry_name" => Cell.Of(EntryBook.Name(entry)),
            "creator_name" => CreatorName(entry),
            "created_at" => Cell.Of(store.Entries.CreatedAt(entry)),
            "status" => Cell.Of(EntryBook.Status(entry)),
            "media_type" => Cell.Of(store.Entries.MediaType(entry)),
            "duration_msecs" => Cell.Of(store.Entries.DurationMsecs(entry)),
            "entry_source" => Cell.Of(store.Entries.Source(entry)),
            "partner_id" => Cell.Of(store.PartnerId),
            _ => Cell.Missing,
        };
    }

    /// <summary>Full name of the owner, falling back to the user id.</summary>
    private Cell CreatorName(int entry)
    {
        var owner = store.Entries.Owner(entry);
        if (owner < 0 || !store.Users.IsResolvable(owner))
            return Cell.Missing;
        var name = store.Users.FullName(owner);
        return Cell.Of(name.Length > 0 ? name : store.Users.Id(owner));
    }
}

/// <summary>
/// One row per viewer (or per entry owner). The engine holds internal numbers, so even the id column is looked up: the rows of
/// deleted users have an empty key, and the anonymous ones form the row <c>Unknown</c>, copied into all columns.
/// </summary>
internal sealed class UserGrouping(EventStore store, bool byOwner) : Grouping
{
    public override int Domain => store.Users.Count + 1;

    public override long KeyOf(in PlaybackEvent session) => (byOwner ? store.Entries.Owner(session.Entry) : session.User) + 1;

    public override long KeyOfEntry(int entry) => store.Entries.Owner(entry) + 1;

    public override bool IsOfAccount => true;

    public override string? SharedId(long key) => key == 0 ? Vocabulary.Unknown : null;

    public override Cell Label(string column, long key)
    {
        if (key == 0)
            return Cell.Of(Vocabulary.Unknown);
        var user = (int)key - 1;
        // The stored dimension itself, not looked up.
        if (column == "kuser_id")
            return Cell.Of(store.Users.KuserId(user));
        if (!store.Users.IsResolvable(user))
            return Cell.Missing;
        return column switch
        {
            "created_at" => Cell.Of(store.Users.CreatedAt(user)),
            "email" => Cell.Of(store.Users.Email(user)),
            "partner_id" => Cell.Of(store.PartnerId),
            "full_name" or "user_full_name" => Cell.Of(store.Users.FullName(user)),
            "creator_name" => Cell.Of(store.Users.FullName(user) is { Length: > 0 } name ? name : store.Users.Id(user)),
            // Reports 11 to 15: `name` is the user id; report 5: object_id is the id and `name` the screen name.
            _ => Cell.Of(store.Users.Id(user)),
        };
    }
}

/// <summary>One row per ingestion source.</summary>
internal sealed class SourceGrouping(EventStore store) : Grouping
{
    public override int Domain => Vocabulary.Sources.Length;

    public override long KeyOf(in PlaybackEvent session) => store.Entries.SourceOf(session.Entry);

    public override long KeyOfEntry(int entry) => store.Entries.SourceOf(entry);

    public override Cell Label(string column, long key) => Cell.Of(column == "entry_media_source_name"
        ? Vocabulary.Sources[key].ToUpperInvariant().Replace(' ', '_')
        : Vocabulary.Sources[key]);
}
