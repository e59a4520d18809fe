namespace Etl.Core.Errors;

/// <summary>Exit codes of the command line (design: section 7).</summary>
public static class ExitCode
{
    public const int Done = 0;
    public const int WindowFailed = 1;
    public const int Usage = 2;
    public const int Held = 3;
    public const int Refused = 4;
    public const int Unreachable = 5;
    public const int Cancelled = 130;

    /// <summary>The order in which a mixed run chooses its code.</summary>
    private static readonly int[] s_order = [Cancelled, Usage, Refused, Unreachable, WindowFailed, Held, Done];

    /// <summary>The exit code of one fault.</summary>
    public static int Of(FaultKind kind) => kind switch
    {
        FaultKind.Usage => Usage,
        FaultKind.Refused => Refused,
        FaultKind.Unreachable => Unreachable,
        _ => WindowFailed,
    };

    /// <summary>The code of a run whose parts ended with these codes; one that is not listed here counts as a failed window.</summary>
    public static int Combine(IEnumerable<int> codes)
    {
        var seen = codes.Select(c => s_order.Contains(c) ? c : WindowFailed).ToHashSet();
        return s_order.FirstOrDefault(seen.Contains, Done);
    }
}
