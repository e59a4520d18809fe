namespace Etl.Sandbox.Events;

/// <summary>How something was played; the order is the order of <see cref="Vocabulary.PlaybackTypes"/>.</summary>
internal enum PlaybackKind : byte
{
    Vod,
    Live,
    Dvr,
}

/// <summary>Buttons pressed in a session.</summary>
[Flags]
internal enum Clicks : ushort
{
    None = 0,
    Edit = 1,
    Share = 2,
    Download = 4,
    Report = 8,
    ReportSubmitted = 16,
    Captions = 32,
    Info = 64,
    Related = 128,
}

/// <summary>
/// One player session: an impression, perhaps a play, how far it went. 32 bytes, so that a day of a million sessions is 32 MB.
/// Everything that a report prints is computed from these.
/// </summary>
internal struct PlaybackEvent
{
    /// <summary>Unix seconds.</summary>
    public uint Time;

    /// <summary>Index of the entry.</summary>
    public int Entry;

    /// <summary>Index of the user; -1 is anonymous.</summary>
    public int User;

    /// <summary>Browser cookie: tells anonymous viewers apart.</summary>
    public uint Cookie;

    /// <summary>Index into <see cref="Vocabulary.Places"/>.</summary>
    public byte Place;

    /// <summary>Index into <see cref="Vocabulary.Agents"/>.</summary>
    public byte Agent;

    /// <summary>Index into <see cref="Vocabulary.Pages"/>.</summary>
    public byte Page;

    /// <summary>Index into <see cref="Vocabulary.Applications"/>.</summary>
    public byte Application;

    /// <summary>Index into <see cref="Vocabulary.Categories"/>: the page's category.</summary>
    public byte Context;

    /// <summary>Three custom variables, a digit of base 4 each.</summary>
    public byte Custom;

    public PlaybackKind Kind;

    /// <summary>Player impressions.</summary>
    public byte Loads;

    /// <summary>Playback starts, 0 or 1.</summary>
    public byte Plays;

    /// <summary>Quartile marks passed, 0 to 4.</summary>
    public byte Quartiles;

    /// <summary>Distinct percentiles seen, 0 to 100.</summary>
    public byte Percentiles;

    /// <summary>10-second heartbeats.</summary>
    public ushort Heartbeats;

    public Clicks Clicks;

    /// <summary>Who watched, for counts of viewers: the user, else the cookie.</summary>
    public readonly uint Viewer => User >= 0 ? (uint)User : 0x8000_0000 | Cookie;
}
