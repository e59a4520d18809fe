namespace Etl.Cli.Output;

/// <summary>An observer that also shows how fast a long run of windows goes on.</summary>
internal interface IPaceObserver
{
    /// <summary>How often it wants to hear, at most.</summary>
    TimeSpan PaceEvery { get; }

    /// <summary>How far a job is. Calls may come from several threads, one at a time.</summary>
    void Paced(Pace pace);
}
