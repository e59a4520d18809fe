using System.Net;
using System.Net.Sockets;
using Etl.Core.Errors;
using Etl.Kaltura.Api;

namespace Etl.Kaltura.Exports;

/// <summary>
/// Where a report file may come from, asked when the connection is made: a name must lead to public addresses only, the name
/// of this machine to itself only.
/// </summary>
internal static class ConnectGuard
{
    // The part of the IPv6 space that embeds IPv4 addresses for networks without IPv4 (RFC 6052).
    private static readonly IPNetwork s_nat64 = IPNetwork.Parse("64:ff9b::/96");
    private static readonly IPNetwork s_global6 = IPNetwork.Parse("2000::/3");

    // Special-purpose blocks (IANA registries) that no file of the service is served from.
    private static readonly IPNetwork[] s_special4 = [.. new[]
    {
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    }.Select(IPNetwork.Parse)];

    private static readonly IPNetwork[] s_special6 = [.. new[] { "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20" }.Select(IPNetwork.Parse)];

    /// <summary>The addresses, when all of them may be connected to.</summary>
    public static IPAddress[] Admit(string host, IPAddress[] addresses)
    {
        var local = IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? IPAddress.IsLoopback(literal) : host.Equals("localhost", StringComparison.OrdinalIgnoreCase);
        if (Array.Find(addresses, a => local ? !IPAddress.IsLoopback(a) : !IsPublic(a)) is not { } wrong) return addresses;
        throw new ApiException(FaultKind.Window, $"The host '{host}' of a report file leads to {wrong}, {(local ? "which is another machine" : "a private address")}; it is not connected to.")
        { Code = "csv-url-refused" };
    }

    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork) return !Array.Exists(s_special4, n => n.Contains(address));
        if (s_nat64.Contains(address))
        {
            Span<byte> bytes = stackalloc byte[16];
            return address.TryWriteBytes(bytes, out _) && IsPublic(new IPAddress(bytes[12..]));
        }
        return s_global6.Contains(address) && !Array.Exists(s_special6, n => n.Contains(address));
    }
}
