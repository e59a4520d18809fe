using System.Globalization;
using System.Text;
using Etl.Parsing;

namespace Etl.Benchmarks;

/// <summary>
/// Seeded getTable replies of 16 columns in the shape the service sends: 8 text, a day id, unix seconds, 3 whole numbers, 3 floats
/// with 14 significant digits. A fiftieth of the titles hold quotes, some names are outside ASCII.
/// </summary>
internal static class TableBody
{
    internal static readonly string[] Header =
    [
        "entry_id", "entry_name", "user_id", "email", "user_full_name", "country", "device", "playback_context", "date_id", "last_view_at",
        "count_plays", "count_loads", "unique_known_users", "sum_time_viewed", "avg_time_viewed", "avg_completion_rate",
    ];

    internal static readonly CellFormat[] Formats =
    [
        CellFormat.Text, CellFormat.Text, CellFormat.Text, CellFormat.Text, CellFormat.Text, CellFormat.Text, CellFormat.Text, CellFormat.Text,
        CellFormat.DayId, CellFormat.UnixSeconds, CellFormat.Integer, CellFormat.Integer, CellFormat.Integer, CellFormat.Number, CellFormat.Number, CellFormat.Number,
    ];

    private static readonly string[] s_first = ["Anna", "Björn", "Chloé", "David", "Émilie", "Farid", "Grace", "Hiroshi", "Inês", "José", "Liam", "Mária", "Noah", "Olga", "Pedro", "Søren", "James", "Mary", "Robert", "Patricia", "John", "田中", "Мария", "Иван"];
    private static readonly string[] s_last = ["Smith", "Johnson", "Müller", "García", "Nguyen", "Kowalski", "O'Brien", "Silva", "Rossi", "Andersson", "Yamamoto", "Cohen", "Kim", "Petrov", "太郎", "Иванова", "van der Berg"];
    private static readonly string[] s_words = ["Introduction", "to", "Advanced", "Biology", "Lecture", "Week", "Webinar", "Quarterly", "Review", "Sales", "Training", "Onboarding", "Product", "Demo", "Keynote", "Panel", "Économie", "Statistics", "Cloud", "Data", "Workshop", "Session"];
    private static readonly string[] s_countries = ["United States", "United Kingdom", "Germany", "France", "Israel", "Brazil", "India", "Japan", "Canada", "Korea, Republic of", "Côte d'Ivoire", "Russian Federation", "Netherlands", "Australia"];
    private static readonly string[] s_devices = ["COMPUTER", "MOBILE", "TABLET", "SMART_TV", "GAME_CONSOLE", "UNKNOWN"];
    private static readonly string[] s_contexts = ["kaf", "webcast>live", "moodle>course>2026", "canvas>course", "intranet>hr>training", "marketing>landing", "portal"];

    /// <summary>Makes a body of about so many bytes.</summary>
    /// <param name="bytes">Size to reach.</param>
    /// <param name="escapeAll">True for the service's own form (slashes and everything outside ASCII escaped); false for raw UTF-8.</param>
    /// <param name="rows">How many rows it holds.</param>
    internal static byte[] Make(long bytes, bool escapeAll, out long rows)
    {
        var random = new Random(20260301);
        var stream = new MemoryStream((int)bytes + 4096);
        Write(stream, "{\"header\":\"" + string.Join('|', Header) + "\",\"data\":\"");
        var row = new StringBuilder();
        rows = 0;
        while (stream.Length < bytes)
        {
            row.Clear();
            Row(row, random);
            Write(stream, Escape(row.ToString(), escapeAll));
            rows++;
        }
        Write(stream, $"\",\"totalCount\":{rows},\"objectType\":\"KalturaReportTable\"}}");
        return stream.ToArray();
    }

    private static void Write(MemoryStream stream, string text) => stream.Write(Encoding.UTF8.GetBytes(text));

    private static void Row(StringBuilder row, Random random)
    {
        var culture = CultureInfo.InvariantCulture;
        var entry = Skewed(random, 5000);
        var user = Skewed(random, 200_000);
        var names = new Random(user);
        row.Append("1_").Append(Base36(entry)).Append('|');
        var title = new Random(entry);
        if (entry % 50 == 0) row.Append("The \"Best\" of ");
        for (var words = title.Next(3, 7); words > 0; words--) row.Append(s_words[title.Next(s_words.Length)]).Append(' ');
        row.Append(culture, $"{1 + entry % 97}|u{user:D7}|");
        if (user % 20 != 0) row.Append(culture, $"user{names.Next(1_000_000):D6}.{user}@{(user % 7 == 0 ? "students.example.edu" : user % 3 == 0 ? "corp.example.com" : "example.org")}");
        row.Append('|');
        if (user % 33 != 0) row.Append(s_first[names.Next(s_first.Length)]).Append(' ').Append(s_last[names.Next(s_last.Length)]);
        row.Append('|').Append(s_countries[Skewed(random, s_countries.Length)]).Append('|').Append(s_devices[Skewed(random, s_devices.Length)]).Append('|');
        if (random.Next(10) < 6) row.Append(s_contexts[random.Next(s_contexts.Length)]);
        var day = new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddDays(Skewed(random, 365));
        var seconds = new DateTimeOffset(day).ToUnixTimeSeconds() + random.Next(86_400);
        var plays = 1 + Skewed(random, 400);
        row.Append(culture, $"|{day:yyyyMMdd}|{seconds}|{plays}|{plays + Skewed(random, 300)}|{1 + Skewed(random, plays)}|");
        row.Append(Php(random.Next(36_000_000) / 1000.0)).Append('|');
        if (random.Next(20) != 0) row.Append(Php(random.NextDouble() * 3600));
        row.Append('|').Append(Php(random.Next(10_001) / 10_000.0)).Append(';');
    }

    private static int Skewed(Random random, int limit)
    {
        var u = random.NextDouble();
        return (int)(u * u * limit);
    }

    private static string Base36(int id)
    {
        var hash = (ulong)id * 0x9E3779B97F4A7C15 + 0xB492B66FBE98F273;
        Span<char> text = stackalloc char[8];
        for (var i = 0; i < 8; i++, hash /= 36) text[i] = "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(hash % 36)];
        return new string(text);
    }

    // PHP prints floats with 14 significant digits.
    private static string Php(double value) => value.ToString("G14", CultureInfo.InvariantCulture);

    private static string Escape(string text, bool escapeAll)
    {
        var escaped = new StringBuilder(text.Length + 16);
        foreach (var c in text)
        {
            if (c is '"' or '\\' || (escapeAll && c == '/')) escaped.Append('\\').Append(c);
            else if (escapeAll && c > 0x7E) escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else escaped.Append(c);
        }
        return escaped.ToString();
    }
}
