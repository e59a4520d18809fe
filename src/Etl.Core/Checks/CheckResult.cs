namespace Etl.Core.Checks;

/// <summary>What a check says of a pull.</summary>
public enum Verdict
{
    /// <summary>Nothing wrong.</summary>
    Pass,
    /// <summary>Worth a look; does not stop the landing.</summary>
    Warn,
    /// <summary>The pull is kept and not published.</summary>
    Hold,
    /// <summary>Could not be asked, or switched off; the detail says why.</summary>
    Skipped,
}

/// <summary>The outcome of one check.</summary>
/// <param name="Name"><c>totals</c>, <c>keys</c>, <c>bounds</c>, <c>shrink</c>, <c>empty</c>, <c>schema</c>, …</param>
/// <param name="Verdict">What it says.</param>
/// <param name="Detail">One sentence with the numbers.</param>
public sealed record CheckResult(string Name, Verdict Verdict, string Detail);
