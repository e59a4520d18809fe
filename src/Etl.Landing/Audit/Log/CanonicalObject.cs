namespace Etl.Landing.Audit.Log;

/// <summary>
/// A JSON object in the one form that audit logs use, a subset of RFC 8785: sorted keys, no spaces, only objects, arrays, strings, booleans and integers below 2^53; decimals and times are strings.
/// Values are <see cref="CanonicalObject"/>, <see cref="IReadOnlyList{T}"/> of values, <see cref="string"/>, <see cref="bool"/> and <see cref="long"/>.
/// </summary>
internal sealed class CanonicalObject : SortedDictionary<string, object>
{
    public CanonicalObject()
        : base(StringComparer.Ordinal)
    {
    }
}
