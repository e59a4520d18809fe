using Etl.Core.Columns;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.Local;
using Etl.Parquet;

namespace Etl.Landing.Quarantine;

/// <summary>Writes the quarantine of one pull. The file is begun with its first row, and holds a few megabytes of rows in memory at most.</summary>
internal sealed class QuarantineWriter(string temporaryPath, string finalPath, WindowKey key, string pull, DateTimeOffset at) : IQuarantineWriter
{
    private const int BatchRows = 1024, BatchBytes = 4 << 20;

    private TempFile? _file;
    private ParquetWriter? _writer;
    private RowBatch? _rows;
    private bool _isOpen = true;

    /// <inheritdoc/>
    public void Add(RefusedRow row)
    {
        if (!_isOpen) throw new InvalidOperationException($"The quarantine of pull '{pull}' is complete or discarded.");
        Guarded(() =>
        {
            Begin();
            QuarantineFile.Append(_rows!, key, pull, at, row);
            if (_rows!.RowCount >= BatchRows || _rows.Text(QuarantineFile.Raw).Bytes.Length >= BatchBytes) Flush();
        });
    }

    /// <inheritdoc/>
    public void Complete()
    {
        if (!_isOpen || _writer is null) return;
        Guarded(() =>
        {
            Flush();
            Failpoint.Hit("quarantine.half");
            _writer.Complete(QuarantineFile.Footer(key, pull, at));
            _file!.Sync();
            Failpoint.Hit("quarantine.synced");
            _file.Publish(finalPath);
            Failpoint.Hit("quarantine.renamed");
            DurableFolder.Sync(Path.GetDirectoryName(finalPath)!);
        });
        _isOpen = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOpen = false;
        _writer?.Dispose();
        _file?.Dispose();
    }

    private void Begin()
    {
        if (_writer is not null) return;
        DurableFolder.Create(Path.GetDirectoryName(temporaryPath)!);
        _file = new TempFile(temporaryPath);
        _writer = new ParquetWriter(_file.Stream, ParquetRows.Schema(QuarantineFile.Schema));
        _rows = new RowBatch(QuarantineFile.Schema);
    }

    private void Flush()
    {
        if (_rows!.RowCount == 0) return;
        ParquetRows.Write(_writer!, _rows);
        _rows.Clear();
    }

    private void Guarded(Action work)
    {
        try
        {
            work();
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw DiskFaults.Explain(fault, $"write the quarantine of pull '{pull}'", finalPath);
        }
    }
}
