using System.Globalization;
using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Core.Raw;
using Etl.Core.Windows;
using Etl.Landing.Audit.Log;
using Etl.Landing.Raw;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>The recorded replies of a pull on their way into a snapshot: the list of them, and each body once, as it was recorded.</summary>
internal sealed class RecordedReplies
{
    private readonly byte[] _list;
    private readonly IReadOnlyList<RawEntry> _bodies;
    private readonly IRawRecording _recording;

    private RecordedReplies(IRawRecording recording, IReadOnlyList<RawEntry> replies)
    {
        _recording = recording;
        _list = [.. RawIndex.Line(recording.Head), .. replies.SelectMany(RawIndex.Line)];
        _bodies = [.. replies.Where(r => r.Sha256 is not null).DistinctBy(r => r.Sha256).OrderBy(r => r.Sha256, StringComparer.Ordinal)];
        Requests =
        [
            .. replies.GroupBy(r => $"{r.Request.Service}.{r.Request.Action}", StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (g.Key, g.Count())),
        ];
        Count = replies.Count;
    }

    /// <summary>Replies, also those that broke off.</summary>
    public int Count { get; }

    /// <summary>What was asked, and how often.</summary>
    public IReadOnlyList<(string What, int Times)> Requests { get; }

    /// <summary>Path, length and SHA-256 of each file.</summary>
    public IReadOnlyList<(string Path, long Bytes, string Sha256)> Files =>
        [(SnapshotNames.Replies, _list.Length, Convert.ToHexStringLower(SHA256.HashData(_list))), .. _bodies.Select(b => (SnapshotNames.BodyOf(b.Sha256!), b.Bytes, b.Sha256!))];

    /// <summary>The replies of a pull.</summary>
    /// <exception cref="EtlException">They are not there any more (code <c>not-recorded</c>), or they are damaged.</exception>
    public static RecordedReplies Of(IRawStore raw, WindowKey key, string pull)
    {
        var recording = raw.Find(key, pull) ?? throw new EtlException(
            FaultKind.Window,
            $"Could not put window '{key}' into its audit log: the raw replies of pull '{pull}' are not there. They are recorded since the job has an 'audit' landing; an older pull has to be made again: "
            + $"'etl run {key.Job} --from {key.Label} --to {key.Label} --force'. Nothing was published.")
        { Code = "not-recorded" };
        return new RecordedReplies(recording, [.. recording.Read()]);
    }

    /// <summary>Looks for credentials in everything that goes into the snapshot.</summary>
    /// <returns>Bytes that were looked at.</returns>
    /// <exception cref="EtlException">There is one; the message says where and not what.</exception>
    public long Scan(SecretScan scan, WindowKey key, CancellationToken cancellation)
    {
        var number = 0;
        var done = new HashSet<string>(StringComparer.Ordinal);
        var bytes = (long)_list.Length;
        foreach (var reply in _recording.Read())
        {
            number++;
            var what = string.Create(CultureInfo.InvariantCulture, $"reply {number} ({reply.Request.Service}.{reply.Request.Action})");
            using (var request = new MemoryStream(RawIndex.Line(reply)))
                if (scan.Find(request) is { } asked) throw Refused(key, $"what was asked for {what} holds {asked}");
            if (reply.Sha256 is not { } body || !done.Add(body)) continue;
            cancellation.ThrowIfCancellationRequested();
            using var content = _recording.Open(body);
            if (scan.Find(content) is { } found) throw Refused(key, $"{what}, recorded as '{body}', holds {found}");
            bytes += reply.Bytes;
        }
        return bytes;
    }

    /// <summary>The fault of a credential.</summary>
    public static EtlException Refused(WindowKey key, string where) => new(
        FaultKind.Window,
        $"Window '{key}' does not go into its audit log: {where}. A log cannot forget, so nothing was published. Find out why the service sends it, and rotate the credential.")
    { Code = "secret" };

    public IEnumerable<AuditFile> ToFiles()
    {
        yield return new AuditFile(SnapshotNames.Replies, () => new MemoryStream(_list, writable: false), new CanonicalObject { ["replies"] = (long)Count });
        foreach (var body in _bodies) yield return new AuditFile(SnapshotNames.BodyOf(body.Sha256!), () => _recording.Open(body.Sha256!));
    }
}
