namespace Etl.Sandbox.Collect;

/// <summary>CRC-32 (the polynomial of IEEE 802.3, reflected), for records of the log.</summary>
internal static class Crc32
{
    private static readonly uint[][] Tables = MakeTables();

    public static uint Of(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        // Four bytes a step: the log checks a gigabyte when a sandbox is started again.
        while (bytes.Length >= 4)
        {
            crc ^= (uint)(bytes[0] | bytes[1] << 8 | bytes[2] << 16 | bytes[3] << 24);
            crc = Tables[3][crc & 255] ^ Tables[2][crc >> 8 & 255] ^ Tables[1][crc >> 16 & 255] ^ Tables[0][crc >> 24];
            bytes = bytes[4..];
        }
        foreach (var value in bytes)
            crc = Tables[0][(crc ^ value) & 255] ^ crc >> 8;
        return ~crc;
    }

    private static uint[][] MakeTables()
    {
        var tables = new[] { new uint[256], new uint[256], new uint[256], new uint[256] };
        for (uint i = 0; i < 256; i++)
        {
            var value = i;
            for (var bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? 0xEDB88320 ^ value >> 1 : value >> 1;
            tables[0][i] = value;
        }
        for (uint i = 0; i < 256; i++)
        {
            for (var t = 1; t < 4; t++)
                tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
        }
        return tables;
    }
}
