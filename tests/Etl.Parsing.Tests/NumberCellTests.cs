using System.Globalization;
using System.Text;

namespace Etl.Parsing.Tests;

public unsafe class NumberCellTests
{
    private static readonly CultureInfo s_culture = CultureInfo.InvariantCulture;

    private static bool TryDouble(string text, out double value)
    {
        fixed (byte* start = Encoding.UTF8.GetBytes(text + "\0")) return NumberCell.TryDouble(start, Encoding.UTF8.GetByteCount(text), out value);
    }

    private static bool TryInt64(string text, out long value)
    {
        fixed (byte* start = Encoding.UTF8.GetBytes(text + "\0")) return NumberCell.TryInt64(start, Encoding.UTF8.GetByteCount(text), out value);
    }

    [Fact]
    public void Number_as_PHP_prints_it_reads_bit_for_bit_as_the_framework_reads_it()
    {
        var random = new Random(7);
        for (var i = 0; i < 400_000; i++)
        {
            var text = Php(random);
            Assert.True(TryDouble(text, out var value), text);
            Assert.True(BitConverter.DoubleToInt64Bits(double.Parse(text, s_culture)) == BitConverter.DoubleToInt64Bits(value), text);
        }
    }

    [Fact]
    public void Short_number_reads_as_any_other_and_every_plain_one_is_short()
    {
        var random = new Random(13);
        for (var i = 0; i < 400_000; i++)
        {
            var text = Encoding.ASCII.GetBytes(random.Next(2) == 0 ? Php(random) : Plain(random));
            // Something else, now and then; and what follows is not the number's.
            if (random.Next(4) == 0) text[random.Next(text.Length)] = (byte)random.Next(256);
            var rest = new byte[ShortNumber.ReadAhead];
            random.NextBytes(rest);
            if (random.Next(2) == 0) rest.AsSpan().Fill((byte)"0.9;"[random.Next(4)]);
            var plain = System.Text.RegularExpressions.Regex.Match(Encoding.Latin1.GetString(text), @"\A([0-9]+)(\.[0-9]+)?\z");
            fixed (byte* start = text.Concat(rest).ToArray())
            {
                var isShort = ShortNumber.TryDouble(start, text.Length, out var number);
                Assert.Equal(plain.Success && text.Length <= 16, isShort);
                Assert.True(!isShort || (plain.Success && NumberCell.TryDouble(start, text.Length, out var same) && BitConverter.DoubleToInt64Bits(same) == BitConverter.DoubleToInt64Bits(number)), plain.Value);
                isShort = ShortNumber.TryInt64(start, text.Length, out var whole);
                Assert.Equal(plain.Success && plain.Groups[2].Length == 0 && text.Length <= 16, isShort);
                Assert.True(!isShort || (NumberCell.TryInt64(start, text.Length, out var exact) && exact == whole), plain.Value);
            }
        }
    }

    private static string Plain(Random random)
    {
        var digits = new char[random.Next(1, 19)];
        for (var i = 0; i < digits.Length; i++) digits[i] = (char)('0' + random.Next(10));
        if (random.Next(3) > 0) digits[random.Next(digits.Length)] = '.';
        return new string(digits);
    }

    // 14 or 17 significant digits, plain or with an exponent, of doubles of every size; also digits at random.
    private static string Php(Random random)
    {
        var kind = random.Next(6);
        if (kind == 0) return random.NextInt64().ToString(s_culture);
        if (kind == 1)
        {
            var digits = new StringBuilder(random.Next(2) == 0 ? "-" : "");
            for (var n = random.Next(1, 25); n > 0; n--) digits.Append((char)('0' + random.Next(10)));
            if (random.Next(2) == 0)
            {
                digits.Append('.');
                for (var n = random.Next(1, 25); n > 0; n--) digits.Append((char)('0' + random.Next(10)));
            }
            if (random.Next(3) == 0) digits.Append(s_culture, $"E{(random.Next(2) == 0 ? "+" : "-")}{random.Next(290)}");
            return double.IsFinite(double.Parse(digits.ToString(), s_culture)) ? digits.ToString() : "0";
        }
        var value = kind switch
        {
            2 => random.NextDouble() * 1000,
            3 => BitConverter.Int64BitsToDouble(random.NextInt64()),
            4 => random.Next(1_000_000) / 1000.0,
            _ => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-30, 30)),
        };
        if (!double.IsFinite(value)) value = 1;
        var text = value.ToString(random.Next(2) == 0 ? "G14" : "R", s_culture);
        return text.Contains('E', StringComparison.Ordinal) && !text.Contains('.', StringComparison.Ordinal) ? text.Replace("E", ".0E", StringComparison.Ordinal) : text;
    }

    [Theory]
    [InlineData("36", 36)]
    [InlineData("0.50333333333333", 0.50333333333333)]
    [InlineData("4.0E-5", 4.0E-5)]
    [InlineData("1.0E+22", 1e22)]
    [InlineData("123456789.12346", 123456789.12346)]
    [InlineData("9007199254740993", 9007199254740992)]
    [InlineData("1.7976931348623157E+308", double.MaxValue)]
    [InlineData("4.9406564584125E-324", double.Epsilon)]
    [InlineData("00.5", 0.5)]
    public void Number_of_the_service_reads(string text, double expected)
    {
        Assert.True(TryDouble(text, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData("1.")]
    [InlineData(".5")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("1e5.0")]
    [InlineData("--1")]
    [InlineData("1,5")]
    [InlineData("0x1A")]
    [InlineData("INF")]
    [InlineData("-INF")]
    [InlineData("NAN")]
    [InlineData("NaN")]
    [InlineData("Infinity")]
    [InlineData("1e999")]
    [InlineData("1_000")]
    [InlineData("Unknown")]
    [InlineData("١")]
    public void Number_that_PHP_would_not_print_is_refused(string text)
    {
        Assert.False(TryDouble(text, out _));
        Assert.False(TryInt64(text, out _));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("-0.0", 0)]
    [InlineData("007", 7)]
    [InlineData("36.0", 36)]
    [InlineData("36.000000000000000000000", 36)]
    [InlineData("1.0E+15", 1_000_000_000_000_000)]
    [InlineData("1.2345678901235E+14", 123_456_789_012_350)]
    [InlineData("-4.2e1", -42)]
    [InlineData("120E-1", 12)]
    [InlineData("0E+99", 0)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("9.223372036854775807E+18", long.MaxValue)]
    [InlineData("999999999999999999", 999_999_999_999_999_999)]
    [InlineData("000000000000000000000000000001", 1)]
    public void Whole_number_in_any_spelling_reads_exactly(string text, long expected)
    {
        Assert.True(TryInt64(text, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("0.5")]
    [InlineData("1.0E-1")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1.0E+19")]
    [InlineData("99999999999999999999999999999999999999999999")]
    [InlineData("1E+2147483648")]
    [InlineData("1.5.0")]
    public void Number_that_is_not_whole_within_64_bits_is_refused(string text) => Assert.False(TryInt64(text, out _));

    [Fact]
    public void Whole_number_at_random_agrees_with_exact_decimal_arithmetic()
    {
        var random = new Random(11);
        for (var i = 0; i < 100_000; i++)
        {
            var mantissa = random.NextInt64(-1_000_000_000_000, 1_000_000_000_000);
            var scale = random.Next(-14, 8);
            var text = $"{mantissa}E{scale}".ToString(s_culture);
            var exact = (decimal)mantissa;
            for (var s = scale; s > 0; s--) exact *= 10;
            for (var s = scale; s < 0; s++) exact /= 10;
            var isWhole = decimal.Truncate(exact) == exact && exact is >= long.MinValue and <= long.MaxValue;
            Assert.Equal(isWhole, TryInt64(text, out var value));
            if (isWhole) Assert.Equal((long)exact, value);
        }
    }
}
