using System.Buffers;
using System.Text;

namespace Etl.Benchmarks;

/// <summary>
/// Seeded rows of 16 columns, 200 bytes each: 5,000 entries and 200,000 people, both drawn skewed; a twentieth of the addresses empty; titles with commas and
/// quotes, names outside ASCII; days of 2025. The same numbers everywhere and for ever: nothing of the runtime's own generator is in them.
/// </summary>
internal sealed class SeededRows
{
    /// <summary>Names and types, as a schema file of ours and as DuckDB's <c>columns</c>.</summary>
    internal static readonly (string Name, string Ours, string Theirs)[] Columns =
    [
        ("entry_id", "text", "VARCHAR"), ("entry_name", "text", "VARCHAR"), ("user_id", "text", "VARCHAR"), ("email", "text", "VARCHAR"),
        ("user_full_name", "text", "VARCHAR"), ("country", "text", "VARCHAR"), ("device", "text", "VARCHAR"), ("playback_context", "text", "VARCHAR"),
        ("view_date", "date", "DATE"), ("last_view_at", "timestamp", "TIMESTAMP"), ("count_plays", "int64", "BIGINT"), ("count_loads", "int64", "BIGINT"),
        ("unique_known_users", "int64", "BIGINT"), ("sum_time_viewed", "double", "DOUBLE"), ("avg_time_viewed", "double", "DOUBLE"), ("avg_completion_rate", "double", "DOUBLE"),
    ];

    private const ulong Golden = 0x9E3779B97F4A7C15;

    private static readonly byte[][] s_firsts = Bytes("Anna|Björn|Chloé|David|Émilie|Farid|Grace|Hiroshi|Inês|José|Katarzyna|Liam|Mária|Noah|Olga|Pedro|Qing|Ravi|Søren|Tomás|Ulrike|Victor|Wei|Ximena|Yuki|Zoë|James|Mary|Robert|Patricia|John|Jennifer|田中|李|Мария|Иван");
    private static readonly byte[][] s_lasts = Bytes("Smith|Johnson|Müller|García|Nguyen|Kowalski|O'Brien|Silva|Rossi|Dubois|Andersson|Yamamoto|Cohen|Kim|Petrov|Haddad|Okafor|Svensson|Lopez|Martin|太郎|伟|Иванова|van der Berg");
    private static readonly byte[][] s_words = Bytes("Introduction|to|Advanced|Biology|Lecture|Week|Webinar|Quarterly|Review|Sales|Training|Onboarding|Product|Demo|Keynote|Panel|Chemistry|Économie|Statistics|Marketing|Security|Cloud|Data|Workshop|Module|Part|Session|Town|Hall|Safety|Design|Patterns");
    private static readonly byte[][] s_countries = Bytes("United States|United Kingdom|Germany|France|Israel|Brazil|India|Japan|Canada|Australia|Spain|Italy|Netherlands|Sweden|Norway|Poland|Mexico|Argentina|Korea, Republic of|China|South Africa|Nigeria|Egypt|Turkey|Russian Federation|Ukraine|Czech Republic|Austria|Switzerland|Belgium|Ireland|Portugal|Greece|Denmark|Finland|New Zealand|Singapore|Philippines|Côte d'Ivoire|Chile");
    private static readonly byte[][] s_devices = Bytes("COMPUTER|MOBILE|TABLET|SMART_TV|GAME_CONSOLE|UNKNOWN");
    private static readonly byte[][] s_contexts = Bytes("kaf|webcast>live|moodle>course>2026|canvas>course|intranet>hr>training|marketing>landing|portal");

    private readonly ArrayBufferWriter<byte> _row = new(4096);
    private ulong _state = Golden;

    /// <summary>Writes a CSV file (CRLF, quotes where needed) of at least so many bytes; returns its rows.</summary>
    internal long WriteCsv(string path, long bytes)
    {
        using var file = File.Create(path, 1 << 20);
        file.Write(Encoding.UTF8.GetBytes(string.Join(',', Columns.Select(c => c.Name)) + "\r\n"));
        long rows = 0;
        for (; file.Position < bytes; rows++)
        {
            Next((byte)',');
            Put("\r\n"u8);
            file.Write(_row.WrittenSpan);
        }
        return rows;
    }

    /// <summary>Writes one getTable reply.</summary>
    internal void WritePage(string path, int rows, bool escaped)
    {
        using var file = File.Create(path, 1 << 20);
        file.Write(Encoding.UTF8.GetBytes($"{{\"objectType\":\"KalturaReportTable\",\"header\":\"{string.Join('|', Columns.Select(c => c.Name))}\",\"data\":\""));
        for (var row = 0; row < rows; row++)
        {
            Next((byte)'|');
            Put(";"u8);
            file.Write(Escape(escaped));
        }
        file.Write(Encoding.UTF8.GetBytes($"\",\"totalCount\":{rows}}}"));
    }

    private static byte[][] Bytes(string words) => [.. words.Split('|').Select(Encoding.UTF8.GetBytes)];

    private byte[] Escape(bool all)
    {
        if (!all && _row.WrittenSpan.IndexOf((byte)'"') < 0) return _row.WrittenSpan.ToArray();
        var text = new StringBuilder();
        foreach (var c in Encoding.UTF8.GetString(_row.WrittenSpan))
        {
            if (c == '"' || (all && c == '/')) text.Append('\\').Append(c);
            else if (all && c > 0x7E) text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else text.Append(c);
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Next(byte separator)
    {
        _row.ResetWrittenCount();
        var csv = separator == ',';
        var entry = Skewed(5000);
        var user = Skewed(200_000);
        Put("1_"u8);
        var hash = Mix(0xE0000000UL + entry);
        for (var i = 0; i < 8; i++, hash /= 36) Put("0123456789abcdefghijklmnopqrstuvwxyz"u8.Slice((int)(hash % 36), 1));
        Put(separator);
        Title(entry, csv);
        Put(separator);
        Put("u"u8);
        Digits(user, 7);
        Put(separator);
        if (user % 20 != 0) Address(user);
        Put(separator);
        if (user % 33 != 0) Person(user);
        Put(separator);
        var country = s_countries[Skewed((uint)s_countries.Length)];
        var quoted = csv && country.AsSpan().Contains((byte)',');
        if (quoted) Put("\""u8);
        Put(country);
        if (quoted) Put("\""u8);
        Put(separator);
        Put(s_devices[Skewed(6)]);
        Put(separator);
        if (Even(10) < 6) Put(s_contexts[Even(7)]);
        Put(separator);
        var day = Skewed(365);
        Day(day);
        Put(separator);
        var second = Even(86_400);
        Day(day);
        Put("T"u8);
        Digits(second / 3600, 2);
        Put(":"u8);
        Digits(second / 60 % 60, 2);
        Put(":"u8);
        Digits(second % 60, 2);
        Put("Z"u8);
        Put(separator);
        var plays = 1 + Skewed(400);
        Whole(plays);
        Put(separator);
        Whole(plays + Skewed(300));
        Put(separator);
        Whole(1 + Skewed(plays));
        Put(separator);
        Fraction(Random() % 36_000_000, 1000, 3);
        Put(separator);
        if (Even(20) != 0) Fraction(Random() % 3_600_000_000, 1_000_000, 6);
        Put(separator);
        Fraction(Even(10_001), 10_000, 4);
    }

    private void Title(uint entry, bool csv)
    {
        var hash = Mix(0xA0000000UL + entry);
        var count = 3 + (hash % 4);
        hash /= 4;
        var isBest = entry % 50 == 0;
        var comma = false;
        var title = new ArrayBufferWriter<byte>(128);
        for (ulong word = 0; word < count; word++)
        {
            if (word == 2 && hash % 5 == 0)
            {
                title.Write(","u8);
                comma = true;
            }
            if (word > 0) title.Write(" "u8);
            hash = Mix(hash);
            title.Write(s_words[hash % (ulong)s_words.Length]);
            hash /= (ulong)s_words.Length;
        }
        var quoted = csv && (isBest || comma);
        if (quoted) Put("\""u8);
        if (isBest) Put(csv ? "The \"\"Best\"\" of "u8 : "The \"Best\" of "u8);
        Put(title.WrittenSpan);
        Put(" "u8);
        Whole(1 + (entry % 97));
        if (quoted) Put("\""u8);
    }

    private void Address(uint user)
    {
        Put("user"u8);
        Digits((uint)(Mix(user) % 1_000_000), 6);
        Put("."u8);
        Whole(user);
        Put(user % 7 == 0 ? "@students.example.edu"u8 : user % 3 == 0 ? "@corp.example.com"u8 : "@example.org"u8);
    }

    private void Person(uint user)
    {
        var hash = Mix(0xB0000000UL + user);
        Put(s_firsts[hash % (ulong)s_firsts.Length]);
        Put(" "u8);
        Put(s_lasts[hash / (ulong)s_firsts.Length % (ulong)s_lasts.Length]);
    }

    // A day of 2025.
    private void Day(uint day)
    {
        var date = new DateOnly(2025, 1, 1).AddDays((int)day);
        Digits((uint)date.Year, 4);
        Put("-"u8);
        Digits((uint)date.Month, 2);
        Put("-"u8);
        Digits((uint)date.Day, 2);
    }

    private void Fraction(ulong value, ulong unit, int digits)
    {
        Whole(value / unit);
        Put("."u8);
        Digits((uint)(value % unit), digits);
    }

    private void Whole(ulong value)
    {
        value.TryFormat(_row.GetSpan(20), out var written, default, System.Globalization.CultureInfo.InvariantCulture);
        _row.Advance(written);
    }

    private void Digits(uint value, int digits)
    {
        var span = _row.GetSpan(digits);
        for (var i = digits - 1; i >= 0; i--, value /= 10) span[i] = (byte)('0' + (value % 10));
        _row.Advance(digits);
    }

    private void Put(byte one) => Put([one]);

    private void Put(ReadOnlySpan<byte> bytes) => _row.Write(bytes);

    private static ulong Mix(ulong value)
    {
        value += Golden;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    // SplitMix64.
    private ulong Random()
    {
        var value = Mix(_state);
        _state += Golden;
        return value;
    }

    private uint Even(uint limit) => (uint)(((Random() >> 32) * limit) >> 32);

    private uint Skewed(uint limit)
    {
        var u = (Random() >> 11) * (1.0 / 9007199254740992.0);
        return (uint)(u * u * limit);
    }
}
