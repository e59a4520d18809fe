using System.Text;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Text;

namespace Etl.Landing.Exports.Joining;

/// <summary>Why a person is left out.</summary>
[Flags]
internal enum LeaveReason : byte
{
    None = 0,

    /// <summary>An address at one of the sender's own domains, or under one.</summary>
    Internal = 1,

    /// <summary>On the suppression list: by address, by domain or one above it, or by user id.</summary>
    Suppressed = 2,
}

/// <summary>
/// Who is left out by name. A user id that is an address is judged as both, and one name is enough: leaving out one too many is the smaller fault.
/// </summary>
internal sealed class LeaveList
{
    private readonly TextPool _domains = new(), _suppressedDomains = new(), _suppressedAddresses = new(), _suppressedUsers = new();

    /// <summary>Reads the lists of an export.</summary>
    /// <param name="filter">What the job says.</param>
    /// <param name="suppression">Content of the suppression list.</param>
    /// <param name="path">Where it lies, for messages.</param>
    /// <exception cref="EtlException">The suppression list is not UTF-8, or a line of it has an <c>@</c> and is neither an address nor a domain.</exception>
    public LeaveList(LeadFilter filter, byte[] suppression, string path)
    {
        foreach (var domain in filter.Domains) _domains.Add(Domain(domain));
        var lines = new StringReader(Decode(suppression, path));
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#') continue;
            if (text[0] == '@') _suppressedDomains.Add(Domain(text) is { Length: > 0 } domain ? domain : throw Unclear(path, number));
            else if (EmailAddress.Of(text) is { } address) _suppressedAddresses.Add(Encoding.UTF8.GetBytes(address));
            // A mistyped address would keep nobody out.
            else if (text.Contains('@', StringComparison.Ordinal)) throw Unclear(path, number);
            if (text[0] != '@') _suppressedUsers.Add(UserId.Of(Encoding.UTF8.GetBytes(text)));
        }
    }

    /// <summary>The content of an export's suppression list; empty where it has none.</summary>
    /// <exception cref="EtlException">It cannot be read.</exception>
    public static (byte[] Content, string Path) Read(JobDefinition job, ExportSpec export)
    {
        if (export.Leave.Suppression is not { } name) return ([], "");
        var path = Path.GetFullPath(name, Path.GetFullPath(Path.GetDirectoryName(job.File) is { Length: > 0 } folder ? folder : "."));
        try
        {
            return (File.ReadAllBytes(path), path);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new EtlException(
                FaultKind.Usage,
                $"The suppression list '{path}' of export '{export.Name}' of job '{job.Name}' cannot be read: {fault.Message} Nothing was written, since people on it might have been in it.",
                fault) { Code = "suppression" };
        }
    }

    /// <summary>Judges a normalised address.</summary>
    public LeaveReason OfAddress(ReadOnlySpan<byte> address)
    {
        var reason = _suppressedAddresses.Find(address) != TextPool.None ? LeaveReason.Suppressed : LeaveReason.None;
        // The domain itself, then each one above it.
        for (var at = address.IndexOf((byte)'@'); at >= 0;)
        {
            address = address[(at + 1)..];
            if (_domains.Find(address) != TextPool.None) reason |= LeaveReason.Internal;
            if (_suppressedDomains.Find(address) != TextPool.None) reason |= LeaveReason.Suppressed;
            at = address.IndexOf((byte)'.');
        }
        return reason;
    }

    /// <summary>Judges a user id.</summary>
    public LeaveReason OfUser(ReadOnlySpan<byte> user)
    {
        var reason = _suppressedUsers.Find(user) != TextPool.None ? LeaveReason.Suppressed : LeaveReason.None;
        Span<byte> address = stackalloc byte[EmailAddress.MaxBytes];
        return user.Contains((byte)'@') && EmailAddress.TryWrite(user, address, out var bytes) ? reason | OfAddress(address[..bytes]) : reason;
    }

    private static byte[] Domain(string text) => Encoding.UTF8.GetBytes(Nfc.Compose(Nfc.Compose(text.Trim().TrimStart('@')).ToLowerInvariant()));

    private static string Decode(byte[] content, string path)
    {
        var mark = Encoding.UTF8.Preamble;
        var text = content.AsSpan().StartsWith(mark) ? content.AsSpan(mark.Length) : content;
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(text);
        }
        catch (DecoderFallbackException fault)
        {
            throw new EtlException(FaultKind.Usage, $"The suppression list '{path}' is not UTF-8, so names in it might not be recognised. Save it as UTF-8. Nothing was written.", fault) { Code = "suppression" };
        }
    }

    private static EtlException Unclear(string path, int line) => new(
        FaultKind.Usage, FormattableString.Invariant($"Line {line} of the suppression list '{path}' is neither an address nor a domain. Write 'jane@example.com', '@example.com' or a user id, one a line. Nothing was written.")) { Code = "suppression" };
}
