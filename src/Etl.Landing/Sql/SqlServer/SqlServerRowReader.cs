using System.Collections;
using System.Data.Common;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Etl.Core.Columns;
using Etl.Core.Errors;

namespace Etl.Landing.Sql.SqlServer;

/// <summary>
/// Rows of a pull as the forward-only reader that a bulk copy drinks from: one row at a time, one value object per cell, nothing kept. Values are
/// as <see cref="SqlServerTypes"/> has them.
/// </summary>
[SuppressMessage("Naming", "CA1710", Justification = "A reader that is enumerable only because its base class is.")]
internal sealed class SqlServerRowReader : DbDataReader
{
    private readonly SqlRows _rows;
    private readonly int?[] _limits;
    private readonly CancellationToken _cancellation;
    private readonly IEnumerator<RowBatch> _batches;
    private RowBatch? _batch;
    private int _row;
    private long _count;

    /// <param name="rows">What is to come.</param>
    /// <param name="declared">Declared type of each column.</param>
    /// <param name="cancellation">Looked at before each batch.</param>
    public SqlServerRowReader(SqlRows rows, IReadOnlyList<string> declared, CancellationToken cancellation)
    {
        (_rows, _cancellation) = (KeyOrder.Of(rows), cancellation);
        _limits = [.. declared.Select(SqlServerTypes.LimitOf)];
        _batches = _rows.Read().GetEnumerator();
    }

    /// <summary>What broke off the reading; a bulk copy may wrap it in something else.</summary>
    public Exception? Fault { get; private set; }

    public override int FieldCount => _rows.Schema.Columns.Count;

    public override int Depth => 0;

    public override bool HasRows => _rows.Count > 0;

    public override bool IsClosed => false;

    public override int RecordsAffected => -1;

    public override object this[int ordinal] => GetValue(ordinal);

    public override object this[string name] => GetValue(GetOrdinal(name));

    public override bool Read()
    {
        try
        {
            if (_batch is not null) _rows.AfterRow(++_count);
            if (_batch is not null && ++_row < _batch.RowCount) return true;
            do
            {
                _cancellation.ThrowIfCancellationRequested();
                if (!_batches.MoveNext())
                {
                    _batch = null;
                    return false;
                }
                _batch = _batches.Current;
                _row = 0;
            }
            while (_batch.RowCount == 0);
            return true;
        }
        catch (Exception fault)
        {
            Fault = fault;
            throw;
        }
    }

    public override bool NextResult() => false;

    public override string GetName(int ordinal) => _rows.Columns[ordinal];

    public override int GetOrdinal(string name) =>
        Enumerable.Range(0, FieldCount).FirstOrDefault(i => _rows.Columns[i] == name, -1) is >= 0 and var found
            ? found
            : throw new ArgumentOutOfRangeException(nameof(name), name, "No such column.");

    public override Type GetFieldType(int ordinal) => _rows.Schema.Columns[ordinal].Type switch
    {
        ColumnType.Bool => typeof(bool),
        ColumnType.Int32 => typeof(int),
        ColumnType.Int64 => typeof(long),
        ColumnType.Double => typeof(double),
        ColumnType.Date or ColumnType.Timestamp => typeof(DateTime),
        _ => typeof(string),
    };

    public override string GetDataTypeName(int ordinal) => SqlServerTypes.Declare(_rows.Schema.Columns[ordinal].Type, indexed: false);

    public override bool IsDBNull(int ordinal)
    {
        var cells = Batch[ordinal];
        return cells.IsNull(_row) || (_rows.Schema.Columns[ordinal].Type == ColumnType.Double && SqlServerTypes.Hold(((FixedBuffer<double>)cells).Values[_row]) is null);
    }

    public override object GetValue(int ordinal)
    {
        var cells = Batch[ordinal];
        if (cells.IsNull(_row)) return DBNull.Value;
        return _rows.Schema.Columns[ordinal].Type switch
        {
            ColumnType.Bool => ((FixedBuffer<bool>)cells).Values[_row],
            ColumnType.Int32 => ((FixedBuffer<int>)cells).Values[_row],
            ColumnType.Int64 => ((FixedBuffer<long>)cells).Values[_row],
            ColumnType.Double => SqlServerTypes.Hold(((FixedBuffer<double>)cells).Values[_row]) ?? (object)DBNull.Value,
            ColumnType.Date => SqlServerTypes.Day(((FixedBuffer<int>)cells).Values[_row]) ?? throw Refuse(ordinal, "holds a day outside the years 1 to 9999", "SQL Server takes no other"),
            ColumnType.Timestamp => SqlServerTypes.At(((FixedBuffer<long>)cells).Values[_row]) ?? throw Refuse(ordinal, "holds a time outside the years 1 to 9999", "SQL Server takes no other"),
            _ => Text(ordinal, ((TextBuffer)cells)[_row]),
        };
    }

    public override int GetValues(object[] values)
    {
        var count = Math.Min(values.Length, FieldCount);
        for (var i = 0; i < count; i++) values[i] = GetValue(i);
        return count;
    }

    public override bool GetBoolean(int ordinal) => (bool)GetValue(ordinal);

    public override int GetInt32(int ordinal) => (int)GetValue(ordinal);

    public override long GetInt64(int ordinal) => (long)GetValue(ordinal);

    public override double GetDouble(int ordinal) => (double)GetValue(ordinal);

    public override DateTime GetDateTime(int ordinal) => (DateTime)GetValue(ordinal);

    public override string GetString(int ordinal) => (string)GetValue(ordinal);

    public override byte GetByte(int ordinal) => throw NoSuchType();

    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) => throw NoSuchType();

    public override char GetChar(int ordinal) => throw NoSuchType();

    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => throw NoSuchType();

    public override decimal GetDecimal(int ordinal) => throw NoSuchType();

    public override float GetFloat(int ordinal) => throw NoSuchType();

    public override Guid GetGuid(int ordinal) => throw NoSuchType();

    public override short GetInt16(int ordinal) => throw NoSuchType();

    public override IEnumerator GetEnumerator() => new DbEnumerator(this, closeReader: false);

    protected override void Dispose(bool disposing)
    {
        if (disposing) _batches.Dispose();
        base.Dispose(disposing);
    }

    private RowBatch Batch => _batch ?? throw new InvalidOperationException("There is no row: call Read first, and stop when it says false.");

    private string Text(int ordinal, ReadOnlySpan<byte> utf8)
    {
        var text = Encoding.UTF8.GetString(utf8);
        return _limits[ordinal] is { } limit && text.Length > limit
            ? throw Refuse(
                ordinal, FormattableString.Invariant($"holds a text of {text.Length} characters"),
                FormattableString.Invariant($"the column takes {limit}, because an index has it. Take it out of 'key' in the job and land in a new table"))
            : text;
    }

    private EtlException Refuse(int ordinal, string holds, string because)
    {
        var fault = new EtlException(
            FaultKind.Window,
            FormattableString.Invariant($"Could not land in table '{_rows.Target}': column '{_rows.Schema.Columns[ordinal].Name}' {holds} on row {_rows.RowOf(_count + 1)} of the pull; {because}, or land as Parquet. Nothing was changed."))
            { Code = "bad-row" };
        Fault = fault;
        return fault;
    }

    private static NotSupportedException NoSuchType() => new("No landed column has this type.");
}
