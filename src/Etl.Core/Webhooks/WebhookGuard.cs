using System.Net;
using Etl.Core.Errors;

namespace Etl.Core.Webhooks;

/// <summary>
/// Where a webhook may go, asked when the connection is made. Machines of the own network are allowed, since that is where receivers often are; this
/// machine only when the address says so; and never what answers on such a network without being asked for: link-local addresses, among them the
/// metadata services of clouds, which hand out credentials.
/// </summary>
public static class WebhookGuard
{
    private static readonly IPNetwork[] s_refused = [.. new[]
    {
        "0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4", // this network, link-local with metadata, protocol use, multicast, reserved
        "100.100.100.200/32", "168.63.129.16/32", // metadata of Alibaba, host of Azure
        "::/127", "fe80::/10", "ff00::/8", "fd00:ec2::/32", "2001::/32", "2002::/16", "64:ff9b::/96", // also tunnels that embed an IPv4 address
    }.Select(IPNetwork.Parse)];

    /// <summary>True for the names of this machine.</summary>
    public static bool IsLoopback(string host) =>
        IPAddress.TryParse(host.Trim('[', ']'), out var literal) ? IPAddress.IsLoopback(Plain(literal)) : host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>The addresses, when all of them may be connected to.</summary>
    /// <exception cref="EtlException">One of them may not.</exception>
    public static IPAddress[] Admit(string host, IPAddress[] addresses)
    {
        var isLocal = IsLoopback(host);
        if (addresses.Length == 0) throw WebhookReceiver.Fault($"The host '{host}' has no address.");
        if (Array.Find(addresses, a => IPAddress.IsLoopback(Plain(a)) ? !isLocal : isLocal || IsRefused(Plain(a))) is not { } wrong) return addresses;
        var why = IPAddress.IsLoopback(Plain(wrong)) ? "it is this machine under another name" : "it is no address of a receiver";
        throw WebhookReceiver.Fault($"The host '{host}' leads to {wrong}, which webhooks are not sent to: {why}.");
    }

    private static bool IsRefused(IPAddress address) => Array.Exists(s_refused, n => n.Contains(address));

    private static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
