using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Tests.Wire;

public class ParameterTests
{
    [Fact]
    public void Form_nests_brackets_and_numbers_empty_ones()
    {
        var form = PhpForm.Parse("a=1&b[c][d]=x+y&b[c][e]=%C3%A9&l[]=p&l[]=q&a=2&x.y=1");

        Assert.Equal("2", form.TextOf("a"));
        Assert.Equal("x y", form["b"]!["c"]!.TextOf("d"));
        Assert.Equal("\u00E9", form["b"]!["c"]!.TextOf("e"));
        Assert.Equal("q", form["l"]!.TextOf("1"));
        Assert.Equal("1", form.TextOf("x_y"));
    }

    [Fact]
    public void Colons_nest_at_the_top_level_and_merge_with_brackets()
    {
        var call = RequestReader.SplitColons(PhpForm.Parse("f[fromDate]=1&f:toDate=2&p:-=&1:f[x]=3&1:f:y=4"));

        Assert.Equal("1", call["f"]!.TextOf("fromDate"));
        Assert.Equal("2", call["f"]!.TextOf("toDate"));
        Assert.True(call["p"]!.IsMap);
        Assert.Equal("3", call["1"]!["f"]!.TextOf("x"));
        Assert.Equal("4", call["1"]!["f"]!.TextOf("y"));
    }

    [Fact]
    public void Path_drops_script_parts_and_empty_segments_and_stops_at_zero()
    {
        var path = RequestReader.ReadPath("/api_v3/index.php/service/report//action/getTable/format/1/format/2/0/x/ks/abc");

        Assert.Equal("report", path.TextOf("service"));
        Assert.Equal("getTable", path.TextOf("action"));
        Assert.Equal("1", path.TextOf("format"));
        Assert.Null(path["ks"]);
    }

    [Fact]
    public void Path_with_an_empty_value_shifts_the_following_pairs()
    {
        var path = RequestReader.ReadPath("/api_v3/service/report/ks//action/getTable");

        Assert.Equal("action", path.TextOf("ks"));
        Assert.Null(path.TextOf("action"));
    }

    [Fact]
    public void Form_ignores_variables_beyond_ten_thousand()
    {
        var form = PhpForm.Parse(string.Join('&', Enumerable.Range(0, 10_001).Select(i => $"v{i}={i}")));

        Assert.NotNull(form["v9999"]);
        Assert.Null(form["v10000"]);
    }
}
