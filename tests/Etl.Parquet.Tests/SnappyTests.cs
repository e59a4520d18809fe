using System.Text;
using Etl.Parquet.Compression;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Parquet.Tests;

public sealed class SnappyTests
{
    // Blocks put together by hand from the format description; see SnappyEncoder.
    public static TheoryData<string, string> Vectors => new()
    {
        { "00", "" },
        { "01 00 61", "a" },
        { "05 10 68656C6C6F", "hello" },
        { "0A 00 61 15 01", "aaaaaaaaaa" }, // literal 'a', copy of 9 one byte back (tag 01: (9-4)<<2 | 1)
        { "0A 04 6162 1E 0200", "ababababab" }, // literal 'ab', copy of 8 two bytes back (tag 10: (8-1)<<2 | 2)
        { "08 0C 61626364 0F 04000000", "abcdabcd" }, // the same with a four-byte offset (tag 11)
        { "06 F002 616263 00 64 04 6566", "abcdef" }, // a literal whose length stands in one extra byte
        { "03 F4 0200 616263", "abc" },
        { "03 F8 020000 616263", "abc" },
        { "03 FC 02000000 616263", "abc" },
    };

    [Theory]
    [MemberData(nameof(Vectors))]
    public void Known_block_is_restored(string hex, string text) =>
        Assert.Equal(text, Encoding.ASCII.GetString(Restore(Bytes(hex), text.Length)));

    [Theory]
    [InlineData("", 0)] // no length
    [InlineData("FFFFFFFFFF", 5)] // a length that does not end
    [InlineData("FFFFFFFF0F", 5)] // 4 GiB
    [InlineData("02 00 61", 2)] // ends early
    [InlineData("01 00 61", 2)] // announces less than the page
    [InlineData("01 04 6162", 1)] // literal beyond the page
    [InlineData("02 04 61", 2)] // literal beyond the block
    [InlineData("03 F0", 3)] // ends inside a literal's length
    [InlineData("03 FC FFFFFFFF 61", 3)] // literal of 4 GiB
    [InlineData("05 01 01", 5)] // copy before anything was written
    [InlineData("05 00 61 01 00", 5)] // copy from offset 0
    [InlineData("05 00 61 01 02", 5)] // copy from before the start
    [InlineData("04 00 61 01 01", 4)] // copy beyond the page
    [InlineData("05 00 61 02 01", 5)] // ends inside a copy
    [InlineData("05 00 61 0F FFFFFFFF", 5)] // offset of 4 GiB
    [InlineData("01 00 61 00 61", 1)] // goes on behind the end
    public void Hostile_block_is_refused(string hex, int length) =>
        Assert.Throws<ParquetFormatException>(() => Restore(Bytes(hex), length));

    [Fact]
    public void Property_any_bytes_come_back_and_stay_within_the_announced_bound()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var source = Compressible(random, random.Next(200_000) >> random.Next(18));
            var encoder = new SnappyEncoder();
            var target = new byte[SnappyEncoder.MaxCompressedBytes(source.Length)];
            for (var turn = 0; turn < 2; turn++)
            {
                var length = encoder.Compress(source, target);
                Assert.True(Restore(target[..length], source.Length).AsSpan().SequenceEqual(source), $"seed {seed}");
                Assert.True(source.Length <= (long)length * SnappyDecoder.MaxRatio, $"seed {seed}: {source.Length} from {length}");
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithEndSize(int.MaxValue / 2));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(65_535)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(1_000_000)]
    public void Random_bytes_fit_into_the_worst_case(int length)
    {
        var source = new byte[length];
        new Random(length).NextBytes(source);
        var target = new byte[SnappyEncoder.MaxCompressedBytes(length)];
        var compressed = new SnappyEncoder().Compress(source, target);
        Assert.Equal(source, Restore(target[..compressed], length));
    }

    [Fact]
    public void Zeros_shrink_to_a_twentieth()
    {
        var source = new byte[1 << 20];
        Assert.InRange(new SnappyEncoder().Compress(source, new byte[SnappyEncoder.MaxCompressedBytes(source.Length)]), 1, source.Length / 20);
    }

    [Fact]
    public void Too_small_a_target_is_refused() =>
        Assert.Throws<ArgumentException>(() => new SnappyEncoder().Compress(new byte[100], new byte[100]));

    [Fact]
    public void Flipped_bytes_are_refused_or_give_other_bytes()
    {
        var random = new Random(3);
        var source = Compressible(random, 3000);
        var target = new byte[SnappyEncoder.MaxCompressedBytes(source.Length)];
        var block = target[..new SnappyEncoder().Compress(source, target)];
        for (var i = 0; i < block.Length; i++)
        {
            for (var turn = 0; turn < 4; turn++)
            {
                var damaged = (byte[])block.Clone();
                damaged[i] ^= (byte)random.Next(1, 256);
                try
                {
                    Restore(damaged, source.Length);
                }
                catch (ParquetFormatException)
                {
                    // The expected answer.
                }
            }
        }
    }

    private static byte[] Compressible(Random random, int length)
    {
        var bytes = new byte[length];
        for (var at = 0; at < length;)
        {
            var take = Math.Min(length - at, random.Next(1, 300));
            if (at > 0 && random.Next(3) > 0)
            {
                // Repeat something earlier, overlapping at times.
                var from = at - random.Next(1, Math.Min(at, 70_000) + 1);
                for (var i = 0; i < take; i++)
                    bytes[at + i] = bytes[from + i];
            }
            else
            {
                random.NextBytes(bytes.AsSpan(at, take));
            }

            at += take;
        }

        return bytes;
    }

    private static byte[] Restore(byte[] block, int length)
    {
        var target = new byte[length];
        SnappyDecoder.Decompress(block, target);
        return target;
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
}
