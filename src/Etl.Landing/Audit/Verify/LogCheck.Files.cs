using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Etl.Landing.Audit.Keys;
using Etl.Landing.Audit.Log;

namespace Etl.Landing.Audit.Verify;

/// <content>The files of snapshots, and names that nobody accounts for.</content>
internal sealed partial class LogCheck
{
    // 5: size and hash of each file; a file that an entry erased may be gone.
    private void CheckFiles()
    {
        var (done, total) = (0L, _snapshots.Values.Sum(s => (long)s.Files.Count));
        foreach (var snapshot in _snapshots.Values)
        {
            foreach (var file in snapshot.Files)
            {
                cancellation.ThrowIfCancellationRequested();
                CheckFile(snapshot, file);
                progress?.Invoke(new AuditProgress("files", ++done, total));
            }
        }
    }

    private void CheckFile(AuditManifest snapshot, ManifestFile file)
    {
        var name = snapshot.Folder + AuditNames.Files + file.Path;
        ExpectWithFolders(name, snapshot.Folder);
        var isErased = _erased.TryGetValue((snapshot.Sequence, file.Path), out var by);
        if (!folder.Items.TryGetValue(name, out var item))
        {
            if (isErased) _gone.Add(new ErasedFile(snapshot.Sequence, file.Path, by));
            else Find(name, $"The file '{file.Path}' of snapshot {snapshot.Sequence} is missing, and no entry says that it was erased.");
            return;
        }
        if (item.Kind != LogFolder.ItemKind.File)
        {
            Find(name, $"The file '{file.Path}' of snapshot {snapshot.Sequence} is no plain file but a link or a folder.");
            return;
        }
        if (isErased) _notes.Add($"The file '{file.Path}' of snapshot {snapshot.Sequence} was erased by entry {by}, but is still there. Erase it again.");
        if (item.Bytes != file.Bytes)
        {
            Find(name, $"The file '{file.Path}' of snapshot {snapshot.Sequence} has {item.Bytes} bytes; its manifest says {file.Bytes}.");
            return;
        }
        if (isQuick) return;
        using var stream = folder.Open(name);
        if (Convert.ToHexStringLower(SHA256.HashData(stream)) != file.Sha256) Find(name, $"The file '{file.Path}' of snapshot {snapshot.Sequence} was changed: its SHA-256 is not the one in its manifest.");
        _filesRead++;
        _bytesRead += item.Bytes;
    }

    private void ExpectWithFolders(string name, string top)
    {
        _expected.Add(name);
        for (var slash = name.LastIndexOf('/'); slash > top.Length && _expected.Add(name[..slash]); slash = name.LastIndexOf('/', slash - 1))
        {
        }
    }

    // 4: nothing else. What an unfinished append leaves is told apart by its number, the one behind the last entry.
    private void CheckNames()
    {
        var size = _checkpoint!.Size;
        // Of an entry that cannot be read the folder is not known; it is the entry's fault, which has been told.
        if (_isBroken) return;
        var isUnfinished = false;
        foreach (var (name, item) in folder.Items.OrderBy(i => i.Key, StringComparer.Ordinal))
        {
            if (item.Kind == LogFolder.ItemKind.Other)
            {
                if (!_expected.Contains(name) || !name.StartsWith(AuditNames.Snapshots, StringComparison.Ordinal) || !name.Contains(AuditNames.Files, StringComparison.Ordinal))
                    Find(name, $"'{name}' is a link, which no log has.");
                continue;
            }
            if (_expected.Contains(name) || Furniture().IsMatch(name) || Temporary().IsMatch(name)) continue;
            if (name == AuditNames.CheckpointSignature(size - 1) || name == AuditNames.CheckpointSignature(size + 1)
                || name == AuditNames.Entry(size) || name.StartsWith(AuditNames.FolderPrefix(size), StringComparison.Ordinal) || IsUnusedKey(name))
            {
                isUnfinished = true;
                continue;
            }
            if (_findings.Count >= AuditVerifier.MostFindings) return;
            if (StampName().Match(name) is { Success: true } stamp && long.Parse(stamp.Groups[1].ValueSpan, CultureInfo.InvariantCulture) > size)
            {
                Find(name, $"The log was cut: '{name}' is the time stamp of more entries than the {size} of the checkpoint.");
                continue;
            }
            var twin = _expected.FirstOrDefault(e => AuditPaths.Fold(e) == AuditPaths.Fold(name));
            Find(name, twin is null ? $"'{name}' does not belong to the log: no manifest lists it." : $"'{name}' does not belong to the log: it differs from '{twin}' only by capitals.");
        }
        if (isUnfinished) _notes.Add($"An append behind entry {size - 1} was not finished; what it left is not part of the log, was not checked, and goes or is finished with the next append.");
    }

    private bool IsUnusedKey(string name) =>
        KeyName().Match(name) is { Success: true } match && folder.Bytes(name, KeyBytes) is { } pem && AuditPublicKey.TryFromPem(pem, exact: true, out var key) && key.Id == match.Groups[1].Value;

    [GeneratedRegex(@"^log/keys/([0-9a-f]{64})\.pem\z")]
    private static partial Regex KeyName();

    // What fits a number for sure.
    [GeneratedRegex(@"^log/tsa/(0[0-8][0-9]{18})\.tsr\z")]
    private static partial Regex StampName();

    /// <summary>Lock files, and the flag of a legal hold.</summary>
    [GeneratedRegex(@"^(\.lock|log/\.lock|snapshot/\.lock|legal-hold)\z")]
    private static partial Regex Furniture();
}
