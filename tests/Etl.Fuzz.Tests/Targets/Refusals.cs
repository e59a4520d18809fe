using Etl.Core.Errors;
using Etl.Fuzz.Tests.Harness;
using Etl.Parsing;

namespace Etl.Fuzz.Tests.Targets;

/// <summary>Which refusals a reader of replies and files may give.</summary>
internal static class Refusals
{
    private static readonly string[] s_codes =
    [
        ReportFormatException.BadRow, ReportFormatException.NotJson, ReportFormatException.Truncated, ReportFormatException.BadUtf8, ReportFormatException.TooLarge,
        ReportFormatException.BadHeader, ReportFormatException.EmptyBody, ReportFormatException.Html,
    ];

    /// <summary>The verdict, when the refusal is one of the documented ones and says something.</summary>
    public static Verdict Of(ReportFormatException refused)
    {
        if (!s_codes.Contains(refused.Code)) throw new ViolationException($"The code '{refused.Code}' is not documented.", refused);
        if (refused.Kind != FaultKind.Window || refused.Message.Length is < 10 or > 1000) throw new ViolationException($"The refusal says '{refused.Message}'.", refused);
        return Verdict.Refused(refused.Code);
    }
}
