using System.Text;
using BenchmarkDotNet.Attributes;
using Etl.Parquet.Compression;
using Etl.Parquet.Encodings;
using Etl.Parsing;

namespace Etl.Benchmarks;

/// <summary>What <see cref="InsideBenchmark"/> runs. Public and open, as BenchmarkDotNet wants it.</summary>
public class InsideBenchmarks
{
    /// <summary>Rows of the data of each.</summary>
    public const int Rows = 16_384;

    private byte[] _csv = [], _plain = [], _escaped = [], _target = [], _addresses = [], _numbers = [], _codes = [];
    private int[] _places = [], _lineEnds = [], _offsets = [], _numberOffsets = [], _dictionaryCodes = [];
    private readonly TextDictionary _dictionary = new();
    private readonly SnappyEncoder _snappy = new();

    /// <summary>Bytes that one of them looks at, once over all rows.</summary>
    public long BytesOf(string name) => name switch
    {
        nameof(IndexCsv) => _csv.Length,
        nameof(UnescapePlain) => _plain.Length,
        nameof(UnescapeEscaped) => _escaped.Length,
        nameof(ReadDoubles) => _numbers.Length,
        nameof(FindInDictionary) => _addresses.Length,
        _ => _codes.Length,
    };

    /// <summary>Makes the data.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var path = Path.GetTempFileName();
        // Rows are of 201 bytes on average.
        new SeededRows().WriteCsv(path, Rows * 220L);
        var lines = File.ReadAllLines(path).Skip(1).Take(Rows).ToList();
        File.Delete(path);
        _csv = Padded(string.Concat(lines.Select(l => l + "\r\n")));
        (_places, _lineEnds) = (new int[_csv.Length + CsvIndex.Slack], new int[_csv.Length + CsvIndex.Slack]);
        _plain = Padded(string.Concat(lines).Replace("\"", "\\\"", StringComparison.Ordinal));
        _escaped = Padded(string.Concat(Encoding.UTF8.GetString(_plain).Select(c => c > 0x7E ? $"\\u{(int)c:x4}" : c == '-' ? "\\/" : c.ToString())));
        _target = new byte[_escaped.Length + JsonText.Slack];
        // The table is full from the first round on: what is measured is finding.
        (_addresses, _offsets) = Texts(lines.Select((_, i) => $"user{i * 7919L % 200_000}@students.example.edu"));
        (_numbers, _numberOffsets) = Texts(lines.Select((_, i) => FormattableString.Invariant($"{i * 7919L % 36_000_000 / 1000.0:F3}")));
        _dictionaryCodes = new int[Rows];
        var buffer = new ByteBuffer();
        var random = new Random(1);
        RleHybridEncoder.Encode(Enumerable.Range(0, Rows).Select(_ => (int)(Math.Pow(random.NextDouble(), 2) * 5000)).ToArray(), 13, buffer);
        _codes = buffer.Written.ToArray();
    }

    /// <summary>Where cells end in CSV.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public unsafe int IndexCsv()
    {
        fixed (byte* text = _csv)
        fixed (int* places = _places)
        fixed (int* lineEnds = _lineEnds) return CsvIndex.Build(text, _csv.Length - CsvIndex.Slack, places, lineEnds, out _, out _);
    }

    /// <summary>Rows out of a JSON string with few escapes.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public int UnescapePlain() => Unescape(_plain);

    /// <summary>Rows out of a JSON string with many escapes: slashes, and every character outside ASCII.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public int UnescapeEscaped() => Unescape(_escaped);

    /// <summary>One double per row.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public unsafe double ReadDoubles()
    {
        var sum = 0.0;
        fixed (byte* text = _numbers)
        {
            for (var i = 0; i < Rows; i++)
            {
                var number = text + _numberOffsets[i];
                var length = _numberOffsets[i + 1] - _numberOffsets[i];
                if (ShortNumber.TryDouble(number, length, out var value) || NumberCell.TryDouble(number, length, out value)) sum += value;
            }
        }
        return sum;
    }

    /// <summary>One text of 29 bytes per row, found in the dictionary.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public int FindInDictionary()
    {
        for (var i = 0; i < Rows; i += 1024) _dictionary.Encode(_addresses, _offsets.AsSpan(i, 1025), _dictionaryCodes.AsSpan(i, 1024));
        return _dictionary.Count;
    }

    /// <summary>Packed codes of one column.</summary>
    [Benchmark(OperationsPerInvoke = Rows)]
    public int CompressCodes()
    {
        if (_target.Length < SnappyEncoder.MaxCompressedBytes(_codes.Length)) _target = new byte[SnappyEncoder.MaxCompressedBytes(_codes.Length)];
        return _snappy.Compress(_codes, _target);
    }

    private unsafe int Unescape(byte[] text)
    {
        fixed (byte* source = text)
        fixed (byte* target = _target)
        {
            JsonText.Unescape(source, text.Length - JsonText.Slack, target, out _, out var written);
            return written;
        }
    }

    private static byte[] Padded(string text) => [.. Encoding.UTF8.GetBytes(text), .. new byte[JsonText.Slack]];

    private static (byte[] Bytes, int[] Offsets) Texts(IEnumerable<string> texts)
    {
        var (bytes, offsets) = (new List<byte>(), new List<int> { 0 });
        foreach (var text in texts)
        {
            bytes.AddRange(Encoding.ASCII.GetBytes(text));
            offsets.Add(bytes.Count);
        }
        return ([.. bytes, .. new byte[64]], [.. offsets]);
    }
}
