using Etl.Core.Errors;
using Etl.Core.Targets;

namespace Etl.Pipeline.Pulling;

/// <summary>Opens the staged pull that a run has just made itself.</summary>
internal static class OwnPull
{
    /// <summary>
    /// Opens it. Whoever takes a window over removes what the run before left in the staging area, so that of a worker that stalled for longer than its lease may be gone.
    /// </summary>
    /// <exception cref="EtlException">It is gone; transient, of code <c>staged-gone</c>.</exception>
    public static IStagedPull OpenOwn(this IStagingArea staging, string pull) => staging.Open(pull) ?? throw new EtlException(
        FaultKind.Window,
        $"The staged pull '{pull}' is gone: another run took the window over meanwhile, or somebody removed the file. Nothing was published by this run; run the window again if nobody does.")
    {
        Code = "staged-gone", IsTransient = true,
    };
}
