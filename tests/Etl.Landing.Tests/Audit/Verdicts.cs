using Etl.Landing.Audit.Verify;

namespace Etl.Landing.Tests.Audit;

/// <summary>Compares verdicts.</summary>
internal static class Verdicts
{
    /// <summary>The log is tampered with, and these findings are all there are, in this order.</summary>
    public static void Finds(AuditVerdict verdict, params (string Where, string Message)[] expected)
    {
        Assert.Equal(expected, verdict.Findings.Select(f => (f.Where, f.Message)));
        Assert.Equal(("tampered", 1), (verdict.Word, verdict.Exit));
    }
}
