using System.Formats.Asn1;
using System.Numerics;

namespace Etl.Landing.Audit.Keys;

/// <summary>The DER form of ECDSA signatures: a sequence of the integers r and s.</summary>
internal static class DerSignature
{
    /// <summary>From r and s side by side, both of one length, high bytes first.</summary>
    public static byte[] OfRaw(ReadOnlySpan<byte> raw)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteInteger(new BigInteger(raw[..(raw.Length / 2)], isUnsigned: true, isBigEndian: true));
            writer.WriteInteger(new BigInteger(raw[(raw.Length / 2)..], isUnsigned: true, isBigEndian: true));
        }
        return writer.Encode();
    }
}
