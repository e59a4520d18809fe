using System.Globalization;
using System.Text.Json.Serialization;

namespace Etl.Core.Sources;

/// <summary>A stretch of time, [<paramref name="From"/>, <paramref name="To"/>).</summary>
/// <param name="From">First instant.</param>
/// <param name="To">First instant after it.</param>
public readonly record struct TimeSlice(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>Its length.</summary>
    [JsonIgnore]
    public TimeSpan Length => To - From;

    /// <summary>The parts of this slice that none of some others cover, in order.</summary>
    public IReadOnlyList<TimeSlice> Without(IEnumerable<TimeSlice> others)
    {
        var left = new List<TimeSlice>();
        var at = From;
        foreach (var other in others.OrderBy(o => o.From))
        {
            if (other.To <= at || other.From >= To) continue;
            if (other.From > at) left.Add(new TimeSlice(at, other.From));
            at = other.To;
        }
        if (at < To) left.Add(new TimeSlice(at, To));
        return left;
    }

    /// <summary><c>14:05:10 to 14:05:40</c> (UTC).</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{From.UtcDateTime:HH:mm:ss} to {To.UtcDateTime:HH:mm:ss}");
}
