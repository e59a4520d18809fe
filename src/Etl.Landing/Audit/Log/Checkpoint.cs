using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// What a log stands for at one moment: three lines, as in C2SP's tlog-checkpoint: the log's origin, the number of its entries, and the root of their tree in base64. Its signature is a file of its own.
/// </summary>
/// <param name="Origin">The log's name, unlike every other log's; see <see cref="AuditNames.NewOrigin"/>.</param>
/// <param name="Size">Entries.</param>
/// <param name="Root">RFC 6962 root.</param>
internal sealed record Checkpoint(string Origin, long Size, byte[] Root)
{
    /// <summary>A checkpoint is far shorter.</summary>
    public const int MaxBytes = 1024;

    /// <summary>The bytes that are signed.</summary>
    public byte[] ToBytes() => Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Convert.ToBase64String(Root)}\n"));

    /// <summary>Reads a checkpoint; false when the bytes are not exactly what <see cref="ToBytes"/> writes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out Checkpoint? checkpoint)
    {
        checkpoint = null;
        if (bytes.Length > MaxBytes) return false;
        var lines = Encoding.UTF8.GetString(bytes).Split('\n');
        var root = new byte[MerkleTree.HashBytes];
        if (lines.Length != 4 || !AuditNames.IsOrigin(lines[0])
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size is < 1 or > CanonicalJson.MaxInteger
            || !Convert.TryFromBase64String(lines[2], root, out var written) || written != root.Length) return false;
        var read = new Checkpoint(lines[0], size, root);
        if (!bytes.SequenceEqual(read.ToBytes())) return false;
        checkpoint = read;
        return true;
    }
}
