namespace Etl.Parquet.Metadata;

/// <summary>Reads what <see cref="CompactWriter"/> describes. Trusts nothing: every length is checked against the bytes that are there.</summary>
/// <remarks>
/// Use: <c>BeginStruct(); while (NextField(out id)) switch (id) { case 1: x = Int32(); ... default: Skip(); } EndStruct();</c>.
/// Every field must be read or skipped.
/// </remarks>
internal ref struct CompactReader(ReadOnlySpan<byte> bytes)
{
    private const int MaxDepth = 32;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _type;
    private int _depth;
    private short _last;

    /// <summary>Bytes read so far.</summary>
    public int Position { get; private set; }

    /// <summary>Enters a struct and returns what <see cref="EndStruct"/> wants back.</summary>
    public short BeginStruct()
    {
        if (++_depth > MaxDepth)
            throw new ParquetFormatException(FormattableString.Invariant($"Metadata is nested deeper than {MaxDepth} levels."));
        var outer = _last;
        _last = 0;
        return outer;
    }

    /// <summary>Enters the struct that the current field holds.</summary>
    public short BeginStructField()
    {
        Expect(CompactWriter.StructType);
        return BeginStruct();
    }

    public void EndStruct(short outer)
    {
        _depth--;
        _last = outer;
    }

    /// <summary>Moves to the next field; false at the end of the struct.</summary>
    public bool NextField(out int id)
    {
        var header = Byte();
        _type = header & 15;
        if (header == 0)
        {
            id = 0;
            return false;
        }

        var delta = header >> 4;
        var next = delta == 0 ? ZigZag() : _last + delta;
        if (next is < 0 or > short.MaxValue)
            throw new ParquetFormatException(FormattableString.Invariant($"Metadata has field number {next}; expected 0 to {short.MaxValue}."));
        _last = (short)next;
        id = _last;
        return true;
    }

    public bool Bool()
    {
        if (_type is not (CompactWriter.True or CompactWriter.False))
            Expect(CompactWriter.True);
        return _type == CompactWriter.True;
    }

    /// <summary>One raw byte (type 3), signed.</summary>
    public int Int8()
    {
        Expect(3);
        return (sbyte)Byte();
    }

    public int Int32()
    {
        if (_type != CompactWriter.Int16Type)
            Expect(CompactWriter.Int32Type);
        return Int32Element();
    }

    public long Int64()
    {
        if (_type is not CompactWriter.Int32Type)
            Expect(CompactWriter.Int64Type);
        return ZigZag();
    }

    public ReadOnlySpan<byte> Binary()
    {
        Expect(CompactWriter.BinaryType);
        return BinaryElement();
    }

    public string String() => System.Text.Encoding.UTF8.GetString(Binary());

    /// <summary>Enters the list that the current field holds and returns its count, which the bytes left can hold at one byte each.</summary>
    public int List(int elementType)
    {
        Expect(CompactWriter.ListType);
        var (count, type) = ListHeader();
        var same = type == elementType || (elementType == CompactWriter.True && type == CompactWriter.False);
        if (count > 0 && !same)
            throw new ParquetFormatException(FormattableString.Invariant($"Metadata holds a list of type {type}; expected type {elementType}."));
        return count;
    }

    public int Int32Element()
    {
        var value = ZigZag();
        return value is >= int.MinValue and <= int.MaxValue
            ? (int)value
            : throw new ParquetFormatException(FormattableString.Invariant($"Metadata holds '{value}' where a 32-bit integer belongs."));
    }

    public long Int64Element() => ZigZag();

    public bool BoolElement() => Byte() == CompactWriter.True;

    public ReadOnlySpan<byte> BinaryElement()
    {
        var length = Varint();
        if (length > (ulong)(_bytes.Length - Position))
            throw new ParquetFormatException(FormattableString.Invariant($"Metadata announces {length} bytes of text; expected at most the {_bytes.Length - Position} that are left."));
        var value = _bytes.Slice(Position, (int)length);
        Position += (int)length;
        return value;
    }

    /// <summary>Steps over the current field.</summary>
    public void Skip() => Skip(_type, element: false);

    private void Skip(int type, bool element)
    {
        switch (type)
        {
            case 1 or 2:
                if (element)
                    Byte();
                break;
            case 3:
                Byte();
                break;
            case 4 or 5 or 6:
                Varint();
                break;
            case 7:
                Advance(8);
                break;
            case CompactWriter.BinaryType:
                BinaryElement();
                break;
            case CompactWriter.ListType or 10:
                var (count, elementType) = ListHeader();
                if (++_depth > MaxDepth)
                    throw new ParquetFormatException(FormattableString.Invariant($"Metadata is nested deeper than {MaxDepth} levels."));
                for (var i = 0; i < count; i++)
                    Skip(elementType, element: true);
                _depth--;
                break;
            case CompactWriter.StructType:
                var outer = BeginStruct();
                while (NextField(out _))
                    Skip();
                EndStruct(outer);
                break;
            default:
                throw new ParquetFormatException(FormattableString.Invariant($"Metadata has a field of type {type}; expected a type from 1 to 10 or 12."));
        }
    }

    private (int Count, int Type) ListHeader()
    {
        var header = Byte();
        ulong count = (uint)header >> 4;
        if (count == 15)
            count = Varint();
        if (count > (ulong)(_bytes.Length - Position))
            throw new ParquetFormatException(FormattableString.Invariant($"Metadata announces a list of {count}; expected at most the {_bytes.Length - Position} bytes that are left."));
        return ((int)count, header & 15);
    }

    private readonly void Expect(int type)
    {
        if (_type != type)
            throw new ParquetFormatException(FormattableString.Invariant($"Metadata field {_last} has type {_type}; expected type {type}."));
    }

    private long ZigZag()
    {
        var value = Varint();
        return (long)(value >> 1) ^ -(long)(value & 1);
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }

        throw new ParquetFormatException("Metadata holds an integer longer than 10 bytes.");
    }

    private byte Byte()
    {
        if (Position >= _bytes.Length)
            throw End();
        return _bytes[Position++];
    }

    private void Advance(int count)
    {
        if (count > _bytes.Length - Position)
            throw End();
        Position += count;
    }

    /// <summary>A page header is read through a window that may be too short, so its reader must tell this fault from the others.</summary>
    private static ParquetFormatException End() => new("Metadata ends inside a structure.", new EndOfStreamException());
}
