namespace Etl.Sandbox.Wire;

/// <summary>A request parameter: text, or an ordered map of parameters, as PHP arrays are.</summary>
internal sealed class ParamNode
{
    private readonly Dictionary<string, ParamNode> _children = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];

    private ParamNode(string? text) => Text = text;

    /// <summary>The text; null for a map (and for a JSON null, which has no children either).</summary>
    public string? Text { get; private set; }

    /// <summary>A JSON null.</summary>
    public bool IsNull { get; private init; }

    public bool IsMap => Text is null && !IsNull;

    public IEnumerable<(string Name, ParamNode Value)> Children => _order.Select(name => (name, _children[name]));

    public int Count => _order.Count;

    public ParamNode? this[string name] => _children.GetValueOrDefault(name);

    public static ParamNode Of(string text) => new(text);

    public static ParamNode Map() => new((string?)null);

    public static ParamNode Null() => new((string?)null) { IsNull = true };

    public void Set(string name, ParamNode value)
    {
        if (!_children.ContainsKey(name))
            _order.Add(name);
        _children[name] = value;
    }

    public void Remove(string name)
    {
        if (_children.Remove(name))
            _order.Remove(name);
    }

    /// <summary>Sets a value below maps that are made on the way; what is not a map there is replaced by one.</summary>
    public void SetPath(ReadOnlySpan<string> path, ParamNode value)
    {
        var node = this;
        for (var i = 0; i < path.Length - 1; i++)
        {
            var next = node[path[i]];
            if (next is not { IsMap: true })
                node.Set(path[i], next = Map());
            node = next;
        }
        node.Set(path[^1], value);
    }

    /// <summary>PHP's array_replace_recursive: <paramref name="other"/> wins, maps are merged.</summary>
    public void ReplaceWith(ParamNode other)
    {
        foreach (var (name, value) in other.Children)
        {
            if (value.IsMap && this[name] is { IsMap: true } mine)
                mine.ReplaceWith(value);
            else
                Set(name, value);
        }
    }

    /// <summary>The child as text; null when it is absent, null or a map.</summary>
    public string? TextOf(string name) => this[name]?.Text;

    /// <summary>A copy in which every text went through <paramref name="change"/>.</summary>
    public ParamNode Map(Func<string, string> change)
    {
        if (IsNull)
            return this;
        if (Text is not null)
            return Of(change(Text));
        var copy = Map();
        foreach (var (name, value) in Children)
            copy.Set(name, value.Map(change));
        return copy;
    }
}
