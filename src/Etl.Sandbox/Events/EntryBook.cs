namespace Etl.Sandbox.Events;

/// <summary>
/// Entry metadata, computed from the index on demand: a million entries cost no memory. Ids are a seeded, invertible
/// permutation of the index, so an id is found again without a table.
/// </summary>
internal sealed class EntryBook
{
    private const long IdSpace = 2_821_109_907_456; // 36^8
    private const long Multiplier = 1_664_525_013_901; // odd and not divisible by 3: invertible modulo 36^8
    private const string Digits = "0123456789abcdefghijklmnopqrstuvwxyz";
    private static readonly UInt128 Inverse = InverseOf(Multiplier, IdSpace);

    private readonly long _seed;
    private readonly long _shift;
    private readonly int _owners;
    private readonly bool _compact;
    private readonly int _bulk;
    private readonly ReceivedIds _received = new();
    private readonly Dictionary<int, long> _durations = [];

    /// <summary>
    /// 2025-01-01: creation times hang on this day and not on the range of the data, so that a day holds the same
    /// sessions whenever and for however many days the sandbox is started.
    /// </summary>
    internal const long Anchor = 1_735_689_600;

    public EntryBook(SandboxOptions options)
    {
        Count = options.Entries;
        _seed = options.Seed;
        _shift = (long)(Prng.Hash(_seed, 1, 0) % (ulong)IdSpace);
        _owners = options.Users;
        _compact = options.Entries > options.CompactAbove;
        _bulk = options.BulkUploadEntries;
    }

    /// <summary>Entries that the account holds. Ids that only received events name have indexes from here on; the account knows nothing else of them.</summary>
    public int Count { get; }

    /// <summary>The index of an id, a new one when neither the account nor an event had it before.</summary>
    public int FindOrAdd(string id) => Find(id) is >= 0 and var known ? known : Count + _received.Add(id);

    /// <summary>What an event says of the length of an entry that the account does not hold; the first word counts.</summary>
    public void Learn(int index, long durationMsecs)
    {
        if (index < Count || durationMsecs <= 0)
            return;
        lock (_durations)
            _durations.TryAdd(index, durationMsecs);
    }

    /// <summary>Entry id; index 5, 17, 29, ... hold the ids that look like numbers.</summary>
    public string Id(int index)
    {
        if (index >= Count)
            return _received[index - Count];
        if (index % 12 == 5 && index / 12 < Vocabulary.NastyEntryIds.Length)
            return Vocabulary.NastyEntryIds[index / 12];
        var value = (long)((UInt128)(index + 1) * (UInt128)Multiplier % IdSpace) + _shift;
        value %= IdSpace;
        Span<char> id = stackalloc char[10];
        id[0] = '1';
        id[1] = '_';
        for (var i = 9; i >= 2; i--, value /= 36)
            id[i] = Digits[(int)(value % 36)];
        return new string(id);
    }

    /// <summary>The index of an id, or -1.</summary>
    public int Find(string id) => FindHeld(id) is >= 0 and var held ? held : _received.Find(id) is >= 0 and var number ? Count + number : -1;

    private int FindHeld(string id)
    {
        var nasty = Array.IndexOf(Vocabulary.NastyEntryIds, id);
        if (nasty >= 0 && nasty * 12 + 5 < Count)
            return nasty * 12 + 5;
        if (id.Length != 10 || id[0] != '1' || id[1] != '_')
            return -1;
        long value = 0;
        for (var i = 2; i < 10; i++)
        {
            var digit = Digits.IndexOf(id[i], StringComparison.Ordinal);
            if (digit < 0)
                return -1;
            value = value * 36 + digit;
        }
        value = (value - _shift + IdSpace) % IdSpace;
        var index = (long)((UInt128)value * Inverse % IdSpace) - 1;
        return index >= 0 && index < Count && Id((int)index) == id ? (int)index : -1;
    }

    /// <summary>False for entries whose record is gone: their looked-up columns are empty.</summary>
    public bool IsResolvable(int index) => index < Count && index % 97 != 96;

    public static string Name(int index) => index % 4 == 1
        ? Vocabulary.NastyNames[index / 4 % Vocabulary.NastyNames.Length]
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Vocabulary.Topics[index % Vocabulary.Topics.Length]} {index + 1}");

    /// <summary>Index of the owner; -1 is an owner that the engine does not know.</summary>
    public int Owner(int index) => index >= Count || index % 89 == 88 ? -1 : (int)(Prng.Hash(_seed, 2, index) % (ulong)Math.Min(_owners, 1 + Count / 4));

    /// <summary>Unix seconds. Ordinary accounts: three quarters before 2025, the others spread over three years from then on; compact ones: all before.</summary>
    public long CreatedAt(int index)
    {
        if (index >= Count)
            return 0;
        const long Span = 3L * 365 * 86_400;
        if (index < _bulk)
            return Anchor - 86_400;
        var hash = (long)(Prng.Hash(_seed, 3, index) % Span);
        return !_compact && index % 4 == 3 ? Anchor + hash : Anchor - 90_000 - hash;
    }

    public bool IsLive(int index) => index < Count && !_compact && index % 20 == 10;

    /// <summary>Code as the service has it: 1 video, 2 image, 5 audio, 201 live stream.</summary>
    public int MediaType(int index) => IsLive(index) ? 201 : (index % 16) switch { 4 => 5, 9 => 2, _ => 1 };

    public string MediaTypeName(int index) => MediaType(index) switch { 5 => "Audio", 2 => "Image", 201 => "Live stream", _ => "Video" };

    public static string Status(int index) => index % 50 == 7 ? "3" : "2";

    /// <summary>
    /// Unix seconds when the entry was deleted, 1 day to 3 years after its creation; null for those that stay. Deleted are those with status 3 and
    /// those whose record is gone; players may go on showing them.
    /// </summary>
    public long? DeletedAt(int index) =>
        Status(index) == "3" || !IsResolvable(index) ? CreatedAt(index) + 86_400 + (long)(Prng.Hash(_seed, 9, index) % (3UL * 365 * 86_400)) : null;

    /// <summary>What it takes on disk: 250 bytes to 1 KB for each millisecond, 2 MB for an image.</summary>
    public long StorageBytes(int index) =>
        MediaType(index) == 2 ? 2_000_000 : DurationMsecs(index) * (250 + (long)(Prng.Hash(_seed, 13, index) % 750));

    public long DurationMsecs(int index) => index >= Count ? Learnt(index) : IsLive(index) || MediaType(index) == 2 ? 0 : 15_000 + (long)(Prng.Hash(_seed, 4, index) % 3_600_000);

    /// <summary>What quartile marks are worth: the duration, or an hour for live.</summary>
    public long WatchableMsecs(int index) => IsLive(index) ? 3_600_000 : DurationMsecs(index);

    public int SourceOf(int index) => IsLive(index) ? Vocabulary.Sources.Length - 1 : (int)(Prng.Hash(_seed, 5, index) % (ulong)(Vocabulary.Sources.Length - 1));

    public string Source(int index) => Vocabulary.Sources[SourceOf(index)];

    public int CategoryOf(int index) => index >= Count ? -1 : (int)(Prng.Hash(_seed, 6, index) % (ulong)Vocabulary.Categories.Length);

    /// <summary>Admin tags, for <c>keywords</c> without <c>searchInTags</c>.</summary>
    public static string AdminTag(int index) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"tag{index % 7}");

    private long Learnt(int index)
    {
        lock (_durations)
            return _durations.GetValueOrDefault(index);
    }

    private static UInt128 InverseOf(long value, long modulus)
    {
        // Extended Euclid on numbers that fit 64 bits.
        long r0 = modulus, r1 = value, t0 = 0, t1 = 1;
        while (r1 != 0)
        {
            var q = r0 / r1;
            (r0, r1) = (r1, r0 - q * r1);
            (t0, t1) = (t1, t0 - q * t1);
        }
        return (UInt128)((t0 % modulus + modulus) % modulus);
    }
}
