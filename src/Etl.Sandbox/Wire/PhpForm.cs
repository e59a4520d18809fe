using System.Text;

namespace Etl.Sandbox.Wire;

/// <summary>
/// Reads query strings and form bodies as PHP does: <c>a=1&amp;b[c][d]=2&amp;e[]=3</c>. A <c>.</c> or space in the first part of a
/// name becomes <c>_</c>; the last of two equal names wins; at most 10,000 variables are read (wire facts 1.2).
/// </summary>
internal static class PhpForm
{
    private const int MaxVariables = 10_000;

    public static ParamNode Parse(string text)
    {
        var root = ParamNode.Map();
        var count = 0;
        foreach (var range in text.AsSpan().Split('&'))
        {
            var pair = text.AsSpan(range);
            if (pair.IsEmpty || ++count > MaxVariables)
                continue;
            var equals = pair.IndexOf('=');
            var name = Decode(equals < 0 ? pair : pair[..equals]);
            Add(root, name, equals < 0 ? "" : Decode(pair[(equals + 1)..]));
        }
        return root;
    }

    /// <summary>Adds one variable under a name that may hold brackets.</summary>
    public static void Add(ParamNode root, string name, string value)
    {
        var path = SplitName(name);
        if (path.Count == 0)
            return;
        // `a[]` takes the next number of its map.
        var node = root;
        for (var i = 0; i < path.Count - 1; i++)
        {
            var key = path[i].Length > 0 ? path[i] : NextIndex(node);
            var next = node[key];
            if (next is not { IsMap: true })
                node.Set(key, next = ParamNode.Map());
            node = next;
        }
        node.Set(path[^1].Length > 0 ? path[^1] : NextIndex(node), ParamNode.Of(value));
    }

    /// <summary>URL decoding of PHP: plus is a space, a broken percent sign stays as it is, bytes are UTF-8.</summary>
    public static string Decode(ReadOnlySpan<char> text)
    {
        if (text.IndexOfAny('%', '+') < 0)
            return text.ToString();
        var bytes = new List<byte>(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes.Add(byte.Parse(text.Slice(i + 1, 2), System.Globalization.NumberStyles.HexNumber, System.Globalization.CultureInfo.InvariantCulture));
                i += 2;
                continue;
            }
            if (text[i] == '+')
            {
                bytes.Add((byte)' ');
                continue;
            }
            var length = char.IsHighSurrogate(text[i]) && i + 1 < text.Length ? 2 : 1;
            bytes.AddRange(Encoding.UTF8.GetBytes(text.Slice(i, length).ToString()));
            i += length - 1;
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static List<string> SplitName(string name)
    {
        var bracket = name.IndexOf('[', StringComparison.Ordinal);
        var first = (bracket < 0 ? name : name[..bracket]).TrimStart(' ').Replace('.', '_').Replace(' ', '_');
        var path = new List<string>();
        if (first.Length == 0)
            return path;
        path.Add(first);
        while (bracket >= 0 && bracket < name.Length && name[bracket] == '[')
        {
            var close = name.IndexOf(']', bracket);
            if (close < 0)
                break;
            path.Add(name[(bracket + 1)..close]);
            bracket = close + 1;
        }
        return path;
    }

    private static string NextIndex(ParamNode node)
    {
        var next = 0;
        foreach (var (name, _) in node.Children)
        {
            if (int.TryParse(name, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var index) && index >= next)
                next = index + 1;
        }
        return next.ToString(System.Globalization.CultureInfo.InvariantCulture);
    }
}
