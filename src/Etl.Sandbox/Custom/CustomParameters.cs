using System.Globalization;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Custom;

/// <summary>
/// Parameters of a custom report (wire facts 4.3): <c>k=v;k=v</c> without escaping, so a value never holds a <c>;</c>; each piece is
/// trimmed and cut at its first <c>=</c>. The caller's account replaces any <c>partner_id</c>.
/// </summary>
internal sealed class CustomParameters
{
    private const int MaxFileName = 200;

    private readonly List<(string Key, string? Value)> _list;
    private readonly int _partner;

    private CustomParameters(IEnumerable<(string Key, string? Value)> list, int partner)
    {
        _partner = partner;
        // The server empties the sent one in place and adds its own at the end.
        _list = [.. list.Select(p => p.Key.Equals("partner_id", StringComparison.OrdinalIgnoreCase) ? ("", "") : p),
            ("partner_id", partner.ToString(CultureInfo.InvariantCulture))];
    }

    /// <summary>The last value of a name; a parameter without <c>=</c> is as good as missing.</summary>
    public string? this[string key] => _list.LastOrDefault(p => p.Key == key).Value;

    public static CustomParameters OfText(string? text, int partner) => new((text ?? "").Split(';').Select(piece =>
    {
        var trimmed = piece.Trim();
        var equals = trimmed.IndexOf('=', StringComparison.Ordinal);
        return equals < 0 ? (trimmed, (string?)null) : (trimmed[..equals], trimmed[(equals + 1)..]);
    }), partner);

    /// <summary>A list of KalturaKeyValue objects.</summary>
    public static CustomParameters OfList(ParamNode? list, int partner) =>
        new((list?.Children ?? []).Select(item => (item.Value.TextOf("key") ?? "", item.Value.TextOf("value"))), partner);

    /// <summary>The value; without it the query fails and does not say why.</summary>
    public string Require(string key) => this[key] ?? throw ApiException.Internal();

    /// <summary>A comma list; null when the parameter is missing or empty.</summary>
    public string[]? List(string key) => this[key] is { Length: > 0 } text ? text.Split(',', StringSplitOptions.TrimEntries) : null;

    /// <summary><c>Report_id_partner_key_value...csv</c>; a pair that would reach 200 characters and all behind it are left out.</summary>
    public string FileName(long id)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"Report_{id}_{_partner}");
        foreach (var (key, value) in _list)
        {
            var pair = $"_{key}_{value}";
            if (name.Length + pair.Length >= MaxFileName)
                break;
            name += pair;
        }
        // Only what an HTTP header can carry.
        return string.Concat(name.Select(c => c is > ' ' and <= '~' and not ('"' or '\\') ? c : '_')) + ".csv";
    }
}
