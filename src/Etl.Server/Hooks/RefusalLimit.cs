using System.Net;
using Etl.Server.Doors;

namespace Etl.Server.Hooks;

/// <summary>
/// Counts unproven and recorded posts for each address (of IPv6 each /64) in the running minute. Only those: the service sends hundreds of hooks at once after a bulk upload,
/// and all of them are wanted. Safe for concurrent use.
/// </summary>
internal sealed class RefusalLimit(TimeProvider time)
{
    /// <summary>An address that was refused this often is told so for the rest of the minute, unless it has a proof.</summary>
    public const int Most = 30;

    // More than this at once is an attack from everywhere, against which counting by address does not help.
    private const int MostAddresses = 10_000;

    private readonly Dictionary<IPAddress, int> _refused = [];
    private readonly Lock _lock = new();
    private long _minute;

    public bool IsReached(IPAddress? address)
    {
        lock (_lock)
        {
            Turn();
            return _refused.GetValueOrDefault(AddressBlock.Of(address)) >= Most;
        }
    }

    public void Count(IPAddress? address)
    {
        lock (_lock)
        {
            Turn();
            var key = AddressBlock.Of(address);
            if (_refused.Count < MostAddresses || _refused.ContainsKey(key)) _refused[key] = _refused.GetValueOrDefault(key) + 1;
        }
    }

    private void Turn()
    {
        var minute = time.GetUtcNow().Ticks / TimeSpan.TicksPerMinute;
        if (minute == _minute) return;
        _minute = minute;
        _refused.Clear();
    }
}
