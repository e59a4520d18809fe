namespace Etl.Parsing;

/// <summary>Truth values: <c>1</c>, <c>0</c>, <c>true</c>, <c>false</c>.</summary>
internal static class FlagCell
{
    internal static bool TryFlag(ReadOnlySpan<byte> cell, out bool value)
    {
        value = cell.SequenceEqual("1"u8) || cell.SequenceEqual("true"u8);
        return value || cell.SequenceEqual("0"u8) || cell.SequenceEqual("false"u8);
    }
}
