using System.Globalization;
using System.Text.RegularExpressions;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Checks the fields of a <c>message.send</c>: a message that was sent cannot be taken back, so what can be known before is checked before.</summary>
internal sealed partial class MessageRules(FaultList faults)
{
    private const int MaxLinkHours = 8760;

    /// <summary>Checks the fields that could be read.</summary>
    public void Check(YamlMap with, IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        var tokens = new Dictionary<string, Dictionary<string, string>>(StringComparer.Ordinal);
        foreach (var entry in with.Entries)
        {
            if (fields.FirstOrDefault(f => f.Key == entry.Key).Value is not { } value) continue;
            if (Token().Match(entry.Key) is { Success: true } token)
            {
                var name = token.Groups["name"].Value;
                if (!tokens.TryGetValue(name, out var parts)) tokens[name] = parts = new(StringComparer.Ordinal);
                parts[token.Groups["part"].Value] = value;
            }
            else if (entry.Key is "type" or "receiverType") faults.AtKey(entry, $"'{entry.Key}' is filled in by etl and is not written in a job.");
            else if (!MessageFields.Plain.Contains(entry.Key))
            {
                faults.AtKey(entry, $"'{entry.Key}' is not a field of a message.{Nearest.Hint(entry.Key, MessageFields.Plain)} Expected {Words.Or(MessageFields.Plain)}, or 'msgParams[<token>][type]' and 'msgParams[<token>][value]' for each token of the template.");
            }
            else if (value.Trim().Length == 0) faults.At(entry.Value, $"'{entry.Key}' is empty.");
        }
        string? Of(string field) => fields.FirstOrDefault(f => f.Key == field).Value;
        foreach (var needed in (string[])[MessageFields.Application, MessageFields.Template])
            if (Of(needed) is null) faults.At(with, $"A message needs '{needed}'.");
        if (Of(MessageFields.Groups) is null == Of(MessageFields.Users) is null)
            faults.At(with, "A message goes to groups or to named users. Write one of 'groupIds' and 'userIds'.");
        if (Of(MessageFields.Users) is { } users && MessageFields.Items(users).Count is var count and > MessageFields.MaxUsers)
            faults.At(with, string.Create(CultureInfo.InvariantCulture, $"A message names {MessageFields.MaxUsers} users at most, not {count}. Make them a group of the account and write 'groupIds'."));
        foreach (var (name, parts) in tokens) CheckToken(with, name, parts);
    }

    private void CheckToken(YamlMap with, string name, Dictionary<string, string> parts)
    {
        string Field(string part) => $"'{MessageFields.Tokens}[{name}]{part}'";
        if (parts.GetValueOrDefault("[type]") is not { } type)
        {
            faults.At(with, $"Token '{name}' of the message has no type. Write {Field("[type]")}: {Words.Or(MessageFields.TokenTypes)}.");
            return;
        }
        if (type == "JwtQrCode")
        {
            faults.At(with, $"Token '{name}' of the message is a JwtQrCode, whose value holds a secret; etl does not send those.");
            return;
        }
        if (!MessageFields.TokenTypes.Contains(type))
        {
            faults.At(with, $"Token '{name}' of the message has the type '{type}', which is not known.{Nearest.Hint(type, MessageFields.TokenTypes)} Expected {Words.Or(MessageFields.TokenTypes)}.");
            return;
        }
        var isLink = parts.Keys.Any(p => p.StartsWith("[value][", StringComparison.Ordinal));
        if (parts.Keys.FirstOrDefault(p => p is not ("[type]" or "[value]") && !MessageFields.LinkParts.Any(l => p == $"[value][{l}]")) is { } unknown)
        {
            faults.At(with, $"{Field(unknown)} is not a part of a token. Expected '[type]', '[value]' or, of links, {Words.Or([.. MessageFields.LinkParts.Select(l => $"[value][{l}]")])}.");
        }
        else if (isLink && (type is not ("MagicLink" or "Dynamic") || parts.ContainsKey("[value]"))) faults.At(with, $"Token '{name}' of the message has parts of a link, and is a {type}. Write {Field("[value]")} alone.");
        else if (type == "MagicLink" && !isLink || isLink && !(parts.ContainsKey("[value][baseURL]") && parts.ContainsKey("[value][expiry]")))
            faults.At(with, $"Token '{name}' of the message is a link: write {Field("[value][baseURL]")} and {Field("[value][expiry]")}, in hours.");
        else if (isLink && !(int.TryParse(parts["[value][expiry]"], NumberStyles.None, CultureInfo.InvariantCulture, out var hours) && hours is > 0 and <= MaxLinkHours))
            faults.At(with, string.Create(CultureInfo.InvariantCulture, $"{Field("[value][expiry]")} is '{parts["[value][expiry]"]}'; expected hours, 1 to {MaxLinkHours}."));
        else if (!isLink && !parts.ContainsKey("[value]")) faults.At(with, $"Token '{name}' of the message has no value. Write {Field("[value]")}.");
        else if (type == "User" && parts["[value]"] != MessageFields.Recipient)
            faults.At(with, $"Token '{name}' of the message is a user. Write {Field("[value]")}: {MessageFields.Recipient}, the one who gets the message; others are not named to it.");
    }

    [GeneratedRegex(@"\AmsgParams\[(?<name>[A-Za-z0-9]+)\](?<part>(\[[A-Za-z0-9]+\])*)\z")]
    private static partial Regex Token();
}
