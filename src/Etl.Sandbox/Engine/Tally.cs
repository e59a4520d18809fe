namespace Etl.Sandbox.Engine;

/// <summary>What is counted for one group; every metric of every report is a function of these. About 200 bytes, so a million groups fit.</summary>
internal struct Tally
{
    public int Plays;
    public int Plays25;
    public int Plays50;
    public int Plays75;
    public int Plays100;
    public int Loads;
    public int Edits;
    public int Shares;
    public int Downloads;
    public int Reports;
    public int ReportsSubmitted;
    public int Captions;
    public int Infos;
    public int Related;

    /// <summary>Sessions of any kind: tells "nothing found" from "found, all zero".</summary>
    public int Sessions;

    /// <summary>Quarter durations of the quartile marks, milliseconds.</summary>
    public long QuartileMsecs;

    /// <summary>10-second heartbeats.</summary>
    public long Heartbeats;

    /// <summary>Distinct percentiles per play, added up.</summary>
    public long Percentiles;

    /// <summary>Distinct known users with any event.</summary>
    public int KnownUsers;

    /// <summary>Distinct users and cookies that started playback.</summary>
    public int Viewers;

    /// <summary>Distinct entries with any event.</summary>
    public int Videos;

    /// <summary>Distinct entries that were played.</summary>
    public int PlayedVideos;

    /// <summary>Distinct owners of the entries.</summary>
    public int Owners;

    /// <summary>Distinct percentiles of the content seen by anybody, added up over the played videos.</summary>
    public long UnionPercentiles;

    /// <summary>Played videos that <see cref="UnionPercentiles"/> covers.</summary>
    public int UnionVideos;

    // Entry lifecycle: entries created in the range.
    public int AddedEntries;
    public int AddedVideo;
    public int AddedAudio;
    public int AddedImage;
    public int AddedByAdmin;
    public int Contributors;
    public long AddedMsecs;

    // Usage reports: what was deleted in the range, and what is held at its end. Storage in bytes.
    public long AddedBytes;
    public int DeletedEntries;
    public long DeletedMsecs;
    public long DeletedBytes;
    public int TotalEntries;
    public long TotalMsecs;
    public long TotalBytes;

    /// <summary>Adds what another account counted for the same group. Its users and videos are not ours, so distinct counts add up too.</summary>
    public void Add(in Tally other)
    {
        Plays += other.Plays;
        Plays25 += other.Plays25;
        Plays50 += other.Plays50;
        Plays75 += other.Plays75;
        Plays100 += other.Plays100;
        Loads += other.Loads;
        Edits += other.Edits;
        Shares += other.Shares;
        Downloads += other.Downloads;
        Reports += other.Reports;
        ReportsSubmitted += other.ReportsSubmitted;
        Captions += other.Captions;
        Infos += other.Infos;
        Related += other.Related;
        Sessions += other.Sessions;
        QuartileMsecs += other.QuartileMsecs;
        Heartbeats += other.Heartbeats;
        Percentiles += other.Percentiles;
        KnownUsers += other.KnownUsers;
        Viewers += other.Viewers;
        Videos += other.Videos;
        PlayedVideos += other.PlayedVideos;
        Owners += other.Owners;
        UnionPercentiles += other.UnionPercentiles;
        UnionVideos += other.UnionVideos;
        AddedEntries += other.AddedEntries;
        AddedVideo += other.AddedVideo;
        AddedAudio += other.AddedAudio;
        AddedImage += other.AddedImage;
        AddedByAdmin += other.AddedByAdmin;
        Contributors += other.Contributors;
        AddedMsecs += other.AddedMsecs;
        AddedBytes += other.AddedBytes;
        DeletedEntries += other.DeletedEntries;
        DeletedMsecs += other.DeletedMsecs;
        DeletedBytes += other.DeletedBytes;
        TotalEntries += other.TotalEntries;
        TotalMsecs += other.TotalMsecs;
        TotalBytes += other.TotalBytes;
    }
}

/// <summary>The highest values of the whole query: what the rankings are relative to.</summary>
internal struct Maxima
{
    public double Plays;
    public double KnownUsers;
    public double CompletionRate;
    public double AddedEntries;
    public double AddedMsecs;
}
