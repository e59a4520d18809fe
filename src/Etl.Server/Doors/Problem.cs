using Etl.Core.Errors;
using Microsoft.AspNetCore.WebUtilities;

namespace Etl.Server.Doors;

/// <summary>Answers that something is wrong, as <c>application/problem+json</c> (RFC 9457): a sentence for a person and a code for a program.</summary>
public static class Problem
{
    /// <summary>Makes one.</summary>
    /// <param name="status">HTTP status.</param>
    /// <param name="sentence">What is wrong and what to do; goes out as it is.</param>
    /// <param name="code">A stable word for programs, or null.</param>
    public static IResult Of(int status, string sentence, string? code = null) => Results.Problem(
        sentence, statusCode: status, title: ReasonPhrases.GetReasonPhrase(status), type: "about:blank",
        extensions: code is null ? null : new Dictionary<string, object?> { ["code"] = code });

    /// <summary>A fault of the work.</summary>
    public static IResult Of(EtlException fault) => Of(StatusOf(fault), fault.Message, fault.Code);

    /// <summary>The status that a fault of the work has.</summary>
    public static int StatusOf(EtlException fault) => fault switch
    {
        { Code: "no-such-job" or "no-such-window" } => StatusCodes.Status404NotFound,
        { Kind: FaultKind.Usage } => StatusCodes.Status400BadRequest,
        { IsTransient: true } => StatusCodes.Status503ServiceUnavailable,
        { Kind: FaultKind.Window } => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status502BadGateway,
    };
}
