using Etl.Sandbox.Events;

namespace Etl.Sandbox.Collect;

/// <summary>The device, system and browser of a <c>User-Agent</c>: the first line whose words all stand in it. Versions are not told apart.</summary>
internal static class UserAgents
{
    private static readonly (string[] Words, byte Agent)[] Rules =
    [
        Rule("Xbox OS", "Microsoft Edge", "Xbox"),
        Rule("tvOS", "Unknown", "AppleTV"),
        Rule("tvOS", "Unknown", "tvOS"),
        Rule("iOS 18 (iPad)", "Mobile Safari", "iPad"),
        Rule("iOS 18 (iPhone)", "Chrome Mobile", "iPhone", "CriOS"),
        Rule("iOS 18 (iPhone)", "Mobile Safari", "iPhone"),
        Rule("Android 14.x", "Samsung Browser", "Android", "SamsungBrowser"),
        Rule("Android 15.x", "Chrome Mobile", "Android", "Mobile"),
        Rule("Android 14.x Tablet", "Chrome Mobile", "Android"),
        Rule("Windows 10", "Microsoft Edge", "Windows NT 10", "Edg"),
        Rule("Windows 10", "Firefox 13", "Windows NT 10", "Firefox"),
        Rule("Windows 10", "Chrome 12", "Windows NT 10", "Chrome"),
        Rule("Mac OS X", "Firefox 13", "Macintosh", "Firefox"),
        Rule("Mac OS X", "Chrome 13", "Macintosh", "Chrome"),
        Rule("Mac OS X", "Safari", "Macintosh", "Safari"),
        Rule("Linux", "Firefox 13", "Linux", "Firefox"),
        Rule("Linux", "Chrome 13", "Linux", "Chrome"),
    ];

    private static readonly byte Unknown = Find(Vocabulary.Unknown, Vocabulary.Unknown);

    /// <summary>The index in <see cref="Vocabulary.Agents"/>.</summary>
    public static byte AgentOf(string userAgent)
    {
        foreach (var (words, agent) in Rules)
        {
            if (Array.TrueForAll(words, word => userAgent.Contains(word, StringComparison.Ordinal)))
                return agent;
        }
        return Unknown;
    }

    private static (string[], byte) Rule(string os, string browser, params string[] words) => (words, Find(os, browser));

    private static byte Find(string os, string browser) =>
        Array.FindIndex(Vocabulary.Agents, a => a.Os == os && a.Browser == browser) is >= 0 and var found
            ? (byte)found
            : throw new InvalidOperationException($"No agent has the system '{os}' and the browser '{browser}'.");
}
