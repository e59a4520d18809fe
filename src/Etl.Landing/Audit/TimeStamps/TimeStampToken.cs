using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.Pkcs;

namespace Etl.Landing.Audit.TimeStamps;

/// <summary>A time stamp as it is kept: the authority's reply.</summary>
/// <param name="Time">When, by the authority.</param>
/// <param name="Authority">Subject of the certificate that signed, as it says itself; whether it can be trusted is the reader's to decide.</param>
internal sealed record TimeStampToken(DateTimeOffset Time, string Authority)
{
    /// <summary>A reply with its certificates is far shorter.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Reads a reply and checks that it is granted, over the SHA-256 of the data, and signed by the certificate that it carries.</summary>
    public static bool TryRead(byte[] reply, ReadOnlySpan<byte> data, [NotNullWhen(true)] out TimeStampToken? token, [NotNullWhen(false)] out string? why)
    {
        (token, why) = (null, null);
        try
        {
            // TimeStampResp ::= SEQUENCE { status PKIStatusInfo, timeStampToken ContentInfo OPTIONAL }
            var outer = new AsnReader(reply, AsnEncodingRules.DER);
            var response = outer.ReadSequence();
            outer.ThrowIfNotEmpty();
            if (response.ReadSequence().ReadInteger() is var status && !(status.IsZero || status.IsOne))
            {
                why = $"was refused by the authority (status {status})";
                return false;
            }
            if (!Rfc3161TimestampToken.TryDecode(response.ReadEncodedValue(), out var found, out _) || response.HasData)
            {
                why = "is no time stamp";
                return false;
            }
            if (found.TokenInfo.HashAlgorithmId.Value != "2.16.840.1.101.3.4.2.1" || !found.TokenInfo.GetMessageHash().Span.SequenceEqual(SHA256.HashData(data)))
            {
                why = "is of something else";
                return false;
            }
            if (!found.VerifySignatureForData(data, out var certificate))
            {
                why = "has a wrong signature, or does not carry the certificate of its signer";
                return false;
            }
            token = new TimeStampToken(found.TokenInfo.Timestamp, certificate.Subject);
            return true;
        }
        catch (Exception fault) when (fault is AsnContentException or CryptographicException)
        {
            why = "is no time stamp";
            return false;
        }
    }
}
