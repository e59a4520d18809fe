using System.Collections.Frozen;
using Etl.Core.Errors;

namespace Etl.Kaltura.Api;

/// <summary>What one error code of the service means for us.</summary>
/// <param name="Kind">Who must act.</param>
/// <param name="Attempts">Attempts that make sense, the first included; 1 for a fault that stays.</param>
/// <param name="Advice">What the reader can do.</param>
internal sealed record ErrorRule(FaultKind Kind, int Attempts, string Advice)
{
    public TimeSpan MinWait { get; init; }
    public bool SlowDown { get; init; }
}

/// <summary>
/// The service's error codes as data (wire facts 1.5 and 8). Codes decide, never messages or HTTP status: API errors
/// come with status 200.
/// </summary>
internal static class ErrorRules
{
    public const string InvalidSession = "INVALID_KS";
    public const string QueryTimedOut = "DRUID_QUERY_TIMED_OUT";

    private const int Always = int.MaxValue;
    private const string Session = "Check the credentials of the account.";
    private const string Permission = "Ask the account's administrator for the permission.";
    private const string Request = "The request itself is wrong; check the source in the job file.";
    private const string Internal = "The service failed inside. If it stays, the request may be one that it cannot answer: an action that this report does not have, or a page beyond its cap.";

    private static readonly FrozenDictionary<string, ErrorRule> s_rules = new Dictionary<string, ErrorRule>
    {
        [InvalidSession] = new(FaultKind.Refused, 1, Session),
        ["MISSING_KS"] = new(FaultKind.Refused, 1, Session),
        ["START_SESSION_ERROR"] = new(FaultKind.Refused, 1, "Check KALTURA_PARTNER_ID and KALTURA_ADMIN_SECRET."),
        ["APP_TOKEN_ID_NOT_FOUND"] = new(FaultKind.Refused, 1, "Check KALTURA_APP_TOKEN_ID."),
        ["APP_TOKEN_NOT_ACTIVE"] = new(FaultKind.Refused, 1, "Activate the app token or make a new one."),
        ["APP_TOKEN_EXPIRED"] = new(FaultKind.Refused, 1, "Make a new app token."),
        ["INVALID_APP_TOKEN_HASH"] = new(FaultKind.Refused, 1, "Check KALTURA_APP_TOKEN, and KALTURA_APP_TOKEN_HASH against the hash that the token was made with."),
        ["SERVICE_FORBIDDEN"] = new(FaultKind.Refused, 1, Permission),
        ["FEATURE_FORBIDDEN"] = new(FaultKind.Refused, 1, "The account lacks this feature: ask the service's support for it."),
        ["SERVICE_FORBIDDEN_CONTENT_BLOCKED"] = new(FaultKind.Refused, 1, Permission),
        ["SERVICE_ACCESS_CONTROL_RESTRICTED"] = new(FaultKind.Refused, 1, Permission),
        ["USER_BLOCKED"] = new(FaultKind.Refused, 1, Permission),
        ["SERVICE_DOES_NOT_EXISTS"] = new(FaultKind.Window, 1, "Check KALTURA_SERVICE_URL: the address answers, but not as this service."),
        ["ACTION_DOES_NOT_EXISTS"] = new(FaultKind.Window, 1, "Check KALTURA_SERVICE_URL: the address answers, but not as this service."),
        ["SERVICE_NOT_SPECIFIED"] = new(FaultKind.Window, 1, "Something between here and the service changed the address or dropped the body."),
        ["ACTION_NOT_SPECIFIED"] = new(FaultKind.Window, 1, "Something between here and the service changed the address or dropped the body."),
        ["MISSING_MANDATORY_PARAMETER"] = new(FaultKind.Window, 1, Request),
        ["INVALID_ENUM_VALUE"] = new(FaultKind.Window, 1, Request),
        ["OBJECT_TYPE_ABSTRACT"] = new(FaultKind.Window, 1, Request),
        ["INVALID_PARAMETER_CHAR"] = new(FaultKind.Window, 1, Request),
        ["REPORT_NOT_FOUND"] = new(FaultKind.Window, 1, Request),
        ["REPORT_PARAMETER_MISSING"] = new(FaultKind.Window, 1, Request),
        ["ANALYTICS_UNSUPPORTED_QUERY"] = new(FaultKind.Window, 1, Request),
        ["SEARCH_TOO_GENERAL"] = new(FaultKind.Window, 1, "Narrow the filter: the keywords or the entry search match too many entries."),
        // Two time-outs, then the pull asks for smaller pages (design: section 5).
        [QueryTimedOut] = new(FaultKind.Unreachable, 2, "Narrow the filter or use shorter windows."),
        // The rate limit, with a window of 10 s by default and no Retry-After (wire facts 8).
        ["ACTION_BLOCKED"] = new(FaultKind.Unreachable, Always, "The service limits how often this is called; lower KALTURA_MAX_CONCURRENCY.")
        { MinWait = TimeSpan.FromSeconds(10), SlowDown = true },
        // The first spelling is the server's own.
        ["INTERNAL_SERVERL_ERROR"] = new(FaultKind.Unreachable, 3, Internal),
        ["INTERNAL_SERVER_ERROR"] = new(FaultKind.Unreachable, 3, Internal),
        ["INTERNAL_DATABASE_ERROR"] = new(FaultKind.Unreachable, Always, "Try again later."),
        ["SEARCH_ENGINE_QUERY_FAILED"] = new(FaultKind.Unreachable, Always, "Try again later."),
        ["LOCK_TIMED_OUT"] = new(FaultKind.Unreachable, Always, "Try again later."),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private static readonly ErrorRule s_unknown = new(FaultKind.Window, 1, "The code is not one that is known here; it is taken as final.");

    /// <summary>Codes that have a rule of their own.</summary>
    public static IEnumerable<string> Known => s_rules.Keys;

    /// <summary>The rule of a code.</summary>
    public static ErrorRule Of(string code) => s_rules.GetValueOrDefault(code, s_unknown);

    /// <summary>Makes the exception of an error answer. The text is masked; an INVALID_KS text is not repeated at all.</summary>
    /// <param name="what">What was attempted, such as <c>report.getTable</c>.</param>
    /// <param name="code">The service's code.</param>
    /// <param name="message">Its message.</param>
    /// <param name="args">Its arguments.</param>
    /// <param name="mask">Takes credentials out.</param>
    public static ApiException Exception(string what, string code, string message, IReadOnlyDictionary<string, string> args, SecretMask mask)
    {
        var rule = Of(code);
        string? reason = null;
        string said;
        if (code == InvalidSession)
        {
            // KSID holds the reason, or, for a malformed token, the token itself (wire facts 1.5).
            reason = args.GetValueOrDefault("KSID") is { } ksid && IsWord(ksid) ? ksid : null;
            said = $"did not accept the session (reason {reason ?? "not given: malformed token"})";
        }
        else
        {
            said = message.Length == 0 ? "refused without a message" : $"answered '{mask.Clean(message)}'";
        }
        return new ApiException(rule.Kind, $"{what}: the service {said}, code {mask.Clean(code, 80)}. {rule.Advice}")
        {
            Code = mask.Clean(code, 80),
            IsTransient = rule.Attempts > 1,
            MaxAttempts = rule.Attempts,
            MinWait = rule.MinWait,
            SlowDown = rule.SlowDown,
            SessionReason = reason,
        };
    }

    private static bool IsWord(string text) => text.Length is > 0 and <= 40 && text.All(c => char.IsAsciiLetterUpper(c) || c == '_');
}
