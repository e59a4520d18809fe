using System.Security.Cryptography;
using System.Text;
using Etl.Core.Disks;
using Etl.Core.Errors;

namespace Etl.Landing.Audit.Keys;

/// <summary>Makes keys for audit logs.</summary>
public static class AuditKeys
{
    /// <summary>
    /// Makes a new key: the private half in <paramref name="path"/>, for its owner's eyes only, and the public half, which auditors get, in <c>&lt;path&gt;.pub</c>. Replaces nothing.
    /// </summary>
    /// <returns>The key's fingerprint, <c>sha256:</c> and 64 hex digits.</returns>
    /// <exception cref="EtlException">One of the files is there already, or cannot be written.</exception>
    public static string Create(string path)
    {
        var full = Path.GetFullPath(path);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var half = AuditPublicKey.Of(key);
        try
        {
            if (File.Exists(full + ".pub")) throw new IOException($"'{full}.pub' is there already.");
            if (Path.GetDirectoryName(full) is { } folder) Directory.CreateDirectory(folder);
            Write(full, key.ExportPkcs8PrivateKeyPem() + "\n", UnixFileMode.UserRead | UnixFileMode.UserWrite);
            Write(full + ".pub", half.ToPem(), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(FaultKind.Usage, $"Could not write the new key to '{full}': {fault.Message} A key is never replaced; choose another name.", fault) { Code = "audit-key" };
        }
        return Fingerprint(half);
    }

    /// <summary>How people and settings name a key.</summary>
    internal static string Fingerprint(AuditPublicKey key) => "sha256:" + key.Id;

    private static void Write(string path, string pem, UnixFileMode mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        // From its first byte on nobody else may read it.
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = mode;
        using var file = new FileStream(path, options);
        file.Write(Encoding.ASCII.GetBytes(pem));
        DiskSync.Flush(file);
    }
}
