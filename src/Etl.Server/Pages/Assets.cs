using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Pages;

/// <summary>Style sheet, script and icon, built into the program. Their address changes with their content, so browsers may keep them for good.</summary>
internal static class Assets
{
    private const string Forever = "public, max-age=31536000, immutable";

    private static readonly FrozenDictionary<string, Asset> s_all = new[]
    {
        Load("page.css", "text/css; charset=utf-8"), Load("page.js", "text/javascript; charset=utf-8"), Load("icon.svg", "image/svg+xml"),
    }.ToFrozenDictionary(a => a.Name, StringComparer.Ordinal);

    /// <summary>The address of one.</summary>
    public static string Href(string name) => $"/assets/{name}?v={s_all[name].Version}";

    /// <summary>Serves them to anybody: the login page needs them too, and they tell nothing.</summary>
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet("/assets/{name}", (string name, HttpContext context) =>
        {
            if (!s_all.TryGetValue(name, out var asset)) return Results.NotFound();
            context.Response.Headers.CacheControl = Forever;
            return Results.Bytes(asset.Content, asset.Type);
        }).AllowAnonymous().ExcludeFromDescription();

    private static Asset Load(string name, string type)
    {
        using var stream = typeof(Assets).Assembly.GetManifestResourceStream($"Etl.Server.Assets.{name}")!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new Asset(name, type, content, Convert.ToHexStringLower(SHA256.HashData(content))[..12]);
    }

    private sealed record Asset(string Name, string Type, byte[] Content, string Version);
}
