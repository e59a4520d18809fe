namespace Etl.Core.Jobs;

/// <summary>
/// The fields of <c>message.send</c>, by the names of the messaging service. Everything that is sent stands in the job: no cell of a pull becomes part of
/// a message or decides who gets it.
/// </summary>
public static class MessageFields
{
    /// <summary>Groups that get the message, separated by commas.</summary>
    public const string Groups = "groupIds";

    /// <summary>Users that get the message, separated by commas; <see cref="MaxUsers"/> at most.</summary>
    public const string Users = "userIds";

    /// <summary>Application that the template belongs to.</summary>
    public const string Application = "appGuid";

    /// <summary>The template.</summary>
    public const string Template = "templateId";

    /// <summary>Values of the template's tokens: <c>msgParams[name][type]</c> and <c>msgParams[name][value]</c>.</summary>
    public const string Tokens = "msgParams";

    /// <summary>Most users that a message names. More are a group, which the service keeps and a job file does not.</summary>
    public const int MaxUsers = 100;

    /// <summary>Value of a user token: the one who gets the message.</summary>
    public const string Recipient = "Message.userId";

    /// <summary>Fields without parts.</summary>
    public static IReadOnlyList<string> Plain { get; } = [Groups, Users, Application, Template, "session", "adminTags"];

    /// <summary>Types of tokens. The service's <c>JwtQrCode</c> is left out: its value holds a secret, which does not belong into a job file.</summary>
    public static IReadOnlyList<string> TokenTypes { get; } = ["User", "String", "Dynamic", "MagicLink", "UnsubscribeUri"];

    /// <summary>Parts of the value of a <c>MagicLink</c>: the address, hours that it is good for, and privileges of its session.</summary>
    public static IReadOnlyList<string> LinkParts { get; } = ["baseURL", "expiry", "privileges"];

    /// <summary>The items of a field that holds several.</summary>
    public static IReadOnlyList<string> Items(string value) => value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
