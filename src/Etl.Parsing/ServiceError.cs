namespace Etl.Parsing;

/// <summary>An error the service answered with (always HTTP 200). Match on the code, never on the message: deployments may remap messages.</summary>
/// <param name="Code">Such as <c>INVALID_KS</c>.</param>
/// <param name="Message">The service's sentence. May hold the session token: redact before logging.</param>
/// <param name="Args">Named arguments; empty when the service sent <c>[]</c>. <c>KSID</c> may be the session token.</param>
public sealed record ServiceError(string Code, string Message, IReadOnlyDictionary<string, string> Args)
{
    /// <summary>The code only: message and arguments may hold a token.</summary>
    public override string ToString() => $"ServiceError {{ Code = {Code} }}";
}
