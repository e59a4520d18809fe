using System.Globalization;

namespace Etl.Sandbox.Sessions;

/// <summary>What a session token says.</summary>
internal sealed record KalturaSession
{
    public required int PartnerId { get; init; }

    /// <summary>Absolute unix seconds.</summary>
    public required long Expiry { get; init; }

    /// <summary>0 user, 2 admin.</summary>
    public required int Type { get; init; }

    public string UserId { get; init; } = "";

    /// <summary>Names and values in order; equal names collapse to the last one in version 2 tokens.</summary>
    public IReadOnlyList<(string Name, string Value)> Privileges { get; init; } = [];

    /// <summary><c>name</c>, <c>name:value</c>, separated by commas.</summary>
    public string PrivilegeText => string.Join(',', Privileges.Select(p => p.Value.Length > 0 ? p.Name + ":" + p.Value : p.Name));

    public string? PrivilegeValue(string name) => Privileges.FirstOrDefault(p => p.Name == name).Value;

    /// <summary>Splits <c>a,b:c,*</c>; empty items are dropped.</summary>
    public static List<(string Name, string Value)> ParsePrivileges(string text)
    {
        var list = new List<(string, string)>();
        foreach (var item in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = item.IndexOf(':', StringComparison.Ordinal);
            list.Add(colon < 0 ? (item, "") : (item[..colon], item[(colon + 1)..]));
        }
        return list;
    }

    internal static long ParseNumber(string? text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : 0;
}
