using Etl.Core.Targets;

namespace Etl.Landing.Fences;

/// <summary>The rule by which every target decides, at the place where it commits, whether a pull may be published.</summary>
internal static class Fencing
{
    /// <summary>
    /// Why a pull must not be published over what is there, or null when it must. The very same pull is done already; a
    /// higher fence belongs to a later lease, whose pull is newer whatever any clock says. An equal fence is the same
    /// lease's next attempt and replaces.
    /// </summary>
    public static LandingOutcome? Refuse(PublishedPull? published, PullStamp mine)
    {
        if (published is null) return null;
        if (published.Pull == mine.Pull) return LandingOutcome.AlreadyLanded;
        return published.Fence > mine.Fence ? LandingOutcome.Superseded : null;
    }
}
