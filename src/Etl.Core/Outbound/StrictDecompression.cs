using System.IO.Compression;
using Etl.Core.Errors;

namespace Etl.Core.Outbound;

/// <summary>
/// Whether a compressed answer that was cut raises. The framework takes it for whole unless a switch of the host says otherwise, so that a program which
/// uses these libraries without the switch would lose rows in silence: it is refused a client instead. Known by trying, once in a process.
/// </summary>
public static class StrictDecompression
{
    /// <summary>The switch, for <c>runtimeconfig.json</c> or a <c>RuntimeHostConfigurationOption</c>.</summary>
    public const string Switch = "System.IO.Compression.UseStrictValidation";

    private static readonly Lazy<bool> s_isOn = new(Try);

    /// <summary>True when a cut answer raises here.</summary>
    public static bool IsOn => s_isOn.Value;

    /// <exception cref="EtlException">It does not.</exception>
    public static void Require()
    {
        if (IsOn) return;
        throw new EtlException(FaultKind.Usage, $"This process takes compressed answers that were cut off for whole ones, and rows would be lost unseen. Set '{Switch}' to true in its runtimeconfig.json.")
        { Code = "lenient-decompression" };
    }

    private static bool Try()
    {
        using var whole = new MemoryStream();
        using (var gzip = new GZipStream(whole, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write("all of it"u8);
        using var cut = new GZipStream(new MemoryStream(whole.ToArray(), 0, (int)whole.Length - 9), CompressionMode.Decompress);
        try
        {
            cut.CopyTo(Stream.Null);
            return false;
        }
        catch (InvalidDataException)
        {
            return true;
        }
    }
}
