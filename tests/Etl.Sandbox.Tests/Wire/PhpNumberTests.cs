using System.Globalization;
using Etl.Sandbox.Wire;
using FsCheck;
using FsCheck.Fluent;

namespace Etl.Sandbox.Tests.Wire;

public class PhpNumberTests
{
    [Theory]
    [InlineData(36, "36")]
    [InlineData(0, "0")]
    [InlineData(-0.0, "0")]
    [InlineData(0.50333333333333334, "0.50333333333333")]
    [InlineData(3310.0666666666666, "3310.0666666667")]
    [InlineData(123456789.123456789, "123456789.12346")]
    [InlineData(0.00004, "4.0E-5")]
    [InlineData(0.000015, "1.5E-5")]
    [InlineData(0.00000042, "4.2E-7")]
    [InlineData(1e-10, "1.0E-10")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00012345678901234567, "0.00012345678901235")]
    [InlineData(1e14, "1.0E+14")]
    [InlineData(1e15, "1.0E+15")]
    [InlineData(1e22, "1.0E+22")]
    [InlineData(99999999999999, "99999999999999")]
    [InlineData(123456789012345, "1.2345678901234E+14")]
    [InlineData(123456789012347, "1.2345678901235E+14")]
    [InlineData(-12.5, "-12.5")]
    [InlineData(1.0 / 3, "0.33333333333333")]
    [InlineData(2.0 / 3, "0.66666666666667")]
    [InlineData(0.99999999999999999, "1")]
    [InlineData(0.999999999999999, "1")]
    [InlineData(9271.999999999999999, "9272")]
    public void Number_is_printed_as_php_does(double value, string expected) => Assert.Equal(expected, PhpNumber.Format(value));

    [Fact]
    public void Printed_number_reads_back_to_the_rounded_one() =>
        Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<NormalFloat>(), number =>
            double.Parse(PhpNumber.Format(number.Item), CultureInfo.InvariantCulture) == PhpNumber.Round(number.Item)));

    [Fact]
    public void Printed_number_has_at_most_14_digits() =>
        Check.QuickThrowOnFailure(Prop.ForAll(ArbMap.Default.ArbFor<NormalFloat>(), number =>
            PhpNumber.Format(number.Item).Split('E')[0].Count(char.IsAsciiDigit) <= 14 + 4));
}
