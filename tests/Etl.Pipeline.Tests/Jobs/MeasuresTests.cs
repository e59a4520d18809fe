using Etl.Core.Jobs;
using Etl.Pipeline.Jobs;

namespace Etl.Pipeline.Tests.Jobs;

public class MeasuresTests
{
    [Theory]
    [InlineData("30s", 30)]
    [InlineData("90m", 5_400)]
    [InlineData("2h", 7_200)]
    [InlineData("1d", 86_400)]
    [InlineData("0s", 0)]
    [InlineData("366d", 31_622_400)]
    public void Duration_is_a_number_and_a_unit(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), Measures.Duration(text));

    [Theory]
    [InlineData("")]
    [InlineData("2")]
    [InlineData("h")]
    [InlineData("2 h")]
    [InlineData("2H")]
    [InlineData("-2h")]
    [InlineData("1.5h")]
    [InlineData("1h30m")]
    [InlineData("2w")]
    [InlineData("367d")]
    [InlineData("99999999d")]
    [InlineData("999999999999h")]
    [InlineData("02:00")]
    public void Duration_in_another_form_is_none(string text) => Assert.Null(Measures.Duration(text));

    [Theory]
    [InlineData("0.1%", "0.1%")]
    [InlineData("0%", "0%")]
    [InlineData("1 row", "1 row")]
    [InlineData("1 rows", "1 row")]
    [InlineData("100 rows", "100 rows")]
    [InlineData("rows", null)]
    [InlineData("100", null)]
    [InlineData("100  rows", null)]
    [InlineData("1e3 rows", null)]
    [InlineData("9999999999999 rows", null)]
    public void Limit_is_a_percentage_or_a_number_of_rows(string text, string? limit) => Assert.Equal(limit, Measures.Limit(text)?.ToString());

    [Theory]
    [InlineData("0%", 0)]
    [InlineData("0.1%", CheckSpec.DefaultTolerance)]
    [InlineData("50%", CheckSpec.DefaultShrinkShare)]
    [InlineData("100%", 1)]
    [InlineData("33.5%", 0.335)]
    public void Percentage_is_a_share(string text, double share) => Assert.Equal(share, Measures.Share(text));

    [Theory]
    [InlineData("")]
    [InlineData("%")]
    [InlineData("50")]
    [InlineData("0.5")]
    [InlineData("-1%")]
    [InlineData("100.1%")]
    [InlineData(".5%")]
    [InlineData("5.%")]
    [InlineData("5 %")]
    [InlineData("1e1%")]
    [InlineData("1,5%")]
    [InlineData("NaN%")]
    public void Percentage_in_another_form_is_none(string text) => Assert.Null(Measures.Share(text));
}
