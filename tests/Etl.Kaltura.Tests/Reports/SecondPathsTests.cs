using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>Which other way leads to the rows of a source, by the real catalogue.</summary>
public class SecondPathsTests
{
    private static readonly KalturaSourceRules s_rules = new(KalturaCatalog.Shared);

    private static readonly SourceSpec s_table = new()
    {
        Report = "38", Action = "table", PageSize = 500, ObjectIds = ["1_a"], Filter = new Dictionary<string, FilterValue> { ["playbackTypeIn"] = new(["vod"], false) },
    };

    [Fact]
    public void Table_by_csv_asks_the_same_question_for_a_file()
    {
        var path = Path(s_table, SecondPathKind.Csv);
        Assert.Equal(s_table with { Action = "csv", PageSize = 12_000 }, path.Source);
        Assert.Equal("csv", path.Name);
        Assert.Equal(["engagement_ranking"], path.LeftOut);
        Assert.Contains("'|' and ';' in texts", path.Texts!.Limit, StringComparison.Ordinal);
        Assert.Empty(s_rules.Check(path.Source));
    }

    [Fact]
    public void Csv_by_table_asks_the_same_question_for_pages()
    {
        var spec = s_table with { Action = "csv", PageSize = 12_000, Order = "-sum_time_viewed" };
        var path = Path(spec, SecondPathKind.Table);
        Assert.Equal(spec with { Action = "table" }, path.Source);
        Assert.Equal(("table", false), (path.Name, path.Texts is null));
    }

    [Theory]
    [InlineData(null, "+count_plays")]
    [InlineData("-count_plays", "+count_plays")]
    [InlineData("+count_plays", "-count_plays")]
    [InlineData("sum_time_viewed", "+sum_time_viewed")]
    [InlineData("+sum_time_viewed", "-sum_time_viewed")]
    [InlineData("+entry_name", "+count_plays")]
    public void Order_is_the_opposite_of_the_one_that_the_server_follows(string? own, string opposite)
    {
        var path = Path(s_table with { Order = own, PageSize = 501 }, SecondPathKind.Order);
        Assert.Equal(s_table with { Order = opposite, PageSize = 251 }, path.Source);
        Assert.Equal($"order {opposite}, pages of 251", path.Name);
        Assert.Null(path.Texts);
        Assert.Empty(s_rules.Check(path.Source));
    }

    [Fact]
    public void File_has_another_order_and_no_pages()
    {
        var spec = s_table with { Action = "csv", PageSize = 12_000 };
        var path = Path(spec, SecondPathKind.Order);
        Assert.Equal((spec with { Order = "+count_plays" }, "order +count_plays"), (path.Source, path.Name));
    }

    [Theory]
    [InlineData("38", "table")]
    [InlineData("38", "csv")]
    [InlineData("38", "total")]
    [InlineData("34", "graphs")]
    [InlineData("51", "table")]
    [InlineData(null, "custom-csv")]
    [InlineData(null, "entries")]
    public void Same_way_once_more_compares_every_text_and_column(string? report, string action)
    {
        var spec = new SourceSpec { Report = report, Action = action };
        var path = Path(spec, SecondPathKind.Same);
        Assert.Equal((spec, "the same way once more", null), (path.Source, path.Name, path.Texts));
        Assert.Empty(path.LeftOut);
    }

    [Theory]
    [InlineData("38", "table", SecondPathKind.Table, "is a table already")]
    [InlineData("38", "csv", SecondPathKind.Csv, "is a csv already")]
    [InlineData("38", "total", SecondPathKind.Csv, "sums are one answer")]
    [InlineData("17", "base-total", SecondPathKind.Order, "sums are one answer")]
    [InlineData("34", "graphs", SecondPathKind.Csv, "curves in one form only")]
    [InlineData(null, "custom-csv", SecondPathKind.Order, "in one way only")]
    [InlineData(null, "live-events", SecondPathKind.Order, "in one way only")]
    [InlineData("quiz.QUIZ", "table", SecondPathKind.Csv, "Report quiz.QUIZ (QUIZ) has no 'csv'")]
    [InlineData("10008", "table", SecondPathKind.Csv, "rows move between two pulls")]
    [InlineData("10008", "table", SecondPathKind.Same, "rows move between two pulls")]
    [InlineData(null, "live-events", SecondPathKind.Same, "cannot be asked again")]
    [InlineData("34", "table", SecondPathKind.Order, "are dates, which come in one order on one page. Use 'csv'.")]
    [InlineData("34", "csv", SecondPathKind.Order, "are dates, which come in one order on one page. Use 'table'.")]
    [InlineData("51", "table", SecondPathKind.Order, "has one order only. Use 'csv'.")]
    [InlineData("51", "csv", SecondPathKind.Order, "has one order only. Use 'table'.")]
    public void Source_without_another_way_is_refused_with_the_reason(string? report, string action, SecondPathKind kind, string words)
    {
        var fault = s_rules.FindSecondPathFault(new SourceSpec { Report = report, Action = action }, kind);
        Assert.Contains(words, fault, StringComparison.Ordinal);
        Assert.EndsWith(".", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(", ")]
    [InlineData(",")]
    [InlineData(" ")]
    [InlineData("--")]
    [InlineData("'")]
    public void Delimiter_that_decides_how_texts_begin_is_refused_between_table_and_file(string delimiter)
    {
        var spec = s_table with { Delimiter = delimiter };
        Assert.Contains("Use '|' or '|~|', or 'order' here.", s_rules.FindSecondPathFault(spec, SecondPathKind.Csv), StringComparison.Ordinal);
        Assert.Contains("cannot be compared", s_rules.FindSecondPathFault(spec with { Action = "csv" }, SecondPathKind.Table), StringComparison.Ordinal);
        Assert.Null(s_rules.FindSecondPathFault(spec, SecondPathKind.Order));
    }

    [Fact]
    public void Every_way_that_is_offered_is_a_sound_source()
    {
        var offered = 0;
        foreach (var report in KalturaCatalog.Shared.Reports)
            foreach (var action in new[] { "table", "csv" })
                foreach (var kind in Enum.GetValues<SecondPathKind>().Where(k => k != SecondPathKind.Same))
                {
                    var spec = new SourceSpec { Report = report.Id, Action = action };
                    if (s_rules.Check(spec).Any() || s_rules.FindSecondPathFault(spec, kind) is not null) continue;
                    offered++;
                    var other = Path(spec, kind).Source;
                    Assert.Empty(s_rules.Check(other));
                    Assert.NotEqual(spec, other);
                }
        Assert.True(offered > 200, $"{offered} ways");
    }

    private static SecondPath Path(SourceSpec spec, SecondPathKind kind)
    {
        var (path, fault) = SecondPaths.Find(spec, kind, KalturaCatalog.Shared);
        Assert.Null(fault);
        return path!;
    }
}
