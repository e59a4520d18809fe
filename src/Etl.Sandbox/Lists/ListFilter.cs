using System.Globalization;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Lists;

/// <summary>The filter of a list action; fields that the sandbox does not know are dropped without a sign, as on the service.</summary>
internal sealed class ListFilter(ParamNode? node, long now)
{
    /// <summary>A text field; null when absent or empty.</summary>
    public string? this[string name] => node?.TextOf(name) is { Length: > 0 } text ? text : null;

    /// <summary>The values of <c>nameEqual</c> or the comma list <c>nameIn</c>; null when neither is sent.</summary>
    public string[]? Values(string name) => this[name + "Equal"] is { } one ? [one] : this[name + "In"]?.Split(',', StringSplitOptions.TrimEntries);

    /// <summary>True when the value is among the wanted ones, or none are named.</summary>
    public bool Allows(string name, string value) => Values(name) is not { } wanted || wanted.Contains(value, StringComparer.Ordinal);

    public bool Allows(string name, long value) => Allows(name, value.ToString(CultureInfo.InvariantCulture));

    /// <summary><c>nameGreaterThanOrEqual</c> and <c>nameLessThanOrEqual</c>; small values are relative to now.</summary>
    public bool InRange(string name, long value)
    {
        var from = PhpCast.ToTime(this[name + "GreaterThanOrEqual"], now);
        var to = PhpCast.ToTime(this[name + "LessThanOrEqual"], now);
        return (from == 0 || value >= from) && (to == 0 || value <= to);
    }

    /// <summary>Orders by creation time: <c>+createdAt</c> (and <c>+updatedAt</c>, which is an hour later for all) ascending, anything else newest first; ties in the order of the index.</summary>
    public List<int> ByCreation(IEnumerable<int> indexes, Func<int, long> createdAt) =>
        this["orderBy"] is "+createdAt" or "+updatedAt"
            ? [.. indexes.OrderBy(createdAt).ThenBy(i => i)]
            : [.. indexes.OrderByDescending(createdAt).ThenBy(i => i)];
}
