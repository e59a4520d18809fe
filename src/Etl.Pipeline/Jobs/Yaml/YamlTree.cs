using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Etl.Pipeline.Jobs.Yaml;

/// <summary>
/// Builds a tree of places and texts from a YAML file. Takes the part of YAML that a job file needs: maps, lists and
/// scalars. Anchors, aliases, tags and several documents are refused: each can change what a line means from far away.
/// </summary>
internal sealed class YamlTree
{
    /// <summary>Deeper nesting is refused; a job file needs six levels.</summary>
    private const int MaxDepth = 32;

    /// <summary>More keys in one map are refused; the filter, the longest map, has fewer than a hundred fields.</summary>
    private const int MaxKeys = 1_000;

    private readonly Parser _parser;
    private readonly FaultList _faults;

    private YamlTree(string text, FaultList faults)
    {
        _parser = new Parser(new StringReader(text));
        _faults = faults;
    }

    /// <summary>Reads a file's only document; null when it could not be read or holds nothing, with a fault saying so.</summary>
    public static YamlNode? Read(string text, FaultList faults)
    {
        var tree = new YamlTree(text, faults);
        try
        {
            return tree.Document();
        }
        catch (YamlException e)
        {
            // A mark with the default 0:0 or one past a bad token still names the line that a person has to look at.
            tree.SyntaxFault(text, new Place((int)Math.Max(1, e.Start.Line), (int)Math.Max(1, e.Start.Column)), e.Message);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException or FormatException)
        {
            // The parser answers some broken files (an unclosed brace) with exceptions of its own making.
            tree.SyntaxFault(text, tree.Here(), "a brace, bracket or quote is not closed, or closed in the wrong place");
        }
        return null;
    }

    private YamlNode? Document()
    {
        Next();
        Next();
        if (_parser.Current is StreamEnd)
        {
            _faults.Add(new Place(0, 0), "$", "The file holds no job. Write at least 'job', 'source' and 'land'.");
            return null;
        }
        Next();
        var root = Node("$", 0);
        Next();
        if (_parser.Current is DocumentStart second)
        {
            _faults.Add(At(second), "$", "A second document begins here. Write one job per file.");
            return null;
        }
        return root;
    }

    /// <summary>Reads the node at the current event and stands on the event after it.</summary>
    private YamlNode Node(string path, int depth)
    {
        var start = _parser.Current ?? throw new InvalidOperationException("The event stream ended early.");
        var place = At(start);
        if (depth > MaxDepth) throw new SemanticErrorException(start.Start, start.End, $"values are nested more than {MaxDepth} levels deep");
        if (start is AnchorAlias alias)
        {
            Next();
            _faults.Add(place, path, $"'*{alias.Value}' is a YAML alias; write the value out. Put quotes around a text that starts with '*'.");
            return new YamlBroken(place, path);
        }
        if (start is NodeEvent node) Refuse(node, place, path);
        return start switch
        {
            Scalar scalar => Text(scalar, place, path),
            SequenceStart => List(place, path, depth),
            MappingStart => Map(place, path, depth),
            _ => throw new InvalidOperationException($"'{start.GetType().Name}' is no value."),
        };
    }

    private void Refuse(NodeEvent node, Place place, string path)
    {
        if (!node.Anchor.IsEmpty)
            _faults.Add(place, path, $"'&{node.Anchor.Value}' is a YAML anchor. Write the value out where it is needed; put quotes around a text that starts with '&'.");
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific)
            _faults.Add(place, path, "A YAML tag stands here. Leave it out; put quotes around a text that starts with '!'.");
    }

    private YamlText Text(Scalar scalar, Place place, string path)
    {
        Next();
        return new YamlText(place, path, scalar.Value, scalar.Style is ScalarStyle.Plain, scalar.Style is ScalarStyle.Literal or ScalarStyle.Folded);
    }

    private YamlList List(Place place, string path, int depth)
    {
        Next();
        var items = new List<YamlNode>();
        while (_parser.Current is not SequenceEnd)
            items.Add(Node(string.Create(CultureInfo.InvariantCulture, $"{path}[{items.Count}]"), depth + 1));
        Next();
        return new YamlList(place, path, items);
    }

    private YamlMap Map(Place place, string path, int depth)
    {
        Next();
        var entries = new List<YamlEntry>();
        var seen = new Dictionary<string, Place>(StringComparer.Ordinal);
        for (var keys = 1; _parser.Current is { } at and not MappingEnd; keys++)
        {
            if (keys > MaxKeys) throw new SemanticErrorException(at.Start, at.End, $"a map holds more than {MaxKeys} keys");
            var key = Node(path, depth + 1);
            var name = (key as YamlText)?.Value;
            var value = Node(name is null ? path : $"{path}{Step(name)}", depth + 1);
            if (key is YamlBroken) continue;
            if (name is null)
                _faults.At(key, "A key must be a text.");
            else if (seen.TryAdd(name, key.Place))
                entries.Add(new YamlEntry(key.Place, name, value));
            else
                _faults.Add(key.Place, value.Path, $"'{name}' occurs twice; the first is on line {seen[name].Line}.");
        }
        Next();
        // The parser puts the map of a pair in brackets, [a: b], at the start of the file.
        if (depth > 0 && place == new Place(1, 1) && entries.Count > 0) place = entries[0].Place;
        return new YamlMap(place, path, entries);
    }

    private static string Step(string key) =>
        key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-') ? $".{key}" : $"['{key}']";

    private void Next()
    {
        if (!_parser.MoveNext()) throw new InvalidOperationException("The event stream ended early.");
    }

    private Place Here() => _parser.Current is { } e ? new Place((int)e.End.Line, (int)e.End.Column) : new Place(1, 1);

    private static Place At(ParsingEvent e) => new((int)e.Start.Line, (int)e.Start.Column);

    private void SyntaxFault(string text, Place place, string reason)
    {
        var lines = text.Split('\n');
        // The parser's mark can be a line or two off a tab; the first indenting tab at or after it is the one meant.
        var tab = reason.Contains("tab", StringComparison.Ordinal)
            ? Array.FindIndex(lines, Math.Min(place.Line - 1, lines.Length), l => l.TrimStart(' ').StartsWith('\t'))
            : -1;
        if (tab >= 0)
        {
            _faults.Add(new Place(tab + 1, lines[tab].IndexOf('\t', StringComparison.Ordinal) + 1), "$", "A tab stands in the indentation. YAML is indented with spaces.");
            return;
        }
        _faults.Drop(place.Line);
        var hint = reason switch
        {
            _ when reason.Contains("anchor or alias", StringComparison.Ordinal) => " Put quotes around a text that starts with '*' or '&'.",
            _ when reason.Contains("invalid mapping", StringComparison.Ordinal) => " Look for a text with ': ' in it, which needs quotes, or for wrong indentation.",
            _ when reason.Contains("cannot start any token", StringComparison.Ordinal) => " Put quotes around a text that starts with '%', '@' or '`'.",
            _ => "",
        };
        _faults.Add(place, "$", $"This is not YAML: {Sentence(reason)}{hint}");
    }

    private static string Sentence(string reason)
    {
        var text = reason.Trim().TrimEnd('.');
        return text.Length == 0 ? "it cannot be read." : char.ToLowerInvariant(text[0]) + text[1..] + ".";
    }
}
