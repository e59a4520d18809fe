using System.Buffers.Binary;
using System.Text;

namespace Etl.Sandbox.Collect;

/// <summary>One event as it was received. What the session token said stands here as text; the token itself is never kept.</summary>
internal sealed record CollectedEvent
{
    /// <summary>When it came, unix milliseconds of the sandbox's clock.</summary>
    public required long At { get; init; }

    public required EventApi Api { get; init; }

    /// <summary>The account that the event names, which need not be one of the sandbox.</summary>
    public required long PartnerId { get; init; }

    /// <summary>Type number, 0 when it is not a number.</summary>
    public required long Type { get; init; }

    /// <summary>Address of the viewer: the first of <c>X-Forwarded-For</c>, else the caller's.</summary>
    public string Address { get; init; } = "";

    public string UserAgent { get; init; } = "";

    /// <summary>User, application and virtual event of the session token; empty without.</summary>
    public string SessionUser { get; init; } = "";

    public string SessionApplication { get; init; } = "";

    public string SessionEvent { get; init; } = "";

    /// <summary>The other parameters in order, without the token.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Parameters { get; init; }

    /// <summary>The value of a parameter, or null when it is absent or empty.</summary>
    public string? this[string name]
    {
        get
        {
            foreach (var (key, value) in Parameters)
            {
                if (key == name)
                    return value.Length > 0 ? value : null;
            }
            return null;
        }
    }

    /// <summary>The bytes of the log: numbers little-endian, texts as UTF-8 behind a length of 7 bits per byte.</summary>
    public byte[] Encode()
    {
        var buffer = new MemoryStream(256);
        Span<byte> fixedPart = stackalloc byte[25];
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart, At);
        fixedPart[8] = (byte)Api;
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[9..], PartnerId);
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart[17..], Type);
        buffer.Write(fixedPart);
        using var writer = new BinaryWriter(buffer, Encoding.UTF8);
        writer.Write(Address);
        writer.Write(UserAgent);
        writer.Write(SessionUser);
        writer.Write(SessionApplication);
        writer.Write(SessionEvent);
        writer.Write7BitEncodedInt(Parameters.Count);
        foreach (var (name, value) in Parameters)
        {
            writer.Write(name);
            writer.Write(value);
        }
        writer.Flush();
        return buffer.ToArray();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    public static CollectedEvent Decode(byte[] bytes, int offset, int length)
    {
        var head = bytes.AsSpan(offset);
        using var reader = new BinaryReader(new MemoryStream(bytes, offset + 25, length - 25), Encoding.UTF8);
        var (address, agent, user, application, virtualEvent) = (reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.ReadString());
        var parameters = new KeyValuePair<string, string>[reader.Read7BitEncodedInt()];
        for (var i = 0; i < parameters.Length; i++)
            parameters[i] = new(reader.ReadString(), reader.ReadString());
        return new CollectedEvent
        {
            At = BinaryPrimitives.ReadInt64LittleEndian(head),
            Api = (EventApi)head[8],
            PartnerId = BinaryPrimitives.ReadInt64LittleEndian(head[9..]),
            Type = BinaryPrimitives.ReadInt64LittleEndian(head[17..]),
            Address = address,
            UserAgent = agent,
            SessionUser = user,
            SessionApplication = application,
            SessionEvent = virtualEvent,
            Parameters = parameters,
        };
    }
}
