using Etl.Core.Text;

namespace Etl.Core.Tests.Text;

public class NearestTests
{
    private static readonly string[] s_names = ["window", "schedule", "source", "sources", "land", "job"];

    [Theory]
    [InlineData("windw", "window")]
    [InlineData("widnow", "window")]
    [InlineData("WINDOW", "window")]
    [InlineData("sorce", "source")]
    [InlineData("lnad", "land")]
    [InlineData("sched", "schedule")]
    [InlineData("jb", "job")]
    public void Typo_finds_what_was_meant(string typed, string name) => Assert.Equal([name], Nearest.Of(typed, s_names));

    [Theory]
    [InlineData("throughput")]
    [InlineData("")]
    [InlineData("xy")]
    [InlineData("pig")]
    public void Word_that_is_near_to_none_finds_nothing(string typed)
    {
        Assert.Empty(Nearest.Of(typed, [.. s_names, "at"]));
        Assert.Equal("", Nearest.Hint(typed, s_names));
    }

    [Fact]
    public void Best_come_first_and_equals_in_order_of_their_names()
    {
        Assert.Equal(["source", "sources"], Nearest.Of("source", s_names, 5));
        Assert.Equal(["ab1c", "ab2c"], Nearest.Of("abxc", ["ab2c", "ab1c", "ab1c"], 5));
        Assert.Equal(" Did you mean 'window'?", Nearest.Hint("windows", s_names));
    }

    [Fact]
    public void Swapped_letters_come_before_one_too_many() => Assert.Equal(["from", "for"], Nearest.Of("form", ["for", "from"], 2));

    [Fact]
    public void Very_long_text_costs_little() => Assert.Empty(Nearest.Of(new string('x', 3_000_000), s_names));
}
