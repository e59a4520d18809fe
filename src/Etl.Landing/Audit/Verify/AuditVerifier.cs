using Etl.Core.Errors;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Verify;

/// <summary>What to verify, and against what.</summary>
/// <param name="Folder">Folder of the log: it holds <c>log</c> and <c>snapshot</c>.</param>
public sealed record AuditVerification(string Folder)
{
    /// <summary>A file with the public key, or <c>sha256:</c> and its fingerprint; null for the key that the data folder pinned.</summary>
    public string? Key { get; init; }

    /// <summary>A checkpoint that was kept outside; null for none.</summary>
    public string? OldCheckpoint { get; init; }

    /// <summary>True to leave files' contents unread.</summary>
    public bool Quick { get; init; }
}

/// <summary>
/// Verifies an audit log in a folder, offline and without the signing key: the key is the one that the caller names, never one that comes with the log; every byte of manifests, signatures, entries and
/// checkpoint counts; files are exactly those that manifests list.
/// </summary>
public static class AuditVerifier
{
    /// <summary>More findings than that tell nothing new.</summary>
    public const int MostFindings = 100;

    /// <summary>Verifies a log. Writes nothing.</summary>
    /// <param name="what">What to verify.</param>
    /// <param name="progress">Told now and then how far the work is; may be null.</param>
    /// <param name="cancellation">Ends the work.</param>
    /// <exception cref="EtlException">The folder, the key or the old checkpoint cannot be used: kind <see cref="FaultKind.Usage"/>.</exception>
    public static AuditVerdict Verify(AuditVerification what, Action<AuditProgress>? progress = null, CancellationToken cancellation = default)
    {
        var root = Path.GetFullPath(what.Folder);
        if (!Directory.Exists(Path.Combine(root, "log")) && !Directory.Exists(Path.Combine(root, "snapshot")))
            throw Usage($"'{root}' is no audit log: it has neither a folder 'log' nor 'snapshot'. Name the folder that holds 'log' and 'snapshot', such as 'data/audit/compliance'.");
        var expected = what.Key is null ? new AuditPin(AuditPin.PathOf(root)).Read() : KeyId(what.Key);
        var old = what.OldCheckpoint is null ? null : ReadOld(what.OldCheckpoint);
        try
        {
            return new LogCheck(LogFolder.Read(root), expected, old, what.Quick, progress, cancellation).Run();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Usage($"Could not read the audit log at '{root}': {fault.Message}", fault);
        }
    }

    private static string KeyId(string key)
    {
        const string prefix = "sha256:";
        if (key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        {
            var hex = key[prefix.Length..].ToLowerInvariant();
            return hex.Length == 64 && hex.All(char.IsAsciiHexDigitLower) ? hex : throw Usage($"'{key}' is no fingerprint: 'sha256:' is followed by 64 hex digits.");
        }
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(key);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Usage($"Could not read the key file '{key}': {fault.Message}", fault);
        }
        if (!AuditPublicKey.TryFromPem(bytes, exact: false, out var found))
            throw Usage($"'{key}' holds no public key for audit logs: it must be an ECDSA key on the curve P-256 in PEM ('BEGIN PUBLIC KEY'). From a private key make it with 'openssl pkey -in FILE -pubout'.");
        using (found) return found.Id;
    }

    private static Checkpoint ReadOld(string path)
    {
        try
        {
            if (Checkpoint.TryRead(File.ReadAllBytes(path), out var old)) return old;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Usage($"Could not read the old checkpoint '{path}': {fault.Message}", fault);
        }
        throw Usage($"'{path}' is no checkpoint: three lines with origin, size and root. Name a copy of the log's file 'log/checkpoint' that was kept elsewhere.");
    }

    private static EtlException Usage(string message, Exception? inner = null) => new(FaultKind.Usage, message, inner) { Code = "audit-verify" };
}
