using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Landing.Audit.Log;
using Etl.Landing.Audit.Report;
using Etl.Landing.Parquet;
using Etl.Parquet;

namespace Etl.Landing.Audit.Snapshots;

/// <summary>
/// A snapshot before it is in the log: looked through for credentials, with its report written and its manifest filled but for what only the log knows. Made of the landed
/// bytes, the recorded replies, the ledger's record of the pull and its job.
/// </summary>
internal sealed class SnapshotDraft
{
    private readonly CanonicalObject _facts;

    private SnapshotDraft(CanonicalObject facts, IReadOnlyList<AuditFile> files) => (_facts, Files) = (facts, files);

    /// <summary>The files in order of their paths.</summary>
    public IReadOnlyList<AuditFile> Files { get; }

    /// <summary>What the manifest says, over the snapshot that the window has in the log; null for the first.</summary>
    public CanonicalObject Facts(AuditEntry? earlier)
    {
        var facts = new CanonicalObject();
        foreach (var (name, value) in _facts) facts[name] = value;
        if (earlier is null) return facts;
        var before = SnapshotNames.PullOf(earlier.Manifest);
        facts["earlier"] = new CanonicalObject
        {
            ["sequence"] = earlier.Sequence, ["leafHash"] = earlier.LeafHash, ["pull"] = before.Pull,
            ["sameRows"] = before.ContentHash == SnapshotNames.PullOf(_facts).ContentHash,
        };
        return facts;
    }

    /// <summary>Makes it. Reads the staged rows and every reply once.</summary>
    /// <exception cref="EtlException">Something that a snapshot needs is missing or damaged, or a credential was found.</exception>
    public static SnapshotDraft Make(AuditHost host, AuditLandSpec land, LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        var job = order.Job ?? throw new ArgumentException("An audit target needs to know the job.", nameof(order));
        var record = order.Record ?? throw new EtlException(
            FaultKind.Window,
            $"Could not put window '{order.Key}' into its audit log: the ledger has no record of pull '{order.Stamp.Pull}', so nobody knows how it was proven complete. "
            + $"Pull the window again: 'etl run {order.Key.Job} --from {order.Key.Label} --to {order.Key.Label} --force'. Nothing was published.")
        { Code = "no-record" };
        var proof = JsonSerializer.Deserialize<PullProof>(record.ProofJson, JsonSerializerOptions.Web) ?? new PullProof();
        var scan = new SecretScan(host.Secrets);
        var replies = RecordedReplies.Of(host.Raw, order.Key, order.Stamp.Pull);
        var scanned = replies.Scan(scan, order.Key, cancellation);
        var (rows, sums) = Read(order, staged, scan, cancellation);
        var landed = LandedBytes(order, staged, cancellation);
        var changes = order.Restatement is { } difference ? RestatedCells.Of(difference) : null;

        byte[] report = HtmlReport.Write(new ReportFacts
        {
            Order = order, Job = job, Record = record, Proof = proof, Rows = rows, Sums = sums, Requests = replies.Requests, Changes = changes?.ToString(),
            Files = [.. replies.Files.Append((SnapshotNames.Rows, landed.Bytes, landed.Sha256)).OrderBy(f => f.Item1, StringComparer.Ordinal)],
            Tenant = host.Tenant, Service = host.Service, Version = BuildFacts.Version,
        });
        if (scan.Find(Encoding.UTF8.GetString(report)) is { } inReport) throw RecordedReplies.Refused(order.Key, $"its report would hold {inReport}");

        var facts = Facts(host, land, order, job, record, proof);
        facts["sums"] = Texts(sums);
        if (proof.Totals is { } totals) facts["totals"] = Texts(totals.Select(t => (t.Key, CanonicalFacts.Text(t.Value))));
        if (changes is not null) facts["changes"] = changes.ToFacts();
        facts["replies"] = new CanonicalObject { ["count"] = (long)replies.Count, ["bodies"] = (long)(replies.Files.Count - 1), ["scannedBytes"] = scanned };
        var schema = SchemaText.Write(staged.Schema);
        var rowsFacts = new CanonicalObject { ["rows"] = order.Stamp.Rows, ["contentHash"] = order.Stamp.ContentHash, ["schemaSha256"] = Sha256(schema) };
        return new SnapshotDraft(facts,
        [
            .. replies.ToFiles().Append(new AuditFile(SnapshotNames.Report, () => new MemoryStream(report, writable: false)))
                .Append(new AuditFile(SnapshotNames.Rows, landed.Open, rowsFacts)).OrderBy(f => f.Path, StringComparer.Ordinal),
        ]);
    }

    private static CanonicalObject Facts(AuditHost host, AuditLandSpec land, LandingOrder order, JobDefinition job, PullRecord record, PullProof proof)
    {
        var (key, window, stamp) = (order.Key, order.Window, order.Stamp);
        var source = job.Sources.FirstOrDefault(s => s.Name == key.Source) ?? throw new ArgumentException($"Job '{job.Name}' has no source '{key.Source}'.", nameof(order));
        var facts = new CanonicalObject
        {
            ["window"] = new CanonicalObject
            {
                ["job"] = key.Job, ["source"] = key.Source, ["account"] = key.Account, ["label"] = key.Label, ["from"] = CanonicalFacts.Text(window.From), ["to"] = CanonicalFacts.Text(window.To),
                ["every"] = job.Window.Every.ToString().ToLowerInvariant(), ["timezone"] = job.Window.TimeZone,
            },
            ["pull"] = new CanonicalObject
            {
                ["id"] = stamp.Pull, ["fence"] = stamp.Fence, ["rows"] = stamp.Rows, ["contentHash"] = stamp.ContentHash, ["definitionHash"] = stamp.DefinitionHash,
                ["began"] = CanonicalFacts.Text(record.StartedAt), ["ended"] = CanonicalFacts.Text(record.EndedAt), ["quarantined"] = record.Quarantined,
            },
            ["request"] = RequestFacts.Of(source),
            ["service"] = new CanonicalObject { ["host"] = host.Service, ["tenant"] = host.Tenant },
            ["job"] = new CanonicalObject { ["name"] = job.Name, ["about"] = job.About, ["textSha256"] = job.TextHash },
            ["build"] = new CanonicalObject { ["version"] = BuildFacts.Version, ["sha256"] = BuildFacts.Hash(), ["packages"] = host.Packages },
            ["checks"] = record.Checks.Select(c => (object)new CanonicalObject { ["name"] = c.Name, ["verdict"] = c.Verdict.ToString().ToLowerInvariant(), ["detail"] = c.Detail }).ToList(),
            ["columns"] = CanonicalFacts.Of(JsonDocument.Parse(record.SchemaJson).RootElement)!,
            ["proof"] = CanonicalFacts.Object(JsonDocument.Parse(record.ProofJson).RootElement),
            ["knownEmpty"] = proof.KnownEmpty,
        };
        if (land.Retention is { } retention)
            facts["retention"] = new CanonicalObject { ["keep"] = retention.ToString(), ["until"] = CanonicalFacts.Text(retention.EndOf(stamp.PulledAt)) };
        return facts;
    }

    // One pass over the rows: sums, report, and credentials in cells, which the recorded replies may have had masked.
    private static (ReportRows Rows, IReadOnlyList<(string Column, string Sum)> Sums) Read(LandingOrder order, IStagedPull staged, SecretScan scan, CancellationToken cancellation)
    {
        var (rows, totals) = (new ReportRows(staged.Schema), new ColumnTotals(staged.Schema));
        foreach (var batch in staged.Read())
        {
            cancellation.ThrowIfCancellationRequested();
            for (var column = 0; column < staged.Schema.Columns.Count; column++)
                if (batch[column] is TextBuffer cells && scan.Find(cells) is { } found) throw RecordedReplies.Refused(order.Key, $"column '{staged.Schema.Columns[column].Name}' of its rows holds {found} of a batch");
            rows.Add(batch);
            totals.Add(batch);
        }
        return (rows, totals.Result());
    }

    private static (Func<Stream> Open, long Bytes, string Sha256) LandedBytes(LandingOrder order, IStagedPull staged, CancellationToken cancellation)
    {
        if (staged.Path.Length == 0)
        {
            using var written = new MemoryStream();
            StagedCopy.Rows(order, staged, written, ParquetCodec.Snappy, cancellation);
            var bytes = written.ToArray();
            return (() => new MemoryStream(bytes, writable: false), bytes.Length, Convert.ToHexStringLower(SHA256.HashData(bytes)));
        }
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using (var hashing = new HashedBytes(hash)) StagedCopy.Bytes(order, staged, hashing, cancellation);
        return (() => new FileStream(staged.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), new FileInfo(staged.Path).Length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static CanonicalObject Texts(IEnumerable<(string Name, string Value)> values)
    {
        var texts = new CanonicalObject();
        foreach (var (name, value) in values) texts[name] = value;
        return texts;
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Hashes what is written to it.</summary>
    private sealed class HashedBytes(IncrementalHash hash) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => hash.AppendData(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => hash.AppendData(buffer);
    }
}
