using System.Globalization;
using System.Security.Cryptography;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Runs;
using Etl.Landing.Exports.Files;
using Etl.Landing.Exports.Writing;

namespace Etl.Landing.Exports;

/// <summary>
/// Writes what is new of an export's leads under temporary names: one pass over the leads, in order of their keys, beside the list of what was last accepted.
/// Dispose without <see cref="Name"/> leaves nothing but the list of what was rejected.
/// </summary>
internal sealed class ExportCut : IDisposable
{
    private readonly ExportFolder _folder;
    private readonly ExportSpec _export;
    private readonly CrmProfile _profile;
    private readonly string _attempt = Random.Shared.Next().ToString("x8", CultureInfo.InvariantCulture);
    private readonly IRowWriter _rows;
    private readonly RowForm _form;
    private readonly PartFiles _parts;
    private readonly LeadStateWriter _leads;
    private readonly RejectedRows _rejected;
    private readonly LeadCounts _read;
    private string _leadsHash = "";

    /// <summary>Begins a cut.</summary>
    /// <exception cref="EtlException">The columns do not fit the profile; nothing was written.</exception>
    public ExportCut(ExportFolder folder, ExportSpec export, CrmProfile profile, ILeadTable table)
    {
        (_folder, _export, _profile, _read) = (folder, export, profile, table.Counts);
        var headers = table.Columns.Select(c => c.Header);
        var isFile = export.Deliver is not WebhookDelivery;
        var defuses = isFile && !export.Raw;
        _form = new RowForm(export.Name, table.Columns, profile, defuses);
        _rows = isFile ? new CsvRows(headers, profile.Form, defuses) : new JsonRows(headers, profile.Form);
        _parts = new PartFiles(folder.Path, _attempt, _rows, isFile ? profile.MaxRows : null, isFile ? profile.MaxBytes : null);
        _leads = new LeadStateWriter(folder.TemporaryLeadsPath(_attempt));
        _rejected = new RejectedRows(folder.RejectedPath, _attempt, headers);
    }

    /// <summary>What became of the leads.</summary>
    public ExportCounts Counts { get; private set; } = new(0, 0, 0, 0, 0);

    /// <summary>Reads the leads and puts what is new on the disk.</summary>
    /// <param name="leads">The leads.</param>
    /// <param name="accepted">What was last accepted.</param>
    /// <param name="all">True to write leads that it has already too.</param>
    /// <param name="cancellation">Stops.</param>
    public void Write(IEnumerable<Lead> leads, LeadStateReader accepted, bool all, CancellationToken cancellation)
    {
        long sent = 0, unchanged = 0, gone = 0, rejected = 0, defused = 0;
        UInt128? last = null;
        foreach (var lead in leads)
        {
            cancellation.ThrowIfCancellationRequested();
            var key = KeyOf(lead, ref last);
            for (; accepted.Current is { } old && old.Key < key; accepted.Next()) gone++;
            var before = accepted.Current is { } same && same.Key == key ? same : (LeadState?)null;
            if (before is not null) accepted.Next();
            if (Refusal(lead, out var row) is { } reason)
            {
                rejected++;
                _rejected.Add(reason, _form.Cells);
                // What the receiver has of it is still what was accepted.
                if (before is { } kept) _leads.Add(kept);
                continue;
            }
            var now = new LeadState(key, _rows.Content());
            _leads.Add(now);
            if (!all && now == before)
            {
                unchanged++;
                continue;
            }
            sent++;
            foreach (var cell in _form.Cells) defused += cell.IsDefused ? 1 : 0;
            _parts.Add(row);
        }
        for (; accepted.Current is not null; accepted.Next()) gone++;
        Counts = new ExportCounts(sent, unchanged, gone, rejected, sent == 0 ? 0 : defused + _rows.DefusedHeaders);
        _parts.Complete();
        _leadsHash = _leads.Complete();
        _rejected.Publish();
        Failpoint.Hit("export.synced");
    }

    /// <summary>Gives what was written a number: from here on it can be finished by anybody.</summary>
    public ExportNote Name(ExportRecord begun, long? since, string inputs, DateTimeOffset at)
    {
        _leads.Publish(_folder.LeadsPath(begun.Sequence));
        _folder.SyncStates();
        Failpoint.Hit("export.listed");
        var extension = _export.Deliver is WebhookDelivery ? "jsonl" : "csv";
        var note = new ExportNote
        {
            Job = begun.Job, Export = begun.Export, Profile = _profile.Name, Sequence = begun.Sequence, MadeAt = at, Since = since, Raw = _export.Raw, Counts = _read, Written = Counts,
            Inputs = inputs, Leads = _leadsHash, Batch = (_export.Deliver as WebhookDelivery)?.Batch,
            Parts =
            [
                .. _parts.Done.Select((p, i) =>
                {
                    var part = _parts.Done.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $"-{i + 1}of{_parts.Done.Count}");
                    return new ExportPart(p.Name, string.Create(CultureInfo.InvariantCulture, $"{_export.Name}-{begun.Sequence:D10}{part}-{p.Sha256[..8]}.{extension}"), p.Bytes, p.Rows, p.Sha256);
                }),
            ],
        };
        // The names of the temporary files must be on the disk before the note that counts on them.
        Stores.Local.DurableFolder.Sync(_folder.Path);
        // Before the note and not after it: the note may have its name and then fail to be made durable, and whoever finds it needs the files.
        _parts.Keep();
        _folder.WriteState(_folder.NotePath(begun.Sequence), note.ToBytes());
        Failpoint.Hit("export.noted");
        return note;
    }

    /// <summary>One hash for the files of an export: that of the file, or of the hashes of its parts one behind the other.</summary>
    public static string HashOf(ExportNote note) =>
        note.Parts is [var only] ? only.Sha256 : Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(string.Concat(note.Parts.Select(p => p.Sha256)))));

    public void Dispose()
    {
        _parts.Dispose();
        _leads.Dispose();
        _rejected.Dispose();
        _rows.Dispose();
    }

    private string? Refusal(in Lead lead, out ReadOnlyMemory<byte> row)
    {
        row = default;
        if (_form.Write(lead) is { } reason) return reason;
        row = _rows.Row(_form.Cells);
        return _parts.Fits(row)
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"The row has {row.Length} bytes, and with its headers it is longer than the {_profile.MaxBytes} that a file of {_profile.Name} may have.");
    }

    private UInt128 KeyOf(in Lead lead, ref UInt128? last)
    {
        if (lead.Key.Length != 32 || !UInt128.TryParse(lead.Key, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var key) || key <= last)
            throw new InvalidOperationException($"Leads of export '{_export.Name}' come out of order, or one has no key of 32 hex digits.");
        last = key;
        return key;
    }
}
