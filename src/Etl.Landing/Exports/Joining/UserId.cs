using System.Text;
using System.Text.Unicode;
using Etl.Core.Text;

namespace Etl.Landing.Exports.Joining;

/// <summary>User ids in the form in which they are compared: without blanks around them and composed (<see cref="Nfc"/>). Capitals count: the service tells them apart.</summary>
internal static class UserId
{
    private static ReadOnlySpan<byte> Blanks => " \t\r\n\v\f"u8;

    /// <summary>True for a cell that names nobody: empty, or the service's words <c>Unknown</c> and <c>Error</c>.</summary>
    public static bool IsNobody(ReadOnlySpan<byte> cell)
    {
        cell = cell.Trim(Blanks);
        return cell.IsEmpty || cell.SequenceEqual("Unknown"u8) || cell.SequenceEqual("Error"u8);
    }

    /// <summary>The form of an id; made anew only where it is not plain.</summary>
    public static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> cell)
    {
        cell = cell.Trim(Blanks);
        if (cell.IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0 || !Utf8.IsValid(cell)) return cell;
        return Encoding.UTF8.GetBytes(Nfc.Compose(Encoding.UTF8.GetString(cell).Trim()));
    }
}
