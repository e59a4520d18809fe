using Etl.Core.Outbound;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Collect;

/// <summary>The page that an event names: address without scheme, query and fragment.</summary>
internal static class Referrer
{
    /// <summary>The page, or null when the text is no address. Addresses that were encoded twice (<c>http%3A//…</c>) are read as well.</summary>
    public static Page? PageOf(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
            text = Uri.UnescapeDataString(text);
        if (!WebAddress.TryReadAny(text, out var address) || address.Host.Length == 0)
            return null;
        return new Page(address.Host, address.Host + address.AbsolutePath.TrimEnd('/'));
    }
}
