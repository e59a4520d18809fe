namespace Etl.Sandbox.Events;

/// <summary>A consistent device, operating system and browser.</summary>
internal sealed record Agent(string Device, string Os, string OsFamily, string Browser, string BrowserFamily);

/// <summary>Where a viewer sits. A null city is one that the engine does not know.</summary>
internal sealed record Place(string Country, string Code, string CountryCoordinates, string Region, string RegionCoordinates, string? City, string Coordinates);

/// <summary>A page that embeds the player.</summary>
internal sealed record Page(string Domain, string Url);

/// <summary>A category; entries belong to one, and pages show one (the playback context).</summary>
internal sealed record Category(int Id, string FullName, int ParentId)
{
    public string Name => FullName[(FullName.LastIndexOf('>') + 1)..];
}

/// <summary>The closed lists behind the dimensions, with the awkward values that real accounts hold.</summary>
internal static class Vocabulary
{
    /// <summary>Copied into every looked-up column of its row; never looked up itself.</summary>
    public const string Unknown = "Unknown";

    public static readonly string[] PlaybackTypes = ["vod", "live", "dvr"];

    public static readonly Agent[] Agents =
    [
        new("Computer", "Windows 10", "Windows", "Chrome 12", "Chrome"),
        new("Computer", "Windows 11", "Windows", "Chrome 13", "Chrome"),
        new("Computer", "Windows 11", "Windows", "Microsoft Edge", "Microsoft Edge"),
        new("Computer", "Mac OS X", "Mac OS X", "Safari", "Safari"),
        new("Computer", "Mac OS X", "Mac OS X", "Chrome 13", "Chrome"),
        new("Computer", "Linux", "Linux", "Firefox 13", "Firefox"),
        new("Computer", "Windows 10", "Windows", "Firefox 13", "Firefox"),
        new("Mobile", "iOS 18 (iPhone)", "iOS", "Mobile Safari", "Safari"),
        new("Mobile", "Android 15.x", "Android", "Chrome Mobile", "Chrome"),
        new("Mobile", "Android 14.x", "Android", "Samsung Browser", "Other"),
        new("Tablet", "iOS 18 (iPad)", "iOS", "Mobile Safari", "Safari"),
        new("Tablet", "Android 14.x Tablet", "Android", "Chrome Mobile", "Chrome"),
        new("Digital media receiver", "tvOS", "tvOS", "Unknown", "Unknown"),
        new("Game console", "Xbox OS", "Xbox OS", "Microsoft Edge", "Microsoft Edge"),
        // From here on only received events have them.
        new("Computer", "Windows 10", "Windows", "Microsoft Edge", "Microsoft Edge"),
        new("Computer", "Mac OS X", "Mac OS X", "Firefox 13", "Firefox"),
        new("Computer", "Linux", "Linux", "Chrome 13", "Chrome"),
        new("Mobile", "iOS 18 (iPhone)", "iOS", "Chrome Mobile", "Chrome"),
        new(Unknown, Unknown, Unknown, Unknown, Unknown),
    ];

    /// <summary>How many of <see cref="Agents"/> generated sessions draw from.</summary>
    public const int DrawnAgents = 14;

    public static readonly Place[] Places =
    [
        new("United States", "US", "37.09/-95.71", "New York", "42.95/-75.53", "New York", "40.71/-74.01"),
        new("United States", "US", "37.09/-95.71", "New York", "42.95/-75.53", "Buffalo", "42.89/-78.88"),
        new("United States", "US", "37.09/-95.71", "California", "36.78/-119.42", "San Francisco", "37.77/-122.42"),
        new("United States", "US", "37.09/-95.71", "California", "36.78/-119.42", "Los Angeles", "34.05/-118.24"),
        new("United States", "US", "37.09/-95.71", "Texas", "31.97/-99.9", "Austin", "30.27/-97.74"),
        new("Germany", "DE", "51.17/10.45", "Bayern", "48.79/11.5", "M\u00FCnchen", "48.14/11.58"),
        new("Germany", "DE", "51.17/10.45", "Bayern", "48.79/11.5", null, "48.79/11.5"),
        new("Germany", "DE", "51.17/10.45", "Berlin", "52.52/13.41", "Berlin", "52.52/13.41"),
        new("France", "FR", "46.23/2.21", "\u00CEle-de-France", "48.85/2.64", "Paris; 1er|2e", "48.86/2.35"),
        new("United Kingdom", "GB", "55.38/-3.44", "England", "52.36/-1.17", "London", "51.51/-0.13"),
        new("Japan", "JP", "36.2/138.25", "Tokyo", "35.68/139.69", "\u6771\u4EAC", "35.69/139.69"),
        new("Taiwan, Province of China", "TW", "23.7/120.96", "Taipei", "25.03/121.57", "Taipei", "25.03/121.57"),
        new("C\u00F4te d'Ivoire", "CI", "7.54/-5.55", "Lagunes; Abidjan", "5.43/-4.03", "Abidjan", "5.36/-4.01"),
        new("India", "IN", "20.59/78.96", "Karnataka", "15.32/75.71", "Bengaluru", "12.97/77.59"),
        new("Brazil", "BR", "-14.24/-51.93", "S\u00E3o Paulo", "-23.53/-46.63", "S\u00E3o Paulo", "-23.55/-46.63"),
        new("Korea, Republic of", "KR", "35.91/127.77", "Seoul", "37.57/126.98", "Seoul", "37.57/126.98"),
        new("Israel", "IL", "31.05/34.85", "Tel Aviv", "32.08/34.78", "Tel Aviv-Yafo", "32.08/34.78"),
        new(Unknown, Unknown, Unknown, Unknown, Unknown, Unknown, Unknown),
    ];

    public static readonly Page[] Pages =
    [
        new("video.example.com", "video.example.com/media"),
        new("video.example.com", "video.example.com/channel/sales"),
        new("video.example.com", "video.example.com/search"),
        new("learn.example.com", "learn.example.com/course/101"),
        new("learn.example.com", "learn.example.com/course/202"),
        new("intranet.example.com", "intranet.example.com/home"),
        new("intranet.example.com", "intranet.example.com/news; today, |all|"),
        new("b\u00FCcher.example", "b\u00FCcher.example/index"),
        new("www.example.org", "www.example.org/blog"),
    ];

    public static readonly string[] Applications = ["kms", "kaf-moodle", "mobile-app", "portal"];

    public static readonly Category[] Categories =
    [
        new(1001, "Channels", 0),
        new(1002, "Channels>Sales, EMEA", 1001),
        new(1003, "Channels>Onboarding; 2026", 1001),
        new(1004, "Channels>R|D", 1001),
        new(2001, "Courses", 0),
        new(2002, "Courses>\u00DCberblick", 2001),
        new(2003, "Courses>Math 101", 2001),
    ];

    /// <summary>Values of the three custom variables; null is a session that did not set it (printed as 0).</summary>
    public static readonly string?[][] CustomVars =
    [
        ["gold", "silver", "tier; \"3\", other", null],
        ["spring", null, "autumn", null],
        ["00123", "1e5", "nan", null],
    ];

    public static readonly string[] Sources = ["Upload", "Zoom", "Kaltura Capture", "Webcam", "YouTube; import", "Live stream"];

    /// <summary>Names that break careless readers; the rest of the entries get ordinary ones.</summary>
    public static readonly string[] NastyNames =
    [
        "Q&A; part 1, \"live\"", "a|b|c", "Two\nlines", "CR\r\nLF", "=SUM(A1:A9)", "-12.5", "@handle", "+1 (555) 0100",
        "\u00DCberblick \u8996\u8074 \U0001F600", "O'Brien", "back\\slash", "tab\there", "  padded  ", "{\"json\":1}", "<b>&amp; </b>",
        "\u2028line sep", "nan", "NULL", "0", "a,b,c", "a;b;c", "|~|", "Caf\u00E9 / 2025", "",
    ];

    public static readonly string[] Topics =
        ["Welcome", "Quarterly results", "Safety training", "Product demo", "Algebra", "History of art", "Town hall", "Interview", "Release notes", "Lab session"];

    public static readonly string[] FirstNames = ["Ann", "Bj\u00F6rn", "Carla", "Dmitri", "Eve", "Fatima", "Goro", "Hana", "Ines", "Jos\u00E9"];

    public static readonly string[] LastNames = ["Smith", "O'Neil", "M\u00FCller", "Tanaka", "Da Silva", "\u738B", "Garc\u00EDa; Jr.", "Lee, PhD"];

    /// <summary>Entry ids that look like numbers; they sit at fixed indexes, see <see cref="EntryBook"/>.</summary>
    public static readonly string[] NastyEntryIds = ["0_1234e567", "1e5", "00123", "nan", "-12", "1_23456789"];

    /// <summary>User ids that look like numbers or hold separators.</summary>
    public static readonly string[] NastyUserIds = ["00123", "1_2e3", "nan", "0x1A", "a;b, c|d@example.com", "-12"];
}
