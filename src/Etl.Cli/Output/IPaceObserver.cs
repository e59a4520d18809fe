namespace Etl.Cli.Output;

/// <summary>An observer that also shows how fast a long run of windows goes on.</summary>
internal interface IPaceObserver
{
    /// <summary>How far a job is, in a few words; told often.</summary>
    void Paced(string job, string pace);
}
