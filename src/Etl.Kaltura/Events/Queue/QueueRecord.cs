using System.Buffers.Binary;
using System.Numerics;

namespace Etl.Kaltura.Events.Queue;

/// <summary>What a record of the queue holds.</summary>
internal enum RecordKind : byte
{
    /// <summary>An event, as JSON.</summary>
    Event = 1,
    /// <summary>How far an input was taken over.</summary>
    Input = 2,
    /// <summary>An input is known no more.</summary>
    InputForgotten = 3,
}

/// <summary>
/// One record of a segment file:
/// <code>
/// record = marker(4) length(4) crc(4) body;  body = kind(1) number(8) input(8) line(8) content
/// </code>
/// all little-endian; length and crc (CRC-32C) are of the body. The marker lets a reader find the next intact record behind damage.
/// </summary>
internal readonly record struct QueueRecord(RecordKind Kind, long Number, ulong Input, long Line, ReadOnlyMemory<byte> Content)
{
    public const int HeadBytes = 12, FixedBodyBytes = 25, MaxBodyBytes = 4 << 20;

    public static ReadOnlySpan<byte> Marker => [0xE7, (byte)'e', (byte)'v', 0x1A];

    public static void Write(Stream into, RecordKind kind, long number, ulong input, long line, ReadOnlySpan<byte> content)
    {
        Span<byte> head = stackalloc byte[HeadBytes + FixedBodyBytes];
        var body = head[HeadBytes..];
        body[0] = (byte)kind;
        BinaryPrimitives.WriteInt64LittleEndian(body[1..], number);
        BinaryPrimitives.WriteUInt64LittleEndian(body[9..], input);
        BinaryPrimitives.WriteInt64LittleEndian(body[17..], line);
        Marker.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], FixedBodyBytes + content.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Crc(Crc(0, body), content));
        into.Write(head);
        into.Write(content);
    }

    /// <summary>Reads the record at the start of the bytes. False when none stands there whole and intact.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> bytes, out QueueRecord record, out int length)
    {
        (record, length) = (default, 0);
        var span = bytes.Span;
        if (span.Length < HeadBytes + FixedBodyBytes || !span.StartsWith(Marker)) return false;
        var bodyLength = BinaryPrimitives.ReadInt32LittleEndian(span[4..]);
        if (bodyLength is < FixedBodyBytes or > MaxBodyBytes || span.Length - HeadBytes < bodyLength) return false;
        var body = span.Slice(HeadBytes, bodyLength);
        if (Crc(0, body) != BinaryPrimitives.ReadUInt32LittleEndian(span[8..])) return false;
        if (body[0] is < (byte)RecordKind.Event or > (byte)RecordKind.InputForgotten) return false;
        length = HeadBytes + bodyLength;
        record = new QueueRecord((RecordKind)body[0], BinaryPrimitives.ReadInt64LittleEndian(body[1..]), BinaryPrimitives.ReadUInt64LittleEndian(body[9..]),
            BinaryPrimitives.ReadInt64LittleEndian(body[17..]), bytes.Slice(HeadBytes + FixedBodyBytes, bodyLength - FixedBodyBytes));
        return true;
    }

    /// <summary>CRC-32C of bytes, going on from that of the bytes before them (0 for none).</summary>
    public static uint Crc(uint before, ReadOnlySpan<byte> bytes)
    {
        var crc = ~before;
        for (; bytes.Length >= 8; bytes = bytes[8..]) crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
