using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Etl.Landing.Stores.Local;

/// <summary>
/// Tells one version of a file from the next: its length, its time and a hash of its last 64 KiB. The time alone would not do, since
/// it moves in steps of milliseconds; in the last bytes lies a Parquet file's footer with pull and fence.
/// </summary>
internal static class LocalVersion
{
    private const int TailBytes = 1 << 16;

    public static string Of(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        var tail = new byte[(int)Math.Min(length, TailBytes)];
        var read = 0;
        while (read < tail.Length && RandomAccess.Read(file, tail.AsSpan(read), length - tail.Length + read) is > 0 and var more) read += more;
        var hash = Convert.ToHexStringLower(SHA256.HashData(tail.AsSpan(0, read)));
        return string.Create(CultureInfo.InvariantCulture, $"{length}-{File.GetLastWriteTimeUtc(file).Ticks}-{hash}");
    }
}
