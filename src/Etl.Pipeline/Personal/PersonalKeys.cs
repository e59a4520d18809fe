using Etl.Core.Errors;

namespace Etl.Pipeline.Personal;

/// <summary>The keys of hashed columns, from settings <c>ETL_PII_KEY_&lt;ID&gt;</c>: at least 32 random bytes, in Base64.</summary>
public static class PersonalKeys
{
    private const int Least = 32;

    /// <summary>Reads a key.</summary>
    /// <exception cref="EtlException">It is not set, no Base64, or too short; the message does not repeat it.</exception>
    public static byte[] Read(Func<string, string?> settings, string id)
    {
        var name = $"ETL_PII_KEY_{id.ToUpperInvariant().Replace('-', '_')}";
        if (settings(name) is not { Length: > 0 } text) throw Fault($"The key '{id}' of 'pii' is not set. Set {name} to 32 random bytes in Base64, such as 'openssl rand -base64 32' prints, and keep a copy: with another key the same person gets another name.");
        byte[] key;
        try
        {
            key = Convert.FromBase64String(text.Trim());
        }
        catch (FormatException)
        {
            throw Fault($"{name} is no Base64. 'openssl rand -base64 32' prints a good key.");
        }
        return key.Length >= Least ? key : throw Fault($"{name} has {key.Length} bytes, and a key needs at least {Least}. 'openssl rand -base64 32' prints a good one.");
    }

    private static EtlException Fault(string message) => new(FaultKind.Usage, message) { Code = "pii-key" };
}
