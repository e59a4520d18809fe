namespace Etl.Pipeline.Tests.Simulation;

/// <summary>A fault put into a part on purpose: the judge must find it.</summary>
internal enum Planted
{
    None,
    /// <summary>Targets publish whatever comes last.</summary>
    NoFenceCompare,
    /// <summary>Rows are read before the window is leased, so that old rows come under a new fence.</summary>
    FenceAfterPull,
    /// <summary>A commit whose answer was lost is simply made again, in a table that appends.</summary>
    RetryOfUnknownCommit,
    /// <summary>A target says that it has published, and publishes later.</summary>
    LedgerBeforeCommit,
    /// <summary>Rows and the record of their landing are committed one after the other.</summary>
    RecordInAnotherTransaction,
    /// <summary>Pages of two states of a window are put together, as a pull does that is taken up by another process.</summary>
    ResumedPages,
}
