using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Etl.Core.Windows;

namespace Etl.Landing.Audit.Log;

/// <summary>
/// Names of a log's files, relative to the log's folder. Everything but the checkpoint is written once and never replaced.
/// <code>
/// snapshot/&lt;seq&gt;-&lt;window8&gt;-&lt;attempt8&gt;/manifest.json   manifest.sig   files/…
/// log/entries/&lt;seq&gt;.json   log/checkpoint   log/checkpoint.&lt;size&gt;.sig   log/keys/&lt;keyid&gt;.pem   log/tsa/&lt;size&gt;.tsr
/// </code>
/// </summary>
internal static partial class AuditNames
{
    public const string Checkpoint = "log/checkpoint", Entries = "log/entries/", CheckpointSignatures = "log/checkpoint.", Keys = "log/keys/", TimeStamps = "log/tsa/", Snapshots = "snapshot/";

    /// <summary>In a folder of <see cref="Snapshots"/>.</summary>
    public const string Manifest = "/manifest.json", Signature = "/manifest.sig", NewKeySignature = "/manifest.new.sig", Files = "/files/";

    /// <summary>A file in the log's folder that stops retention; the log itself does not look at it.</summary>
    public const string LegalHold = "legal-hold";

    /// <summary>The window part of the folder of an entry that is no snapshot.</summary>
    private const string NoWindow = "00000000";

    public static string Entry(long sequence) => $"{Entries}{Number(sequence)}.json";

    /// <summary>
    /// The signature of the checkpoint with that many entries. It has the size in its name, so that checkpoint and signature need not be replaced together, which no file system can. An old one goes when its
    /// checkpoint is replaced: with it anybody could put the old checkpoint back.
    /// </summary>
    public static string CheckpointSignature(long size) => $"{CheckpointSignatures}{Number(size)}.sig";

    public static string TimeStamp(long size) => $"{TimeStamps}{Number(size)}.tsr";

    public static string Key(string keyId) => $"{Keys}{keyId}.pem";

    /// <summary>What the folders of an entry begin with, whichever attempt made them.</summary>
    public static string FolderPrefix(long sequence) => $"{Snapshots}{Number(sequence)}-";

    /// <summary>A folder that no other attempt writes to: what is left in one by a process that died is in nobody's way.</summary>
    public static string NewFolder(long sequence, WindowKey? window) =>
        $"{FolderPrefix(sequence)}{(window is { } key ? WindowHash(key) : NoWindow)}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";

    /// <summary>True for the folder of an entry.</summary>
    public static bool IsFolder(string folder, long sequence, WindowKey? window) =>
        FolderForm().IsMatch(folder) && folder.StartsWith($"{FolderPrefix(sequence)}{(window is { } key ? WindowHash(key) : NoWindow)}-", StringComparison.Ordinal);

    /// <summary>The first 8 hex digits of the SHA-256 of the window's canonical <c>{account,job,label,source}</c>.</summary>
    public static string WindowHash(WindowKey key) => Convert.ToHexStringLower(SHA256.HashData(CanonicalJson.Write(new CanonicalObject
    {
        ["account"] = key.Account, ["job"] = key.Job, ["label"] = key.Label, ["source"] = key.Source,
    })))[..8];

    /// <summary>A name for a new log: no two logs share one, be they called alike.</summary>
    public static string NewOrigin(string log) => $"etl-audit/{log}/{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    public static bool IsOrigin(string text) => OriginForm().IsMatch(text);

    /// <summary>Twenty digits, so that names sort by number.</summary>
    public static string Number(long value) => value.ToString("D20", CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^snapshot/[0-9]{20}-[0-9a-f]{8}-[0-9a-f]{8}\z")]
    private static partial Regex FolderForm();

    [GeneratedRegex(@"^etl-audit/[A-Za-z0-9_+-][A-Za-z0-9._+-]{0,149}/[0-9a-f]{16}\z")]
    private static partial Regex OriginForm();
}
