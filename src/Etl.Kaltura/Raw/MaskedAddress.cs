using Etl.Kaltura.Api;

namespace Etl.Kaltura.Raw;

/// <summary>
/// An address as it may be kept: cut where its session begins (<c>…/ks/***</c>), without user name and query, and without
/// whatever else looks like a token. Masking a masked address changes nothing, so replay finds what capture wrote.
/// </summary>
internal static class MaskedAddress
{
    private static readonly SecretMask s_tokens = new();

    public static string Of(Uri uri)
    {
        var steps = uri.AbsolutePath.Split('/');
        var at = Array.FindIndex(steps, s => s.Equals("ks", StringComparison.OrdinalIgnoreCase));
        var path = at >= 0 ? string.Join('/', steps[..(at + 1)].Select(Clean)) + "/***" : string.Join('/', steps.Select(Clean));
        return $"{uri.Scheme}://{uri.Authority}{path}{(at < 0 && uri.Query.Length > 0 ? "?***" : "")}";
    }

    private static string Clean(string step) => s_tokens.Clean(step, int.MaxValue);
}
