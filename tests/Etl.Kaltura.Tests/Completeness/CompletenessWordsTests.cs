using Etl.Kaltura.Completeness;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Completeness;

/// <summary>What the rule says, to the word and to the page: people decide by it at night, and the next request is made from it.</summary>
public class CompletenessWordsTests
{
    private static readonly string[] s_header = ["object_id", "count_plays"];

    private static PageFacts Page(int number, int rows, int asked = 10, long? count = null) => new(number, asked, rows) { Header = rows > 0 ? s_header : null, TotalCount = count };

    private static Judgement Pages(int cap, bool largePagesFail, params PageFacts[] pages) =>
        CompletenessRule.Judge(new ChainFacts(Route.Pages, cap) { Size = 10, LargePagesFail = largePagesFail, HasTotals = true, Pages = pages });

    [Fact]
    public void Page_that_ends_at_the_cap_is_asked_for_and_one_beyond_it_is_not()
    {
        Assert.Equal((Step.Page, 2, 10), Short(Pages(20, false, Page(1, 10))));
        var beyond = Pages(19, false, Page(1, 10));
        Assert.Equal((Step.Restart, RestartKind.OnePage, 1, "page 2 of 10 rows would lie beyond the cap of 19 rows."), (beyond.Step, beyond.Why, beyond.Page, beyond.Found));
        Assert.Equal(Step.Capped, Pages(19, true, Page(1, 10)).Step);
    }

    [Fact]
    public void Too_many_pages_name_the_page_that_was_not_asked_for()
    {
        var end = Pages(int.MaxValue, false, [.. Enumerable.Range(1, CompletenessRule.MaxPages).Select(n => Page(n, 10))]);
        Assert.Equal((501, "500 pages of 10 rows did not reach the end."), (end.Page, end.Found));
    }

    [Fact]
    public void Short_page_before_others_is_named_with_the_page_behind_it()
    {
        var short_ = Pages(100, false, Page(1, 10), Page(2, 9), Page(3, 10));
        Assert.Equal((2, "page 2 had 9 rows of 10 asked, and page 3 was asked for."), (short_.Page, short_.Found));
    }

    [Fact]
    public void Request_behind_a_short_page_is_the_next_page_up_to_the_cap_and_a_smaller_one_beyond_it()
    {
        Assert.Equal((Step.Again, 2, 10), Short(Pages(20, false, Page(1, 5))));
        // Twelve rows before it: page 2 of 12 begins there, and so does page 3 of 6 where the server gives ten at most.
        Assert.Equal((Step.Again, 2, 12), Short(Pages(29, false, Page(1, 10), Page(2, 2))));
        Assert.Equal((Step.Again, 3, 6), Short(Pages(29, true, Page(1, 10), Page(2, 2))));
        // No divisor but one fits.
        Assert.Equal((Step.Again, 8, 1), Short(Pages(13, false, Page(1, 7))));
    }

    [Fact]
    public void Header_that_changes_is_told_of_the_later_page_with_both()
    {
        var facts = new ChainFacts(Route.Pages, 100) { Size = 10, Pages = [Page(1, 5)], Again = new PageFacts(2, 10, 1) { Header = ["other"] } };
        var changed = CompletenessRule.Judge(facts);
        Assert.Equal((2, "page 2 has other columns (other) than page 1 (object_id, count_plays)."), (changed.Page, changed.Found));
    }

    [Theory]
    [InlineData(200, false)]
    [InlineData(201, true)]
    public void Long_header_is_cut_at_two_hundred_characters(int length, bool isCut)
    {
        var name = new string('x', length);
        var changed = Pages(100, false, Page(1, 10), Page(2, 10) with { Header = [name] });
        Assert.Contains(isCut ? $"({name[..200]}…)" : $"({name})", changed.Found, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true, "page 1 is empty (header, data and count absent), but the totals are not: the query failed inside the service.")]
    [InlineData(false, "page 1 is empty, but the totals are not: the query failed inside the service.")]
    public void Empty_page_tells_whether_all_was_absent(bool isAllAbsent, string found)
    {
        var facts = new ChainFacts(Route.Pages, 50) { Size = 10, HasTotals = true, Pages = [new PageFacts(1, 10, 0) { IsAllAbsent = isAllAbsent }], Totals = new TotalsFacts(true, false) };
        Assert.Equal(found, CompletenessRule.Judge(facts).Found);
    }

    [Theory]
    [InlineData(true, "the file has no table, but the totals are not empty: the table is missing.")]
    [InlineData(false, "the file has no table, but the totals have no header: the query failed inside the service.")]
    public void Empty_report_file_tells_what_speaks_against_it(bool hasHeader, string found) =>
        Assert.Equal(found, CompletenessRule.Judge(new ChainFacts(Route.ReportFile, 50) { HasTotals = true, Pages = [new PageFacts(1, 0, 0)], Totals = new TotalsFacts(hasHeader, !hasHeader) }).Found);

    [Theory]
    [InlineData(3L, "file-rows-match-count", null)]
    [InlineData(0L, "file-end", "The file does not tell how many rows it has.")]
    [InlineData(null, "file-end", null)]
    public void Report_file_notes_a_count_that_it_does_not_tell(long? count, string word, string? note)
    {
        var whole = CompletenessRule.Judge(new ChainFacts(Route.ReportFile, 50) { Pages = [Page(1, 3, 0, count)] });
        Assert.Equal((Step.Whole, word, note), (whole.Step, whole.Word, whole.Note));
    }

    [Theory]
    [InlineData(0, true, "Empty", "The file has no rows; it was fetched twice and was the same.")]
    [InlineData(5, true, "Whole", "The file does not end with a line feed; it was fetched twice and was the same.")]
    [InlineData(0, false, "Restart", "the file had no rows, and was another one when it was fetched again (70 and 71 bytes).")]
    [InlineData(5, false, "Restart", "the file did not end with a line feed, and was another one when it was fetched again (70 and 71 bytes).")]
    public void Background_file_that_proves_nothing_by_itself_is_told_as_what_it_was(int rows, bool isSame, string step, string text)
    {
        var file = new PageFacts(1, 0, rows) { HasOpenEnd = rows > 0, Sha256 = "aa", Bytes = 70 };
        var facts = new ChainFacts(Route.BackgroundFile, int.MaxValue) { Pages = [file] };
        Assert.Equal(Step.Again, CompletenessRule.Judge(facts).Step);
        var judged = CompletenessRule.Judge(facts with { Again = isSame ? file : file with { Sha256 = "bb", Bytes = 71 } });
        Assert.Equal((step, text), (judged.Step.ToString(), judged.Step == Step.Restart ? judged.Found : judged.Note));
    }

    private static (Step Step, int Page, int Size) Short(Judgement judged) => (judged.Step, judged.Page, judged.Size);
}
