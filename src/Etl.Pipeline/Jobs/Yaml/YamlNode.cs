namespace Etl.Pipeline.Jobs.Yaml;

/// <summary>Where something stands in a file; line and column count from one, 0:0 is the file as a whole.</summary>
internal readonly record struct Place(int Line, int Column);

/// <summary>A value of a YAML file with its place and its JSON path (<c>$.land[0].table</c>).</summary>
internal abstract record YamlNode(Place Place, string Path);

/// <summary>A scalar, exactly as written: nothing is typed by guessing, so <c>00123</c>, <c>no</c> and <c>1e5</c> stay text.</summary>
/// <param name="Place">Where it stands.</param>
/// <param name="Path">Its JSON path.</param>
/// <param name="Value">Its text.</param>
/// <param name="Plain">True when it stands without quotes.</param>
/// <param name="Block">True for a block scalar, which an unquoted <c>|</c> or <c>&gt;</c> begins.</param>
internal sealed record YamlText(Place Place, string Path, string Value, bool Plain, bool Block = false) : YamlNode(Place, Path)
{
    /// <summary>True when it is what YAML reads as "no value": nothing at all, <c>~</c> or an unquoted null.</summary>
    public bool IsNothing => Plain && (Value is "" or "~" or "null" or "Null" or "NULL");
}

/// <summary>A list.</summary>
internal sealed record YamlList(Place Place, string Path, IReadOnlyList<YamlNode> Items) : YamlNode(Place, Path);

/// <summary>A map; the keys of its entries are unique.</summary>
internal sealed record YamlMap(Place Place, string Path, IReadOnlyList<YamlEntry> Entries) : YamlNode(Place, Path);

/// <summary>A value about which a fault was already reported; readers pass over it in silence.</summary>
internal sealed record YamlBroken(Place Place, string Path) : YamlNode(Place, Path);

/// <summary>One key of a map.</summary>
/// <param name="Place">Where the key stands.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">Its value.</param>
internal sealed record YamlEntry(Place Place, string Key, YamlNode Value);
