using System.Globalization;
using System.Text.RegularExpressions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Dispatch;

/// <summary>
/// Several calls in one: numbered from 1, a gap ends the list, <c>{1:result:ks}</c> refers to an earlier result, an error stands at its
/// own position (wire facts 1.6).
/// </summary>
internal sealed partial class Multirequest(Func<ParamNode, object?> run)
{
    private static readonly string[] Shared = ["ks", "partnerId", "clientTag"];

    public List<object?> Run(ParamNode call)
    {
        var results = new List<object?>();
        while (call[(results.Count + 1).ToString(CultureInfo.InvariantCulture)] is { IsMap: true } part)
        {
            object? result;
            try
            {
                var resolved = part.Map(text => Reference().Replace(text, match => Resolve(match.Groups[1].Value, results)));
                foreach (var name in Shared)
                {
                    if (resolved[name] is null && call[name] is { } value)
                        resolved.Set(name, value);
                }
                result = run(resolved);
            }
            catch (ApiException error)
            {
                result = error.ToReply();
            }
            results.Add(result);
        }
        return results;
    }

    /// <summary>The text behind <c>2:result:objects:0:id</c>; <c>_all</c> joins a list with commas.</summary>
    private static string Resolve(string token, List<object?> results)
    {
        var path = token.Split(':');
        var number = int.Parse(path[0], CultureInfo.InvariantCulture);
        if (number < 1 || number > results.Count)
            throw ApiException.BadReference(token);
        return TextOf(Walk(results[number - 1], path.AsSpan(2), token), token);
    }

    private static object? Walk(object? value, ReadOnlySpan<string> path, string token)
    {
        for (var i = 0; i < path.Length; i++)
        {
            if (value is ApiObject item)
            {
                value = item[path[i]];
            }
            else if (value is IReadOnlyList<object?> list && path[i] == "_all")
            {
                var rest = path[(i + 1)..].ToArray();
                return string.Join(',', list.Select(element => TextOf(Walk(element, rest, token), token)));
            }
            else if (value is IReadOnlyList<object?> items && int.TryParse(path[i], NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < items.Count)
            {
                value = items[index];
            }
            else
            {
                throw ApiException.BadReference(token);
            }
        }
        return value;
    }

    private static string TextOf(object? value, string token) => value switch
    {
        string text => text,
        int or long => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        bool flag => flag ? "1" : "",
        _ => throw ApiException.BadReference(token),
    };

    [GeneratedRegex(@"\{([0-9]{1,5}:result(?::[^{}:]+)*)\}")]
    private static partial Regex Reference();
}
