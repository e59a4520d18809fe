using System.Security.Cryptography;
using System.Text;
using Etl.Core.Hooks;
using Etl.Core.Secrets;

namespace Etl.Kaltura.Hooks;

/// <summary>
/// Proves hooks of the service by its signature (wire facts 7) or, for any sender, by a secret of the job. The signature is the lower-case hex
/// of a plain hash of secret and body, so it covers the raw bytes and not their meaning; the secret is the account's admin secret or, where
/// a deployment signs with one of the template's own, the job's. The service signs all notifications of an account alike, whomever they are for, and
/// with no time; so what is signed must come from a template of the job, and be younger than the memory of ids where it says how old it is.
/// </summary>
public sealed class KalturaHookVerifier : IHookVerifier
{
    private const string SignatureHeader = "X-KALTURA-SIGNATURE", AlgorithmHeader = "X-KALTURA-HASH-ALGO", Bearer = "Bearer ";

    private readonly Secret? _adminSecret;
    private readonly Func<string, string?> _lookup;
    private readonly TimeProvider _time;

    /// <summary>Makes the verifier.</summary>
    /// <param name="lookup">Gives a setting by its environment name, or null.</param>
    /// <param name="time">The clock.</param>
    public KalturaHookVerifier(Func<string, string?> lookup, TimeProvider time)
    {
        (_lookup, _time) = (lookup, time);
        _adminSecret = Setting("KALTURA_ADMIN_SECRET");
    }

    /// <summary>The variable that holds a job's own secret: <c>ETL_HOOK_SECRET_</c> and the name in upper case, <c>-</c> as <c>_</c>.</summary>
    public static string VariableOf(string job) => "ETL_HOOK_SECRET_" + job.ToUpperInvariant().Replace('-', '_');

    /// <inheritdoc/>
    public string? FindFault(string job) => Secrets(job).Any()
        ? null
        : $"Job '{job}' takes hooks, and there is nothing to prove them by, so all of them are refused. Set KALTURA_ADMIN_SECRET, with which the service signs them, or a secret of the job in {VariableOf(job)}.";

    /// <inheritdoc/>
    public HookReading Read(HookPost post)
    {
        if (post.Header(SignatureHeader) is { } signature)
            return IsSigned(post, signature) ? Signed(post) : new HookReading(HookVerdict.Unproven);
        if (!IsBearer(post)) return new HookReading(HookVerdict.Unproven);
        // Who knows the secret needs no notification: an empty post says enough.
        return post.Body.IsEmpty ? new HookReading(HookVerdict.Accepted) : NotificationReader.Read(post.Body).Reading;
    }

    private HookReading Signed(HookPost post)
    {
        var notification = NotificationReader.Read(post.Body);
        if (notification.Reading.Verdict != HookVerdict.Accepted) return notification.Reading;
        if (!HookTemplates.Tells(notification.Template, post.Job, post.Jobs)) return new HookReading(HookVerdict.Replayed);
        // Other events than changes leave the entry's time as it was, maybe years ago.
        return HookTemplates.TellsChange(notification.Template, post.Job) && notification.ChangedAt < _time.GetUtcNow() - IHookInbox.Memory
            ? new HookReading(HookVerdict.Replayed)
            : notification.Reading;
    }

    private bool IsSigned(HookPost post, string signature)
    {
        HashAlgorithmName? algorithm = (post.Header(AlgorithmHeader) ?? "sha1") switch
        {
            "sha1" => HashAlgorithmName.SHA1,
            "sha256" => HashAlgorithmName.SHA256,
            "sha512" => HashAlgorithmName.SHA512,
            _ => null,
        };
        if (algorithm is null) return false;
        var given = Encoding.UTF8.GetBytes(signature);
        var matches = false;
        foreach (var secret in Secrets(post.Job))
        {
            using var hash = IncrementalHash.CreateHash(algorithm.Value);
            hash.AppendData(Encoding.UTF8.GetBytes(secret.Reveal()));
            hash.AppendData(post.Body.Span);
            matches |= CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Convert.ToHexStringLower(hash.GetHashAndReset())), given);
        }
        return matches;
    }

    private bool IsBearer(HookPost post)
    {
        if (Setting(VariableOf(post.Job)) is not { } secret || post.Header("Authorization") is not { } value) return false;
        if (!value.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)) return false;
        // Hashed, so that the time tells nothing of the length either.
        return CryptographicOperations.FixedTimeEquals(Hashed(secret.Reveal()), Hashed(value[Bearer.Length..].Trim()));
    }

    private static byte[] Hashed(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private IEnumerable<Secret> Secrets(string job)
    {
        if (_adminSecret is not null) yield return _adminSecret;
        if (Setting(VariableOf(job)) is { } own) yield return own;
    }

    private Secret? Setting(string name) => _lookup(name) is { } value && value.Trim() is { Length: > 0 } text ? new Secret(text) : null;
}
