using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Tests.Wire;

public class PhpCastTests
{
    [Theory]
    [InlineData("25", 25)]
    [InlineData(" 25 rows", 25)]
    [InlineData("-3", -3)]
    [InlineData("+7", 7)]
    [InlineData("12.9", 12)]
    [InlineData("1e3", 1000)]
    [InlineData("1e", 1)]
    [InlineData("abc", 0)]
    [InlineData("", 0)]
    [InlineData(null, 0)]
    [InlineData("0x1A", 0)]
    [InlineData("-", 0)]
    public void Int_keeps_the_leading_number(string? text, long expected) => Assert.Equal(expected, PhpCast.ToInt(text));

    [Theory]
    [InlineData("false", false)]
    [InlineData("FALSE", false)]
    [InlineData("0", false)]
    [InlineData("", false)]
    [InlineData("1", true)]
    [InlineData("no", true)]
    [InlineData("true", true)]
    public void Bool_knows_the_word_false_and_php_truth(string text, bool expected) => Assert.Equal(expected, PhpCast.ToBool(text));

    [Theory]
    [InlineData("0", 1_000_000_000)]
    [InlineData("-86400", 999_913_600)]
    [InlineData("315360000", 1_315_360_000)]
    [InlineData("315360001", 315_360_001)]
    [InlineData("-1", -1)]
    [InlineData("", 0)]
    [InlineData("1772323200", 1_772_323_200)]
    public void Time_is_relative_up_to_ten_years(string text, long expected) => Assert.Equal(expected, PhpCast.ToTime(text, 1_000_000_000));
}
