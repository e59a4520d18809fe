namespace Etl.Core.Completeness;

/// <summary>What is known of a reading that may have to be made twice.</summary>
/// <param name="IsNeeded">True when one reading proves too little: a job or an audit log wants two, or a file does not say where it ends.</param>
public sealed record TwiceFacts(bool IsNeeded)
{
    /// <summary>Whether the second reading brought the same; null when there was none yet.</summary>
    public bool? AreEqual { get; init; }

    /// <summary>Pairs of readings so far, this one included.</summary>
    public int Rounds { get; init; } = 1;
}

/// <summary>What to do with a reading that may have to be made twice.</summary>
public enum TwiceStep
{
    /// <summary>It is proven, as far as this rule goes.</summary>
    Enough,
    /// <summary>Read a second time.</summary>
    Second,
    /// <summary>The two differ; the source may have moved in between: read both again.</summary>
    Both,
    /// <summary>They differ again: it must not land.</summary>
    Differ,
}

/// <summary>When two readings of the same are enough (reliability 2.1, C8). Pure.</summary>
public static class TwiceRule
{
    /// <summary>Most pairs of readings.</summary>
    public const int MostRounds = 2;

    /// <summary>Judges what came so far.</summary>
    public static TwiceStep Judge(TwiceFacts facts)
    {
        if (!facts.IsNeeded) return TwiceStep.Enough;
        return facts.AreEqual switch
        {
            null => TwiceStep.Second,
            true => TwiceStep.Enough,
            _ => facts.Rounds < MostRounds ? TwiceStep.Both : TwiceStep.Differ,
        };
    }
}
