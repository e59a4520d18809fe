using System.Security.Cryptography;
using Etl.Core.Exports;
using Etl.Core.Runs;
using Etl.Landing.Exports.Writing;
using Etl.Landing.Stores.Local;

namespace Etl.Landing.Exports.Files;

/// <summary>Takes rows into files under temporary names, as many as the profile's limits make it. Dispose without <see cref="Keep"/> leaves none.</summary>
internal sealed class PartFiles(string folder, string attempt, IRowWriter rows, long? mostRows, long? mostBytes) : IDisposable
{
    private const int HalfRows = 2;

    private readonly List<(string Name, long Bytes, long Rows, string Sha256)> _done = [];
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private TempFile? _file;
    private long _bytes, _rows;
    private bool _isKept;

    /// <summary>The files in order: temporary name, bytes, rows, SHA-256. Complete after <see cref="Complete"/>.</summary>
    public IReadOnlyList<(string Name, long Bytes, long Rows, string Sha256)> Done => _done;

    /// <summary>True when a row fits into an empty file at all.</summary>
    public bool Fits(ReadOnlyMemory<byte> row) => mostBytes is null || rows.Head.Length + row.Length <= mostBytes;

    /// <summary>Adds a row that fits.</summary>
    public void Add(ReadOnlyMemory<byte> row)
    {
        if (_file is not null && (_rows == mostRows || _bytes + row.Length > mostBytes)) End();
        if (_file is null) Begin();
        Write(row);
        if (++_rows == HalfRows) Failpoint.Hit("export.half");
    }

    /// <summary>Puts all rows on the disk.</summary>
    public void Complete() => End();

    /// <summary>From now on the files stay.</summary>
    public void Keep() => _isKept = true;

    public void Dispose()
    {
        _file?.Dispose();
        _hash.Dispose();
        if (_isKept) return;
        foreach (var (name, _, _, _) in _done) File.Delete(Path.Combine(folder, name));
    }

    private void Begin()
    {
        _file = new TempFile(Path.Combine(folder, ExportFolder.TemporaryName($"{attempt}-{_done.Count + 1}")));
        (_bytes, _rows) = (0, 0);
        Write(rows.Head);
    }

    private void Write(ReadOnlyMemory<byte> bytes)
    {
        _file!.Stream.Write(bytes.Span);
        _hash.AppendData(bytes.Span);
        _bytes += bytes.Length;
    }

    private void End()
    {
        if (_file is null) return;
        _file.Sync();
        // From here on it is one of ours to remove; the file itself must not be taken away when its writer is.
        _done.Add((Path.GetFileName(_file.Path), _bytes, _rows, Convert.ToHexStringLower(_hash.GetHashAndReset())));
        _file = null;
    }
}
