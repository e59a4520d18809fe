using System.Globalization;
using Etl.Kaltura.Completeness;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Completeness;

/// <summary>
/// The rule by itself: a true pull is never refused, and a pull that is wrong in one way is never taken for whole. Seeded; a failure names its seed.
/// </summary>
public class CompletenessRuleTests
{
    private const int Seeds = 4_000;

    private static readonly string[] s_header = ["object_id", "count_plays"];

    /// <summary>A table that does not move, served page by page as the service does it.</summary>
    private sealed record TrueTable(int Rows, int Cap, int Clamp, Func<int, long?> Counts)
    {
        /// <summary>Rows behind the cap are not reached by any page.</summary>
        public PageFacts Page(int number, int size)
        {
            var most = Math.Min(size, Clamp);
            var rows = Math.Clamp(Math.Min(Rows, Cap) - (number - 1) * most, 0, most);
            return rows == 0 ? new PageFacts(number, size, 0) { IsAllAbsent = true } : new PageFacts(number, size, rows) { Header = s_header, TotalCount = Counts(number) };
        }

        public TotalsFacts Totals => new(true, Rows == 0);
    }

    /// <summary>Does what the rule says until it says how it ended.</summary>
    private static (ChainFacts Facts, Judgement End) Drive(ChainFacts facts, TrueTable table)
    {
        for (var steps = 0; ; steps++)
        {
            Assert.True(steps < 2 * CompletenessRule.MaxPages, "the rule goes on for ever");
            var next = CompletenessRule.Judge(facts);
            switch (next.Step)
            {
                case Step.Page:
                    facts = facts with { Pages = [.. facts.Pages, table.Page(next.Page, next.Size)] };
                    break;
                case Step.Again:
                    Assert.Null(facts.Again);
                    facts = facts with { Again = table.Page(next.Page, next.Size) };
                    break;
                case Step.Totals:
                    Assert.Null(facts.Totals);
                    facts = facts with { Totals = table.Totals };
                    break;
                default:
                    return (facts, next);
            }
        }
    }

    private static TrueTable Table(Random random, bool clamps = false)
    {
        var cap = random.Next(20, 60);
        var rows = random.Next(4) switch { 0 => random.Next(0, 3), 1 => cap + random.Next(-1, 5), _ => random.Next(0, cap + 10) };
        Func<int, long?> counts = random.Next(5) switch
        {
            0 => _ => null,
            1 => _ => 0,
            2 => page => Math.Max(1, rows + page % 3 - 1),
            3 => _ => Math.Max(1, rows * 103 / 100 + 1),
            _ => _ => rows,
        };
        return new TrueTable(rows, cap, clamps ? random.Next(2, 8) : int.MaxValue, counts);
    }

    private static ChainFacts Begin(TrueTable table, int size, bool largePagesFail = false, bool hasTotals = true) =>
        new(Route.Pages, table.Cap) { Size = size, LargePagesFail = largePagesFail, HasTotals = hasTotals };

    [Fact]
    public void True_table_is_whole_with_all_its_rows_or_capped_and_never_refused()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var table = Table(random);
            var (facts, end) = Drive(Begin(table, random.Next(1, table.Cap + 1), random.Next(2) == 0, random.Next(2) == 0), table);

            // The one restart of a true pull: its next page would reach beyond the cap.
            if (end.Step == Step.Restart)
            {
                Assert.True(end is { Why: RestartKind.OnePage, Word: "cap" } && !facts.LargePagesFail, $"seed {seed}: {end}");
                (facts, end) = Drive(Begin(table, table.Cap), table);
            }
            var expected = table.Rows == 0 ? Step.Empty : table.Rows >= table.Cap ? Step.Capped : Step.Whole;
            // With small pages that fail when they are large, the last page below the cap may be the last one that can be asked for.
            if (end.Step == Step.Capped && facts.LargePagesFail && table.Rows < table.Cap) expected = Step.Capped;
            Assert.True(expected == end.Step, $"seed {seed}: {end} of {table.Rows} rows, cap {table.Cap}");
            if (end.Step is Step.Whole or Step.Empty) Assert.True(facts.Rows == table.Rows, $"seed {seed}: {facts.Rows} of {table.Rows} rows");
        }
    }

    [Fact]
    public void Server_that_clamps_is_found_out_and_then_read_to_its_end()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var table = Table(random, clamps: true);
            var size = random.Next(table.Clamp + 1, table.Clamp + 10);
            var (facts, end) = Drive(Begin(table, size), table);

            if (table.Rows <= table.Clamp)
            {
                Assert.True(end.Step is Step.Whole or Step.Empty && facts.Rows == table.Rows, $"seed {seed}: {end}");
                continue;
            }
            // Unless a count that is off happens to be the clamp: then nothing on the wire tells.
            if (end.Step == Step.Whole && table.Counts(1) == table.Clamp) continue;
            Assert.True(end is { Step: Step.Restart, Word: "clamped" } && end.ShownSize == table.Clamp, $"seed {seed}: {end}");
            (facts, end) = Drive(Begin(table, end.ShownSize!.Value, largePagesFail: true), table);
            Assert.True(end.Step == Step.Capped || (end.Step == Step.Whole && facts.Rows == table.Rows), $"seed {seed}: {end}");
        }
    }

    /// <summary>Ways in which a true chain becomes a false one: what changes, and what the rule has to say of it.</summary>
    private static readonly (string Name, Func<ChainFacts, Random, ChainFacts?> Change, Func<Judgement, bool> IsRight)[] s_mutations =
    [
        ("a row is missing before the last page", (f, r) => f.Pages.Count < 2 ? null : Change(f, r.Next(f.Pages.Count - 1), p => p with { Rows = p.Rows - 1 }), j => j is { Step: Step.Restart, Word: "short-page" or "no-data" }),
        ("a key stands on two pages", (f, r) => Change(f, r.Next(f.Pages.Count), p => p with { RepeatsKey = true }), Is(Step.Restart, "duplicate-key")),
        ("a header changes", (f, r) => f.Pages.Count(p => p.Rows > 0) < 2 ? null : Change(f, r.Next(1, f.Pages.Count(p => p.Rows > 0)), p => p with { Header = ["count_plays", "object_id"] }), Is(Step.Restart, "header-changed")),
        ("a header changes behind a short page", (f, _) => f.Again is null ? null : f with { Again = f.Again with { Rows = 0, Header = ["other"] } }, Is(Step.Restart, "header-changed")),
        ("a page is larger than asked", (f, r) => Change(f, r.Next(f.Pages.Count), p => p with { Rows = p.Asked + 1 }), Is(Step.Refuse, "page-too-large")),
        ("a page has no data", (f, r) => Change(f, r.Next(f.Pages.Count), p => p with { DataIsNull = true }), Is(Step.Restart, "no-data")),
        ("rows stand behind a short last page", (f, _) => f.Again is null ? null : f with { Again = f.Again with { Rows = 1, Header = s_header } }, j => j is { Step: Step.Restart, Word: "short-page" or "clamped" }),
        ("the last page was not asked for", (f, _) => f.Pages.Count < 2 ? null : f with { Pages = [.. f.Pages.SkipLast(1)], Again = null }, j => j.Step is Step.Page or Step.Again or Step.Restart or Step.Capped),
        ("what is behind a short page was not asked for", (f, _) => f.Again is null ? null : f with { Again = null }, j => j.Step == Step.Again),
        ("the first page is not the first", (f, _) => f with { Pages = [] }, j => j is { Step: Step.Page, Page: 1 }),
        ("the cap is reached", (f, _) => f.Rows == 0 ? null : f with { Cap = (int)f.Rows }, j => j.Step is Step.Capped or Step.Restart),
        ("totalCount says more, and nothing was asked behind", (f, _) => f.Again is not null || f.Pages[^1].Rows == 0 ? null : Change(f, f.Pages.Count - 1, p => p with { TotalCount = p.TotalCount + 1 }), j => j.Step == Step.Again),
    ];

    [Fact]
    public void Chain_that_is_wrong_in_one_way_is_never_whole()
    {
        var tried = new int[s_mutations.Length];
        for (var seed = 0; seed < Seeds; seed++)
        {
            var random = new Random(seed);
            var table = Table(random);
            var (facts, end) = Drive(Begin(table, random.Next(1, table.Cap + 1)), table);
            if (end.Step != Step.Whole) continue;
            for (var i = 0; i < s_mutations.Length; i++)
            {
                if (s_mutations[i].Change(facts, random) is not { } wrong) continue;
                var judged = CompletenessRule.Judge(wrong);
                Assert.True(judged.Step is not (Step.Whole or Step.Empty) && s_mutations[i].IsRight(judged), $"seed {seed}, {s_mutations[i].Name}: {judged}");
                tried[i]++;
            }
        }
        for (var i = 0; i < tried.Length; i++) Assert.True(tried[i] > 100, $"'{s_mutations[i].Name}' was tried {tried[i]} times only");
    }

    [Theory]
    [InlineData(false, true, "the totals have no header")]
    [InlineData(true, false, "the totals are not")]
    [InlineData(false, false, "the totals have no header")]
    public void Empty_table_is_proven_by_empty_totals_only(bool hasHeader, bool isEmpty, string found)
    {
        var facts = new ChainFacts(Route.Pages, 50) { Size = 10, HasTotals = true, Pages = [new PageFacts(1, 10, 0) { IsAllAbsent = true }] };

        Assert.Equal(Step.Totals, CompletenessRule.Judge(facts).Step);
        Assert.Equal(Step.Empty, CompletenessRule.Judge(facts with { Totals = new TotalsFacts(true, true) }).Step);
        var judged = CompletenessRule.Judge(facts with { Totals = new TotalsFacts(hasHeader, isEmpty) });
        Assert.Equal((Step.Restart, "empty-unproven", true), (judged.Step, judged.Word, judged.IsTransient));
        Assert.Contains(found, judged.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Empty_table_without_totals_is_asked_twice()
    {
        var facts = new ChainFacts(Route.Pages, 50) { Size = 10, Pages = [new PageFacts(1, 10, 0)] };

        Assert.Equal((Step.Again, 1, 10), CompletenessRule.Judge(facts) is var again ? (again.Step, again.Page, again.Size) : default);
        Assert.Equal(Step.Empty, CompletenessRule.Judge(facts with { Again = new PageFacts(1, 10, 0) }).Step);
        Assert.Equal("empty-unproven", CompletenessRule.Judge(facts with { Again = new PageFacts(1, 10, 3) { Header = s_header } }).Word);
    }

    [Fact]
    public void Empty_first_page_with_a_count_is_no_data() =>
        Assert.Equal("no-data", CompletenessRule.Judge(new ChainFacts(Route.Pages, 50) { Size = 10, HasTotals = true, Pages = [new PageFacts(1, 10, 0) { TotalCount = 1 }] }).Word);

    [Fact]
    public void Same_full_page_for_ever_ends_at_the_page_limit()
    {
        var pages = Enumerable.Range(1, CompletenessRule.MaxPages).Select(n => new PageFacts(n, 10, 10) { Header = s_header }).ToList();
        var facts = new ChainFacts(Route.Pages, 12_000) { Size = 10, Pages = pages };

        Assert.Equal((Step.Restart, "too-many-pages"), CompletenessRule.Judge(facts) is var end ? (end.Step, end.Word) : default);
        Assert.Equal(Step.Page, CompletenessRule.Judge(facts with { Pages = pages[..^1] }).Step);
    }

    [Theory]
    [InlineData(100, 100, null)]
    [InlineData(97, 100, "counts 97 rows, and 100 came")]
    [InlineData(0, 100, null)]
    public void Count_that_is_an_estimate_is_told(int count, int rows, string? told)
    {
        var facts = new ChainFacts(Route.Pages, 12_000) { Size = 1000, Pages = [new PageFacts(1, 1000, rows) { Header = s_header, TotalCount = count }], Again = new PageFacts(2, 1000, 0) };

        var end = CompletenessRule.Judge(facts);

        Assert.Equal(Step.Whole, end.Step);
        if (told is null) Assert.Null(end.Note);
        else Assert.Contains(told, end.Note, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", 30, 30L, "Whole", "file-rows-match-count")]
    [InlineData("true", 30, 0L, "Whole", "file-end")]
    [InlineData("true", 30, null, "Whole", "file-end")]
    [InlineData("true", 0, null, "Empty", "known-empty")]
    [InlineData("true", 60, 200L, "Capped", "cap")]
    [InlineData("title", 30, 30L, "Restart", "csv-other-file")]
    [InlineData("totals", 30, 30L, "Restart", "csv-cut")]
    [InlineData("true", 29, 30L, "Restart", "csv-row-count")]
    [InlineData("true", 31, 30L, "Restart", "csv-row-count")]
    [InlineData("true", 0, 30L, "Restart", "csv-row-count")]
    [InlineData("true", 61, 61L, "Refuse", "page-too-large")]
    [InlineData("totals-in-file", 0, null, "Restart", "empty-unproven")]
    [InlineData("totals-failed", 0, null, "Restart", "empty-unproven")]
    [InlineData("totals-not-empty", 0, null, "Restart", "empty-unproven")]
    [InlineData("totals-not-asked", 0, null, "Totals", "")]
    public void Report_file_is_judged_by_its_own_words(string kind, int rows, long? count, string step, string word)
    {
        var facts = new ChainFacts(Route.ReportFile, 60)
        {
            HasTotals = true,
            Pages = [new PageFacts(1, 60, rows) { TotalCount = count, HasOtherTitle = kind == "title", LacksTotals = kind == "totals" }],
            Totals = kind == "totals-not-asked" ? null : new TotalsFacts(kind != "totals-failed", kind != "totals-not-empty"),
            TotalsInFile = new TotalsFacts(true, kind != "totals-in-file" && rows == 0),
        };

        var end = CompletenessRule.Judge(facts);

        Assert.Equal((step, word), (end.Step.ToString(), end.Word));
    }

    [Theory]
    [InlineData(false, 99, false, null, "Whole", "file-end")]
    [InlineData(false, 100, false, null, "Capped", "cap")]
    [InlineData(false, 101, false, null, "Refuse", "page-too-large")]
    [InlineData(false, 0, false, null, "Again", "")]
    [InlineData(false, 0, false, 0, "Empty", "known-empty")]
    [InlineData(false, 0, false, 1, "Restart", "empty-unproven")]
    [InlineData(true, 5, false, null, "Whole", "file-end")]
    [InlineData(true, 5, true, null, "Again", "")]
    [InlineData(true, 5, true, 5, "Whole", "file-twice")]
    [InlineData(true, 5, true, 6, "Restart", "file-unproven")]
    [InlineData(true, 0, false, null, "Again", "")]
    [InlineData(true, 0, false, 0, "Empty", "known-empty")]
    [InlineData(true, 0, false, 2, "Restart", "file-unproven")]
    public void File_that_announces_nothing_is_whole_by_its_end_or_by_coming_twice(bool isBackground, int rows, bool openEnd, int? again, string step, string word)
    {
        PageFacts File(int count) => new(1, 100, count) { HasOpenEnd = openEnd, Sha256 = count.ToString(CultureInfo.InvariantCulture) };
        var end = CompletenessRule.Judge(new ChainFacts(isBackground ? Route.BackgroundFile : Route.CustomFile, isBackground ? int.MaxValue : 100) { Pages = [File(rows)], Again = again is { } second ? File(second) : null });

        Assert.Equal((step, word), (end.Step.ToString(), end.Word));
    }

    [Theory]
    [InlineData(true, false, false, null, false, "Whole", "one-answer")]
    [InlineData(false, false, false, null, false, "Totals", "")]
    [InlineData(false, false, true, 7L, false, "Whole", "count-equal")]
    [InlineData(false, true, true, 7L, false, "Again", "unsettled")]
    [InlineData(false, true, true, 7L, true, "Whole", "count-equal")]
    [InlineData(false, false, true, 8L, false, "Again", "unsettled")]
    [InlineData(false, false, true, 8L, true, "Whole", "two-readings-equal")]
    [InlineData(false, false, true, null, true, "Whole", "two-readings-equal")]
    [InlineData(false, false, true, null, false, "Again", "unsettled")]
    public void Slice_of_a_list_is_whole_by_its_count_or_by_two_equal_readings(bool oneAnswer, bool paged, bool counted, long? count, bool equal, string step, string word)
    {
        var end = CompletenessRule.Judge(new SliceFacts(7) { IsOneAnswer = oneAnswer, IsPaged = paged, IsCounted = counted, Count = count, EqualsBefore = equal });

        Assert.Equal((step, word), (end.Step.ToString(), end.Word));
        Assert.Equal(word == "two-readings-equal", end.Note is not null);
    }

    private static ChainFacts Change(ChainFacts facts, int page, Func<PageFacts, PageFacts> change) => facts with { Pages = [.. facts.Pages.Select((p, i) => i == page ? change(p) : p)] };

    private static Func<Judgement, bool> Is(Step step, string word) => j => j.Step == step && j.Word == word;
}
