using Etl.Core.Ledger;
using Etl.Server.Pages.Look;

namespace Etl.Server.Tests.Pages;

public sealed class ShowTests
{
    [Theory]
    [InlineData(0.04, "40 ms")]
    [InlineData(9.96, "10.0 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(200, "3 min 20 s")]
    [InlineData(7_500, "2 h 5 min")]
    [InlineData(86_400, "1 d")]
    [InlineData(90_000, "1 d 1 h")]
    [InlineData(-3, "0 ms")]
    public void Duration_is_told_in_its_two_largest_units(double seconds, string text) => Assert.Equal(text, Show.Duration(TimeSpan.FromSeconds(seconds)));

    [Fact]
    public void Numbers_have_separators_and_their_noun() =>
        Assert.Equal(["1 row", "1,234,567 rows", "0 rows"], new[] { 1L, 1_234_567, 0 }.Select(n => Show.Number(n, "row")));

    [Fact]
    public void Every_state_has_a_word_a_shape_and_a_meaning_of_its_own()
    {
        Assert.Equal(Enum.GetValues<WindowState>().Order(), StateLook.All.Order());
        Assert.Equal(StateLook.All.Count, StateLook.All.Select(StateLook.Meaning).Distinct().Count());
        // What a worker has looks alike: one shape for all of it.
        var shapes = StateLook.All.Where(s => !StateLook.IsWorking(s)).Select(s => MarkupTests.Written(StateLook.Mark(s))).ToList();
        Assert.Equal(shapes.Distinct(), shapes);
    }

    [Fact]
    public void Time_is_shown_in_the_zone_and_told_in_utc() => Assert.Equal(
        "<time datetime=\"2026-11-21T07:15:00Z\" title=\"2026-11-21 07:15:00 UTC\">2026-11-21 02:15</time>",
        MarkupTests.Written(Clock.In("America/New_York", default).Time(new DateTimeOffset(2026, 11, 21, 7, 15, 0, TimeSpan.Zero))));
}
