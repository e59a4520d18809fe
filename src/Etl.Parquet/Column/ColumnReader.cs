using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Etl.Parquet.Encodings;
using Etl.Parquet.Metadata;
using Etl.Parquet.RowGroup;

namespace Etl.Parquet.Column;

/// <summary>Decodes the rows of one column, chunk after chunk, a few at a time. Holds one page and one dictionary.</summary>
internal sealed class ColumnReader(ReaderColumn column, FileSource source)
{
    private readonly PageReader _pages = new(source);
    private readonly ValueReader _values = new(column);
    private RleHybridDecoder _levels;
    private long _chunkLeft; // rows of the chunk on pages not opened yet
    private int _pageLeft; // rows of the open page
    private int _rowGroup;
    private bool _hasDictionary;

    public void Start(ChunkMetadata chunk, int rowGroup)
    {
        _pages.Start(chunk);
        _chunkLeft = chunk.Values;
        _pageLeft = 0;
        _rowGroup = rowGroup;
        _hasDictionary = false;
        _values.Clear();
    }

    /// <summary>Fills <paramref name="data"/>, which was reset for so many rows.</summary>
    public void Read(ParquetColumnData data, int rows)
    {
        try
        {
            if (column.Type == ParquetType.Text)
                data.WritableOffsets[0] = 0;
            for (var row = 0; row < rows;)
            {
                while (_pageLeft == 0)
                    OpenPage();
                var take = Math.Min(_pageLeft, rows - row);
                var present = take;
                if (column.IsOptional)
                {
                    _levels.ReadBits(_pages.Body, data.WritableValidity, row, take);
                    present = Bitmap.Count(data.WritableValidity, row, take);
                }
                else
                {
                    Bitmap.Fill(data.WritableValidity, row, take);
                }

                data.AddNulls(take - present);
                _values.Read(_pages.Body, data, row, take, present);
                row += take;
                _pageLeft -= take;
            }
        }
        catch (ParquetFormatException e)
        {
            throw e.At(_pages.Offset, _rowGroup, column.Name, Math.Max(0, _pages.Number));
        }
    }

    private void OpenPage()
    {
        if (!_pages.Next())
            throw new ParquetFormatException(FormattableString.Invariant($"The column chunk ends {_chunkLeft} rows early."));
        var header = _pages.Header;
        switch (header.Type)
        {
            case PageType.Dictionary:
                if (_hasDictionary || _pages.Number > 0)
                    throw new ParquetFormatException("A dictionary page follows other pages; expected it to be the first, and only one.");
                if (header.Encoding is not (Encoding.Plain or Encoding.PlainDictionary))
                    throw new ParquetFormatException($"The dictionary is encoded as '{FormatNames.Encoding(header.Encoding)}'; expected PLAIN.");
                _pages.LoadBody();
                _values.LoadDictionary(_pages.Body, header.Values);
                _hasDictionary = true;
                break;
            case PageType.Data or PageType.DataV2:
                if (header.Values > _chunkLeft)
                    throw new ParquetFormatException(FormattableString.Invariant($"A page announces {header.Values} rows; expected at most the {_chunkLeft} left in the column chunk."));
                _pages.LoadBody();
                OpenData(header);
                _chunkLeft -= header.Values;
                _pageLeft = header.Values;
                break;
            default:
                break; // Index pages and future kinds carry no values.
        }
    }

    private void OpenData(in PageHeader header)
    {
        var body = _pages.Body;
        var values = 0;
        if (header.Type == PageType.DataV2)
        {
            values = header.RepetitionBytes + header.DefinitionBytes;
            if (column.IsOptional)
                _levels = RleHybridDecoder.Create(header.RepetitionBytes, values, 1);
        }
        else if (column.IsOptional)
        {
            if (header.LevelEncoding != Encoding.Rle)
                throw new ParquetFormatException($"The definition levels are encoded as '{FormatNames.Encoding(header.LevelEncoding)}', which is not supported; expected RLE.");
            if (body.Length < 4)
                throw new ParquetFormatException("The page ends before its definition levels.");
            var bytes = BinaryPrimitives.ReadInt32LittleEndian(body);
            if (bytes < 0 || bytes > body.Length - 4)
                throw new ParquetFormatException(FormattableString.Invariant($"The definition levels announce {bytes} bytes; expected at most {body.Length - 4}."));
            values = 4 + bytes;
            _levels = RleHybridDecoder.Create(4, values, 1);
        }

        _values.Open(body, values, header.Encoding);
    }
}
