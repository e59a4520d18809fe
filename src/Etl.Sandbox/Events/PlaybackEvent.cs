namespace Etl.Sandbox.Events;

/// <summary>How something was played; the order is the order of <see cref="Vocabulary.PlaybackTypes"/>.</summary>
internal enum PlaybackKind : byte
{
    Vod,
    Live,
    Dvr,
}

/// <summary>Buttons: how often each was pressed stands in <see cref="PlaybackEvent.Clicks"/>.</summary>
internal enum Button
{
    Edit,
    Share,
    Download,
    Report,
    ReportSubmitted,
    Captions,
    Info,
    Related,
}

/// <summary>
/// One player session, or what a longer one did in one hour: impressions, plays, how far it went. 48 bytes, so that a day of a million
/// sessions is 48 MB. Everything that a report prints is computed from these.
/// </summary>
internal struct PlaybackEvent
{
    /// <summary>Most presses of one button that a record holds.</summary>
    public const int MostClicks = 15;

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

    /// <summary>Index into <see cref="Vocabulary.Categories"/>: the page's category. Past its end: none.</summary>
    public byte Context;

    public PlaybackKind Kind;

    /// <summary>Quartile marks passed, a bit each from the first quarter on.</summary>
    public byte Quartiles;

    /// <summary>Distinct percentiles seen, 0 to 100.</summary>
    public byte Percentiles;

    /// <summary>Player impressions.</summary>
    public ushort Loads;

    /// <summary>Playback starts.</summary>
    public ushort Plays;

    /// <summary>10-second heartbeats.</summary>
    public ushort Heartbeats;

    /// <summary>Waiting for data, tenths of a second. Generated sessions do not hold it.</summary>
    public ushort Buffering;

    /// <summary>Number in <see cref="ValueBook.Pages"/>.</summary>
    public ushort Page;

    /// <summary>Number in <see cref="ValueBook.Applications"/>.</summary>
    public ushort Application;

    /// <summary>Number in <see cref="ValueBook.Events"/>; 0 for generated sessions, whose entry tells.</summary>
    public ushort Event;

    /// <summary>Numbers in the three lists of <see cref="ValueBook.Customs"/>.</summary>
    public ushort Custom1, Custom2, Custom3;

    /// <summary>Presses of each <see cref="Button"/>, four bits each.</summary>
    public uint Clicks;

    /// <summary>False for what the seed made up.</summary>
    public readonly bool IsReceived => Event != 0;

    /// <summary>How often a button was pressed, 0 to 15.</summary>
    public readonly int ClicksOf(Button button) => (int)(Clicks >> 4 * (int)button) & MostClicks;

    /// <summary>Counts a press; false when the record is full.</summary>
    public bool Click(Button button)
    {
        if (ClicksOf(button) == MostClicks)
            return false;
        Clicks += 1u << 4 * (int)button;
        return true;
    }

    /// <summary>Number of the value of custom variable 0, 1 or 2.</summary>
    public readonly ushort Custom(int variable) => variable switch { 0 => Custom1, 1 => Custom2, _ => Custom3 };

    /// <summary>Who watched, for counts of viewers: the user, else the cookie.</summary>
    public readonly uint Viewer => User >= 0 ? (uint)User : 0x8000_0000 | Cookie;
}
