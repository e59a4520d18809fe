using Etl.Parquet.Column;
using Etl.Parquet.Encodings;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Parquet.Tests;

public sealed class EncodingTests
{
    [Theory]
    [InlineData(new[] { 0, 1, 2, 3, 4, 5, 6, 7 }, 3, "03 88C6FA")] // the format description's own example
    [InlineData(new[] { 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4 }, 5, "20 04")] // 16 times 4: varint(32), one byte
    [InlineData(new[] { 1, 0, 1 }, 1, "03 05")] // one group, padded
    [InlineData(new int[0], 7, "")]
    public void Hybrid_runs_are_as_the_format_says(int[] values, int width, string hex)
    {
        var output = new ByteBuffer();
        RleHybridEncoder.Encode(values, width, output);
        Assert.Equal(hex.Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(output.Written));
    }

    [Fact]
    public void Property_hybrid_runs_come_back_in_pieces_of_any_size()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var width = random.Next(1, 32);
            var values = new int[random.Next(5000)];
            for (var i = 0; i < values.Length;)
            {
                var value = (int)random.NextInt64(1L << width);
                for (var run = random.Next(3) == 0 ? random.Next(200) : 1; run >= 0 && i < values.Length; run--)
                    values[i++] = value;
            }

            var output = new ByteBuffer(1);
            output.AppendByte(7);
            RleHybridEncoder.Encode(values, width, output);
            var decoder = RleHybridDecoder.Create(1, output.Length, width);
            var read = new int[values.Length];
            for (var i = 0; i < read.Length;)
            {
                var take = Math.Min(read.Length - i, random.Next(1, 100));
                decoder.Read(output.Written, read.AsSpan(i, take));
                i += take;
            }

            Assert.True(values.AsSpan().SequenceEqual(read), $"seed {seed}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(int.MaxValue / 2));
    }

    [Fact]
    public void Property_levels_come_back_and_fit_their_bound()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed =>
        {
            var random = new Random(seed);
            var rows = random.Next(1, 5000);
            var validity = new ulong[Bitmap.Words(rows) + 1];
            for (var row = 0; row < rows;)
            {
                var take = Math.Min(rows - row, random.Next(1, 300));
                if (random.Next(2) == 0)
                    Bitmap.Fill(validity, row, take);
                row += take;
            }

            var present = Bitmap.Count(validity, 0, rows);
            var output = new ByteBuffer(1);
            LevelEncoder.Encode(validity, rows, present, output);
            Assert.True(output.Length <= LevelEncoder.MaxBytes(rows), $"seed {seed}");
            var decoder = RleHybridDecoder.Create(4, output.Length, 1);
            var read = new ulong[validity.Length];
            for (var row = 0; row < rows;)
            {
                var take = Math.Min(rows - row, random.Next(1, 130));
                decoder.ReadBits(output.Written, read, row, take);
                row += take;
            }

            Assert.True(validity.AsSpan(0, Bitmap.Words(rows)).SequenceEqual(read.AsSpan(0, Bitmap.Words(rows))), $"seed {seed}");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(int.MaxValue / 2));
    }

    [Theory]
    [InlineData("00", 1)] // a run of nothing
    [InlineData("02", 8)] // a run without its value
    [InlineData("02 04", 2)] // a value that does not fit
    [InlineData("01", 3)] // a packed run of nothing
    [InlineData("03", 3)] // a packed run without bytes
    [InlineData("FFFFFFFFFFFF", 3)] // a header that does not end
    [InlineData("", 3)]
    public void Hostile_runs_are_refused(string hex, int width)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));
        Assert.Throws<ParquetFormatException>(() =>
        {
            var decoder = RleHybridDecoder.Create(0, bytes.Length, width);
            decoder.Read(bytes, new int[100]);
        });
    }

    [Fact]
    public void Property_number_bounds_equal_the_plain_loop()
    {
        Prop.ForAll(ArbMap.Default.ArbFor<double[]>(), values =>
        {
            var bounds = new NumberBounds<double>();
            bounds.Add(values);
            var real = values.Where(v => !double.IsNaN(v)).ToArray();
            Assert.Equal(values.Length - real.Length, bounds.Nans);
            Assert.Equal(real.Length > 0, bounds.HasBounds);
            if (real.Length > 0)
                Assert.Equal((real.Min(), real.Max()), bounds.Export());
        }).QuickCheckThrowOnFailure();
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), values =>
        {
            var bounds = new NumberBounds<int>();
            bounds.Add(values);
            if (values.Length > 0)
                Assert.Equal((values.Min(), values.Max()), bounds.Export());
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Text_dictionary_numbers_texts_by_first_appearance_across_growth()
    {
        var random = new Random(1);
        var texts = Enumerable.Range(0, 30_000).Select(_ => new string('k', random.Next(20)) + random.Next(5000)).ToList();
        var expected = new Dictionary<string, int>();
        var dictionary = new TextDictionary();
        for (var turn = 0; turn < 2; turn++)
        {
            foreach (var piece in texts.Chunk(777))
            {
                var codes = Encode(dictionary, piece);
                for (var i = 0; i < piece.Length; i++)
                {
                    expected.TryAdd(piece[i], expected.Count);
                    Assert.Equal(expected[piece[i]], codes[i]);
                    Assert.Equal(piece[i], System.Text.Encoding.ASCII.GetString(dictionary[codes[i]][4..]));
                }
            }

            Assert.Equal(expected.Count, dictionary.Count);
            dictionary.Clear();
            expected.Clear();
        }
    }

    [Fact]
    public unsafe void Text_dictionary_tells_texts_apart_that_differ_in_one_byte()
    {
        // Every length around the borders of the comparisons, every place. Asked directly: texts whose hashes differ are never compared.
        var (entry, text) = (new byte[4 + 200 + Hashing.ReadAhead], new byte[200 + Hashing.ReadAhead]);
        fixed (byte* e = entry, t = text)
        {
            for (var length = 0; length <= 200; length++)
            {
                entry.AsSpan(4).Fill((byte)'x');
                text.AsSpan().Fill((byte)'x');
                System.Buffers.Binary.BinaryPrimitives.WriteInt32LittleEndian(entry, length);
                // What stands behind them is not theirs.
                entry.AsSpan(4 + length).Fill((byte)'a');
                text.AsSpan(length).Fill((byte)'b');
                Assert.True(TextDictionary.Same(e + 4, t, length));
                Assert.False(TextDictionary.Same(e + 4, t, length + 1));
                Assert.False(length > 0 && TextDictionary.Same(e + 4, t, length - 1));
                for (var at = 0; at < length; at++)
                {
                    text[at] ^= 1;
                    Assert.False(TextDictionary.Same(e + 4, t, length), $"{length} bytes, of which byte {at} differs.");
                    text[at] ^= 1;
                }
            }
        }
    }

    private static int[] Encode(TextDictionary dictionary, string[] texts)
    {
        var bytes = new byte[texts.Sum(t => t.Length) + Hashing.ReadAhead];
        var offsets = new int[texts.Length + 1];
        for (var i = 0; i < texts.Length; i++)
            offsets[i + 1] = offsets[i] + System.Text.Encoding.ASCII.GetBytes(texts[i], bytes.AsSpan(offsets[i]));
        var codes = new int[texts.Length];
        dictionary.Encode(bytes, offsets, codes);
        return codes;
    }
}
