using System.Globalization;

namespace Etl.Sandbox.Events;

/// <summary>User metadata, computed from the index on demand. The engine stores the index; the public id is a looked-up value.</summary>
internal sealed class UserBook(SandboxOptions options)
{
    private readonly long _seed = options.Seed;
    private readonly ReceivedIds _received = new();

    /// <summary>Users that the account holds. Those that only received events name have indexes from here on.</summary>
    public int Count { get; } = options.Users;

    /// <summary>False for users whose record is gone: every column of their row, the id included, is empty.</summary>
    public bool IsResolvable(int index) => index >= Count || index % 41 != 40;

    public string Id(int index) => index >= Count ? _received[index - Count] : index < Vocabulary.NastyUserIds.Length
        ? Vocabulary.NastyUserIds[index]
        : string.Create(CultureInfo.InvariantCulture, $"user{index}@example.com");

    /// <summary>The index of a public id, or -1 when nobody (who still exists) has it.</summary>
    public int Find(string id) => FindHeld(id) is >= 0 and var held
        ? IsResolvable(held) ? held : -1
        : _received.Find(id) is >= 0 and var number ? Count + number : -1;

    /// <summary>The index of a public id, a new one when neither the account nor an event had it before.</summary>
    public int FindOrAdd(string id) => FindHeld(id) is >= 0 and var held ? held : Count + _received.Add(id);

    private int FindHeld(string id)
    {
        var nasty = Array.IndexOf(Vocabulary.NastyUserIds, id);
        if (nasty >= 0 && nasty < Count)
            return nasty;
        return id.StartsWith("user", StringComparison.Ordinal) && id.EndsWith("@example.com", StringComparison.Ordinal) && id.Length > 16
            && int.TryParse(id.AsSpan(4, id.Length - 16), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            && index < Count && Id(index) == id
            ? index
            : -1;
    }

    /// <summary>The internal number, unlike that of any user of another account.</summary>
    public long KuserId(int index) => options.PartnerId * 1_000_000L + index;

    /// <summary>First and last name; empty for users who never filled it in.</summary>
    public string FullName(int index)
    {
        if (index >= Count || index % 23 == 22)
            return "";
        var hash = Prng.Hash(_seed, 7, index);
        return Vocabulary.FirstNames[hash % (ulong)Vocabulary.FirstNames.Length] + " " + Vocabulary.LastNames[(hash >> 20) % (ulong)Vocabulary.LastNames.Length];
    }

    public string Email(int index) => index >= Count ? Id(index) is var id && id.Contains('@', StringComparison.Ordinal) ? id : "" : string.Create(CultureInfo.InvariantCulture, $"user{index}@example.com");

    public long CreatedAt(int index) => index >= Count ? 0 : EntryBook.Anchor - 86_400 - (long)(Prng.Hash(_seed, 8, index) % (2UL * 365 * 86_400));

    /// <summary>Whether entries of this user count as uploaded by an administrator.</summary>
    public bool IsAdmin(int index) => index < Count && index % 10 == 3;
}
