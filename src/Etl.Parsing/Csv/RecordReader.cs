using CsvHelper;

namespace Etl.Parsing;

/// <summary>CsvHelper over a checked stream, its complaints turned into ours.</summary>
internal sealed class RecordReader : IDisposable
{
    private readonly CheckedStream _bytes;
    private readonly CsvReader _reader;
    private readonly int _recordLimit;
    private CsvMalformedRecord? _malformed;

    internal RecordReader(CheckedStream bytes, CsvReadOptions options, CsvMode mode)
    {
        _bytes = bytes;
        _recordLimit = options.MaxRecordBytes;
        _reader = CsvReader.Create(
            bytes,
            new CsvReaderOptions
            {
                Separator = ',',
                HasHeader = false,
                Mode = mode,
                SkipEmptyLines = false,
                DetectSeparatorHint = false,
                MaxRecordSize = options.MaxRecordBytes,
                IncludeValuesInExceptions = false,
                BufferSize = 128 * 1024,
                // Recover and note it, rather than throw: only so the kind of fault is known.
                MalformedData = CsvMalformedDataHandling.Recover,
                OnMalformedRecord = record => _malformed ??= record,
            },
            leaveOpen: true);
    }

    internal int CellCount => _reader.FieldCount;

    internal ReadOnlySpan<byte> Cell(int index) => _reader.GetSpan(index);

    internal async ValueTask<bool> MoveAsync(CancellationToken cancellation)
    {
        try
        {
            if (!await _reader.ReadAsync(cancellation).ConfigureAwait(false)) return false;
        }
        catch (CsvFormatException fault)
        {
            throw new ReportFormatException(
                ReportFormatException.TooLarge, $"A record at byte {fault.ByteOffset} of the file is longer than {_recordLimit} bytes or never ends.", fault.ByteOffset, inner: fault);
        }
        if (_malformed is { } malformed) ThrowMalformed(malformed);
        // Every line ends with a line feed: a record that reaches the end of the file was cut.
        if (_bytes.IsEnded && _reader.ByteOffset + _reader.RawRecord.Length >= _bytes.Bytes) CheckEnd();
        if (_reader.RawRecord.Length > _recordLimit)
            throw new ReportFormatException(ReportFormatException.TooLarge, $"A record at byte {_reader.ByteOffset} of the file is longer than {_recordLimit} bytes.", _reader.ByteOffset);
        return true;
    }

    /// <summary>The next record as strings; null at the end.</summary>
    internal async ValueTask<string[]?> NextAsync(CancellationToken cancellation)
    {
        if (!await MoveAsync(cancellation).ConfigureAwait(false)) return null;
        var cells = new string[_reader.FieldCount];
        for (var i = 0; i < cells.Length; i++) cells[i] = _reader.GetString(i);
        return cells;
    }

    internal async ValueTask<string[]> NeedAsync(string what, CancellationToken cancellation) =>
        await NextAsync(cancellation).ConfigureAwait(false)
            ?? throw new ReportFormatException(ReportFormatException.Truncated, $"The file ends at byte {_bytes.Bytes}; its {what} should follow.", _bytes.Bytes);

    /// <summary>Every line ends with a line feed, the last one too.</summary>
    internal void CheckEnd()
    {
        if (_bytes.LastByte != (byte)'\n')
            throw new ReportFormatException(ReportFormatException.Truncated, $"The file ends at byte {_bytes.Bytes} without a line feed: its last line is cut.", _bytes.Bytes);
    }

    internal ReportFormatException BadRow(string sentence, long? row = null) =>
        new(ReportFormatException.BadRow, $"{sentence}, at byte {_reader.ByteOffset} of the file.", _reader.ByteOffset, row);

    internal ReportFormatException BadLayout(string expected) =>
        new(ReportFormatException.BadHeader, $"The file is no report file: expected {expected} at byte {_reader.ByteOffset}.", _reader.ByteOffset);

    public void Dispose() => _reader.Dispose();

    private static void ThrowMalformed(CsvMalformedRecord malformed)
    {
        var isCut = malformed.Reason == CsvMalformedReason.UnterminatedQuote;
        throw new ReportFormatException(
            isCut ? ReportFormatException.Truncated : ReportFormatException.BadRow,
            $"A record at byte {malformed.ByteOffset} of the file {(isCut ? "is cut inside a quoted cell" : "has quotes where none may be")}.",
            malformed.ByteOffset);
    }
}
