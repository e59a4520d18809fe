using System.Net;
using System.Net.Sockets;

namespace Etl.Server.Doors;

/// <summary>Whom an address stands for where callers are counted by it.</summary>
internal static class AddressBlock
{
    // What one household or machine is given of IPv6: its addresses are as many as it likes.
    private const int BlockBytes = 8;

    /// <summary>An IPv4 address as it is, of an IPv6 address its /64; none counts as one.</summary>
    public static IPAddress Of(IPAddress? address)
    {
        if (address is null) return IPAddress.None;
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6) return address;
        var bytes = address.GetAddressBytes();
        bytes.AsSpan(BlockBytes).Clear();
        return new IPAddress(bytes);
    }
}
