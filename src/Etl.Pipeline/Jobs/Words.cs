using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Turns of phrase for messages about job files.</summary>
internal static class Words
{
    /// <summary><c>'a', 'b' or 'c'</c>.</summary>
    public static string Or(IReadOnlyList<string> names) => names.Count switch
    {
        0 => "nothing",
        1 => $"'{names[0]}'",
        _ => $"{string.Join(", ", names.Take(names.Count - 1).Select(n => $"'{n}'"))} or '{names[^1]}'",
    };

    /// <summary>What a node is, with its article.</summary>
    public static string Kind(YamlNode node) => node switch
    {
        YamlList => "a list",
        YamlMap => "a map",
        _ => "a single value",
    };
}
