using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Etl.Sandbox.Wire;

/// <summary>
/// Gathers the parameters of a call: body first, then query string, then path pairs, each replacing the one before
/// (wire facts 1.1 and 1.2), then splits names on <c>:</c> at the top level.
/// </summary>
internal static partial class RequestReader
{
    private static readonly string[] ScriptParts = ["api_v3", "index.php"];

    public static async Task<ParamNode> ReadAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var merged = await ReadBodyAsync(context.Request).ConfigureAwait(false);
        if (mark >= 0)
            merged.ReplaceWith(PhpForm.Parse(target[(mark + 1)..]));
        merged.ReplaceWith(ReadPath(mark >= 0 ? target[..mark] : target));
        return SplitColons(merged);
    }

    /// <summary>
    /// Path segments as pairs: empty ones and parts of the script path are removed first, so an empty value shifts every following
    /// pair; <c>0</c> in key position ends the reading; the first occurrence of a key wins.
    /// </summary>
    public static ParamNode ReadPath(string path)
    {
        // The guides' tracking host has an address of its own for its one action.
        if (path.Trim('/').Equals("collect", StringComparison.OrdinalIgnoreCase))
            path = "service/analytics/action/trackEvent";
        var parts = path.Split('/').Select(Uri.UnescapeDataString)
            .Where(part => part.Length > 0 && Array.IndexOf(ScriptParts, part) < 0).ToList();
        var pairs = ParamNode.Map();
        for (var i = 0; i < parts.Count && parts[i] != "0"; i += 2)
        {
            if (pairs[parts[i]] is null)
                pairs.Set(parts[i], i + 1 < parts.Count ? ParamNode.Of(parts[i + 1]) : ParamNode.Null());
        }
        return pairs;
    }

    /// <summary><c>a:b:c=v</c> nests like <c>a[b][c]=v</c>; <c>a:-=</c> declares an empty array.</summary>
    public static ParamNode SplitColons(ParamNode flat)
    {
        var grouped = ParamNode.Map();
        foreach (var (name, value) in flat.Children)
        {
            var path = name.Split(':');
            if (path.Length > 1 && path[^1] == "-")
            {
                if (grouped[path[0]] is not { IsMap: true })
                    grouped.SetPath(path.AsSpan(0, path.Length - 1), ParamNode.Map());
            }
            else
            {
                grouped.SetPath(path, value);
            }
        }
        return grouped;
    }

    private static async Task<ParamNode> ReadBodyAsync(HttpRequest request)
    {
        var type = request.ContentType ?? "";
        // Only the exact header: with a charset suffix the body is ignored, as the real service does.
        if (type.Equals("application/json", StringComparison.OrdinalIgnoreCase))
        {
            var text = (await ReadTextAsync(request).ConfigureAwait(false)).Trim();
            return JsonObject().IsMatch(text) ? ParseJson(text) : ParamNode.Map();
        }
        if (type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase))
            return PhpForm.Parse(await ReadTextAsync(request).ConfigureAwait(false));
        if (!type.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase))
            return ParamNode.Map();
        var form = await request.ReadFormAsync(new FormOptions { ValueCountLimit = 10_000 }).ConfigureAwait(false);
        if (form.TryGetValue("json", out var json))
            return ParseJson(json.ToString());
        var node = ParamNode.Map();
        foreach (var (name, values) in form)
            PhpForm.Add(node, name, values[^1] ?? "");
        return node;
    }

    private static async Task<string> ReadTextAsync(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync().ConfigureAwait(false);
    }

    private static ParamNode ParseJson(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? ToNode(document.RootElement) : ParamNode.Map();
        }
        catch (JsonException)
        {
            return ParamNode.Map();
        }
    }

    private static ParamNode ToNode(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var map = ParamNode.Map();
                foreach (var property in element.EnumerateObject())
                    map.Set(property.Name, ToNode(property.Value));
                return map;
            case JsonValueKind.Array:
                var list = ParamNode.Map();
                foreach (var item in element.EnumerateArray())
                    list.Set(list.Count.ToString(System.Globalization.CultureInfo.InvariantCulture), ToNode(item));
                return list;
            case JsonValueKind.Null:
                return ParamNode.Null();
            // PHP: (string)true is "1", (string)false is "".
            case JsonValueKind.True:
                return ParamNode.Of("1");
            case JsonValueKind.False:
                return ParamNode.Of("");
            case JsonValueKind.Number:
                return ParamNode.Of(element.GetRawText());
            default:
                return ParamNode.Of(element.GetString()!);
        }
    }

    [GeneratedRegex(@"^\{.*\}$", RegexOptions.Singleline)]
    private static partial Regex JsonObject();
}
