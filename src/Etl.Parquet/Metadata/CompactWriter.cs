using Etl.Parquet.Encodings;

namespace Etl.Parquet.Metadata;

/// <summary>Writes the structures of the footer and of page headers into a buffer.</summary>
/// <remarks>
/// Grammar (Thrift compact protocol, the part that Parquet uses):
/// <code>
/// struct  := field* 0x00
/// field   := header value           header: id delta (1..15) in the upper 4 bits, type in the lower; delta 0 = zigzag varint id follows
/// value   := varint(zigzag) | varint(length) bytes | list | struct; a bool field is its header alone (type 1 true, 2 false)
/// list    := count (0..14) in the upper 4 bits, element type in the lower; 15 = varint(count) follows; then the elements; a bool is one byte
/// </code>
/// Protocol: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md.
/// </remarks>
internal sealed class CompactWriter(ByteBuffer output)
{
    internal const int True = 1;
    internal const int False = 2;
    internal const int Int16Type = 4;
    internal const int Int32Type = 5;
    internal const int Int64Type = 6;
    internal const int BinaryType = 8;
    internal const int ListType = 9;
    internal const int StructType = 12;

    private readonly short[] _outer = new short[8];
    private int _depth;
    private short _last;

    public ByteBuffer Output => output;

    public void Int16(short id, short value) => Number(id, Int16Type, value);

    public void Int32(short id, int value) => Number(id, Int32Type, value);

    public void Int64(short id, long value) => Number(id, Int64Type, value);

    public void Bool(short id, bool value) => Field(id, value ? True : False);

    public void Binary(short id, ReadOnlySpan<byte> value)
    {
        Field(id, BinaryType);
        BinaryElement(value);
    }

    public void String(short id, string value) => Binary(id, System.Text.Encoding.UTF8.GetBytes(value));

    /// <summary>Starts a struct field; <see cref="End"/> closes it.</summary>
    public void Begin(short id)
    {
        Field(id, StructType);
        BeginElement();
    }

    /// <summary>Starts a struct that is a list element or the root; <see cref="End"/> closes it.</summary>
    public void BeginElement()
    {
        _outer[_depth++] = _last;
        _last = 0;
    }

    public void End()
    {
        output.AppendByte(0);
        _last = _outer[--_depth];
    }

    /// <summary>A struct field without members, as unions use for their choice.</summary>
    public void Empty(short id)
    {
        Begin(id);
        End();
    }

    public void List(short id, int elementType, int count)
    {
        Field(id, ListType);
        if (count < 15)
        {
            output.AppendByte((byte)((count << 4) | elementType));
            return;
        }

        output.AppendByte((byte)(0xF0 | elementType));
        output.AppendVarint((ulong)count);
    }

    public void NumberElement(long value) => output.AppendVarint((ulong)((value << 1) ^ (value >> 63)));

    public void BinaryElement(ReadOnlySpan<byte> value)
    {
        output.AppendVarint((ulong)value.Length);
        output.Append(value);
    }

    public void BoolElement(bool value) => output.AppendByte((byte)(value ? True : False));

    private void Number(short id, int type, long value)
    {
        Field(id, type);
        NumberElement(value);
    }

    private void Field(short id, int type)
    {
        var delta = id - _last;
        if (delta is > 0 and < 16)
        {
            output.AppendByte((byte)((delta << 4) | type));
        }
        else
        {
            output.AppendByte((byte)type);
            NumberElement(id);
        }

        _last = id;
    }
}
