using System.Net;
using System.Net.Sockets;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Collect;

/// <summary>
/// Where test addresses sit. Only networks that are reserved for documentation (RFC 5737, RFC 3849) have a place, in the order of
/// <see cref="Vocabulary.Places"/>: the sixteen blocks of 192.0.2.0/24 with 16 addresses each have the first sixteen (192.0.2.0 New York, 192.0.2.80
/// Munich, 192.0.2.160 Tokyo), 198.51.100.0/28 the next one (Tel Aviv); 2001:db8:N::/48 has place N from zero on. Every other address
/// is Unknown.
/// </summary>
internal static class TestNetworks
{
    private const int BlocksOfNet = 16;

    private static readonly byte Unknown = (byte)Array.FindIndex(Vocabulary.Places, p => p.Country == Vocabulary.Unknown);

    /// <summary>The index of the place.</summary>
    public static byte PlaceOf(string address)
    {
        if (!IPAddress.TryParse(address, out var parsed))
            return Unknown;
        var bytes = parsed.GetAddressBytes();
        var place = parsed.AddressFamily == AddressFamily.InterNetwork
            ? bytes switch
            {
                [192, 0, 2, var last] => last / BlocksOfNet,
                [198, 51, 100, var last] => BlocksOfNet + last / BlocksOfNet,
                _ => Unknown,
            }
            : bytes is [0x20, 0x01, 0x0d, 0xb8, var high, var low, ..] ? high << 8 | low : Unknown;
        return place < Unknown ? (byte)place : Unknown;
    }
}
