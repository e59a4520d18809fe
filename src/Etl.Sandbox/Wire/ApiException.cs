namespace Etl.Sandbox.Wire;

/// <summary>An error that the service answers with HTTP 200 and an object {code, message, objectType, args} (wire facts 1.5).</summary>
internal sealed class ApiException(string code, string message, params (string Name, string Value)[] args) : Exception(message)
{
    public string Code { get; } = code;

    public IReadOnlyList<(string Name, string Value)> Args { get; } = args;

    public ApiObject ToReply() => new("KalturaAPIException",
        ("code", Code),
        ("message", Message),
        // Behind objectType on the wire, where real answers have it.
        ("args", new ApiArgs(Args)));

    /// <summary>The server's own spelling.</summary>
    public static ApiException Internal() => new("INTERNAL_SERVERL_ERROR", "Internal server error occurred");

    /// <summary>The reason (EXPIRED, LOGOUT) stands in KSID; for a malformed token it is the token itself.</summary>
    public static ApiException InvalidKs(string reason) =>
        new("INVALID_KS", $"Invalid KS \"{reason}\", Error \"-1,INVALID_STR\"", ("KSID", reason), ("ERR_CODE", "-1"), ("ERR_DESC", "INVALID_STR"));

    public static ApiException MissingKs() => new("MISSING_KS", "Missing KS, session not established");

    public static ApiException Forbidden(string service, string action) =>
        new("SERVICE_FORBIDDEN", $"The access to service [{service}->{action}] is forbidden", ("SERVICE", $"{service}->{action}"));

    public static ApiException NoService() => new("SERVICE_NOT_SPECIFIED", "Service name was not specified, please specify one");

    public static ApiException NoAction() => new("ACTION_NOT_SPECIFIED", "Action name was not specified, please specify one");

    public static ApiException UnknownService(string service) =>
        new("SERVICE_DOES_NOT_EXISTS", $"Service \"{service}\" does not exists", ("SRV_NAME", service));

    public static ApiException UnknownAction(string service, string action) =>
        new("ACTION_DOES_NOT_EXISTS", $"Action \"{action}\" does not exists for service \"{service}\"", ("ACTION_NAME", action), ("SERVICE_NAME", service));

    public static ApiException Missing(string parameter) =>
        new("MISSING_MANDATORY_PARAMETER", $"Missing parameter \"{parameter}\"", ("PARAM_NAME", parameter));

    public static ApiException NullProperty(string type, string property) =>
        new("PROPERTY_VALIDATION_CANNOT_BE_NULL", $"The property \"{type}::{property}\" cannot be null", ("PROP_NAME", $"{type}::{property}"));

    public static ApiException Enum(string value, string parameter, string type) =>
        new("INVALID_ENUM_VALUE", $"Invalid enumeration value \"{value}\" for parameter \"{parameter}\", expecting enumeration type \"{type}\"",
            ("ENUM_VAL", value), ("PARAM_NAME", parameter), ("ENUM_TYPE", type));

    public static ApiException BadCharacter(string field) => new("INVALID_PARAMETER_CHAR", $"Invalid char in \"{field}\" field", ("XML_FIELD", field));

    public static ApiException StartSession(string partner) =>
        new("START_SESSION_ERROR", $"Error while starting session for partner [{partner}]", ("PID", partner));

    public static ApiException Blocked(string service, string action) =>
        new("ACTION_BLOCKED", $"Action \"{action}\" in service \"{service}\" is blocked", ("ACTION_NAME", action), ("SERVICE_NAME", service));

    public static ApiException TimedOut() => new("DRUID_QUERY_TIMED_OUT", "Query timed out");

    public static ApiException TooGeneral() => new("SEARCH_TOO_GENERAL", "Please add a more specific search criteria");

    /// <summary>The same code with the text of the report service.</summary>
    public static ApiException TooManyRows() => new("SEARCH_TOO_GENERAL", "Unable to create report. Query produced too many results");

    public static ApiException ReportNotFound(string id) => new("REPORT_NOT_FOUND", $"Report id \"{id}\" not found", ("ID", id));

    public static ApiException BadReference(string token) =>
        new("INVALID_MULTIREQUEST_TOKEN", $"Invalid multirequest token \"{token}\"", ("TOKEN", token));
}
