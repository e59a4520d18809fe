using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Runs;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;
using Etl.Landing.Stores.Local;
using Etl.Parquet;

namespace Etl.Landing.Staging;

/// <summary>Writes one staged file: system columns first, then the report's. Open, then complete or discarded.</summary>
internal sealed class ParquetStagingWriter : IStagingWriter
{
    private readonly WindowKey _key;
    private readonly Window _window;
    private readonly string _pull;
    private readonly DateTimeOffset _pulledAt;
    private readonly string _finalPath;
    private readonly TableSchema _report;
    private readonly TableSchema _schema;
    private readonly RowBatch _system;
    private readonly TempFile _file;
    private readonly ParquetWriter _writer;
    private long _rows;
    private bool _isOpen = true;

    public ParquetStagingWriter(
        string temporaryPath, string finalPath, WindowKey key, Window window, string pull, DateTimeOffset pulledAt, TableSchema report, bool withAccount)
    {
        (_finalPath, _key, _window, _pull, _pulledAt, _report) = (finalPath, key, window, pull, pulledAt, report);
        _schema = SystemColumns.Extend(report, withAccount);
        _system = new RowBatch(new TableSchema(_schema.Columns.Take(_schema.Columns.Count - report.Columns.Count)));
        try
        {
            DurableFolder.Create(Path.GetDirectoryName(temporaryPath)!);
            // A restart begins the same pull again: a finished file of it must not be taken for the new one.
            File.Delete(finalPath);
            _file = new TempFile(temporaryPath);
            _writer = new ParquetWriter(_file.Stream, ParquetRows.Schema(_schema));
        }
        catch (Exception fault)
        {
            Dispose();
            if (DiskFaults.IsOne(fault)) throw DiskFaults.Explain(fault, $"stage pull '{pull}'", finalPath);
            throw;
        }
    }

    /// <inheritdoc/>
    public void Write(RowBatch batch)
    {
        Demand(nameof(Write));
        if (!batch.Schema.SameShape(_report))
            throw new ArgumentException($"The batch does not have the columns that pull '{_pull}' was begun with.", nameof(batch));
        if (batch.RowCount == 0) return;
        try
        {
            FillSystemColumns(batch.RowCount);
            var system = _system.Schema.Columns.Count;
            for (var column = 0; column < system; column++) ParquetRows.Write(_writer, column, _system[column]);
            for (var column = 0; column < _report.Columns.Count; column++) ParquetRows.Write(_writer, system + column, batch[column]);
            _writer.EndBatch(batch.RowCount);
            _rows += batch.RowCount;
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw Discard(fault);
        }
        Failpoint.Hit("staged.half");
    }

    /// <inheritdoc/>
    public void Complete(PullStamp stamp)
    {
        Demand(nameof(Complete));
        if (stamp.Pull != _pull || stamp.Rows != _rows)
            throw new ArgumentException($"The stamp speaks of pull '{stamp.Pull}' with {stamp.Rows} rows; staged was '{_pull}' with {_rows}.", nameof(stamp));
        try
        {
            _writer.Complete(new CommitRecord(_key, _window.From, _window.To, stamp, _schema).ToMetadata());
            _file.Sync();
            Failpoint.Hit("staged.synced");
            _file.Publish(_finalPath);
            Failpoint.Hit("staged.renamed");
            DurableFolder.Sync(Path.GetDirectoryName(_finalPath)!);
        }
        catch (Exception fault) when (DiskFaults.IsOne(fault))
        {
            throw Discard(fault);
        }
        _isOpen = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _isOpen = false;
        _writer?.Dispose();
        _file?.Dispose();
    }

    private void FillSystemColumns(int rows)
    {
        if (_system.RowCount == rows) return;
        _system.Clear();
        var label = Encoding.UTF8.GetBytes(_key.Label);
        var pull = Encoding.UTF8.GetBytes(_pull);
        var account = Encoding.UTF8.GetBytes(_key.Account);
        var pulledAt = (_pulledAt - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
        for (var row = 0; row < rows; row++)
        {
            _system.Text(0).Append(label);
            _system.Text(1).Append(pull);
            _system.Fixed<long>(2).Append(pulledAt);
            if (_system.Schema.Columns.Count > 3) _system.Text(3).Append(account);
        }
    }

    private EtlException Discard(Exception fault)
    {
        Dispose();
        return DiskFaults.Explain(fault, $"stage pull '{_pull}'", _finalPath);
    }

    private void Demand(string method)
    {
        if (!_isOpen) throw new InvalidOperationException($"{method} needs an open staged pull; '{_pull}' is complete or discarded.");
    }
}
