using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Etl.Landing.Stores.AzureBlob;

/// <summary>
/// Ids of blocks: base64 of <c>&lt;pull&gt;-&lt;number&gt;-&lt;start of the content's MD5&gt;</c>, of one length, as the service demands of all blocks
/// of a blob. The hash keeps a doubled worker's blocks of the same pull apart from ours should their bytes differ.
/// </summary>
internal static class BlockIds
{
    /// <summary>Most blocks of a blob, by the service's rule.</summary>
    public const int MaxBlocks = 50_000;

    // 40 + 1 + 5 + 1 + 12 = 59 bytes of the 64 that the service takes.
    private const int PullLength = 40, HashBytes = 6;

    /// <summary>The id of block <paramref name="number"/> (from zero).</summary>
    public static string Of(string pull, int number, ReadOnlySpan<byte> md5) => Convert.ToBase64String(Encoding.ASCII.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"{Fixed(pull)}-{number:00000}-{Convert.ToHexStringLower(md5[..HashBytes])}")));

    // A pull's id never ends with a dot, so that padding is no other pull's id; what is too long or not ASCII is written as its hash.
    private static string Fixed(string pull)
    {
        if (pull.Length <= PullLength && Ascii.IsValid(pull)) return pull.PadRight(PullLength, '.');
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(pull)));
        return hash[..PullLength];
    }
}
