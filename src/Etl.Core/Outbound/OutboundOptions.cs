using System.Net;

namespace Etl.Core.Outbound;

/// <summary>What differs between the clients of <see cref="OutboundHttp"/>.</summary>
public sealed record OutboundOptions
{
    /// <summary>Longest time to connect, by <see cref="Clock"/>; above zero.</summary>
    public TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>True to go through the proxy of the environment (<c>HTTPS_PROXY</c>). Not with <see cref="Admit"/>, which would then check the proxy's address.</summary>
    public bool UseProxy { get; init; }

    /// <summary>Longest time of a whole exchange; infinite where the caller bounds it.</summary>
    public TimeSpan Exchange { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>Most bytes of an answer that is read whole, decoded; bounds nothing for answers that are streamed.</summary>
    public int MaxBufferedBytes { get; init; } = 1 << 20;

    /// <summary>Most bytes of any answer, streamed ones too, not decoded; null where the caller bounds it.</summary>
    public long? MaxBodyBytes { get; init; }

    /// <summary>True to offer gzip and to decode it behind the caller's back.</summary>
    public bool Gunzip { get; init; }

    /// <summary>The addresses of a host; those that this machine's resolver gives by default.</summary>
    public Func<string, CancellationToken, Task<IPAddress[]>> Resolve { get; init; } = Dns.GetHostAddressesAsync;

    /// <summary>
    /// Gives back the addresses of a host when all of them may be connected to, and throws otherwise. The connection is made to the very addresses that
    /// were looked at. Null for hosts that an operator chose.
    /// </summary>
    public Func<string, IPAddress[], IPAddress[]>? Admit { get; init; }

    /// <summary>Clock of <see cref="Connect"/>.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
