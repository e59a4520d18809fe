using System.Globalization;
using System.Text.Json.Nodes;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Lists;
using Etl.Kaltura.Reports;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Lists;

/// <summary>Entries against a scripted service: every object once, whatever the list does while it is read.</summary>
public sealed class EntrySourceTests
{
    private static readonly SourceSpec s_entries = new() { Action = "entries" };

    [Fact]
    public async Task Short_list_is_one_call_with_the_windows_end_as_its_bound()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(3);
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_entries);

        Assert.Equal(["e000000", "e000001", "e000002"], rig.Sink.Column("id"));
        var call = Assert.Single(rig.Server.Calls);
        Assert.Equal("/api_v3/service/baseEntry/action/list", call.Path);
        Assert.Equal("KalturaBaseEntryFilter", call.Form["filter[objectType]"]);
        Assert.Equal("+createdAt", call.Form["filter[orderBy]"]);
        // 2026-03-10 in UTC ends at 1773187200; the bound is its last second.
        Assert.Equal("1773187199", call.Form["filter[createdAtLessThanOrEqual]"]);
        Assert.Equal("315360001", call.Form["filter[createdAtGreaterThanOrEqual]"]);
        Assert.Contains("streamPassword", call.Form["responseProfile[fields]"], StringComparison.Ordinal);
        Assert.Equal("one-answer", Assert.Single(outcome.Proof.Chains).Stop);
        Assert.False(outcome.Proof.KnownEmpty);
        Assert.Equal(["id"], outcome.Schema.Key);
    }

    [Fact]
    public async Task Created_and_updated_take_the_window_only()
    {
        await using var rig = new Rig();
        var list = new FakeList();
        list.Objects.Add(FakeList.Entry("before", 1_773_100_799));
        list.Objects.Add(FakeList.Entry("first", 1_773_100_800));
        list.Objects.Add(FakeList.Entry("last", 1_773_187_199));
        list.Objects.Add(FakeList.Entry("after", 1_773_187_200));
        rig.Server.Script = list.Reply;

        await rig.PullAsync(s_entries with { Take = "created" });
        Assert.Equal(["first", "last"], rig.Sink.Column("id"));
        await rig.PullAgainAsync(s_entries with { Take = "updated" });
        // Updated ten seconds after creation.
        Assert.Equal(["before", "first"], rig.Sink.Column("id"));
        await rig.PullAgainAsync(s_entries);
        Assert.Equal(["before", "first", "last"], rig.Sink.Column("id"));
    }

    [Theory]
    [InlineData(499, 1)]
    [InlineData(500, 1)]
    [InlineData(501, 1)]
    [InlineData(1_700, 3)]
    [InlineData(5_200, 1)]
    [InlineData(12_345, 7)]
    [InlineData(2_600, 1_300)]
    public async Task List_of_many_pages_comes_once_each(int count, int perSecond)
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList().With(count, perSecond: perSecond).Reply;

        var outcome = await rig.PullAsync(s_entries);

        Assert.Equal(count, outcome.Rows);
        Assert.Equal(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"e{i:000000}")), rig.Sink.Column("id"));
        Assert.All(outcome.Proof.Chains, c => Assert.Contains(c.Stop, (string[])["one-answer", "count-equal"]));
        Assert.Empty(outcome.Proof.Restarts);
        Assert.Equal(1, rig.Sink.Starts);
    }

    [Fact]
    public async Task Service_that_refuses_large_queries_is_asked_for_smaller_ranges()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList { RefuseLarge = true }.With(25_000, perSecond: 2).Reply;

        var outcome = await rig.PullAsync(s_entries);

        Assert.Equal(25_000, outcome.Rows);
        Assert.Equal(25_000, rig.Sink.Column("id").Distinct().Count());
        Assert.InRange(outcome.Proof.Calls, 50, 130);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task More_than_a_caps_worth_in_one_second_fails_as_truncated(bool refuse)
    {
        await using var rig = new Rig();
        var list = new FakeList { RefuseLarge = refuse }.With(10_001, perSecond: 20_000).With(5, 1_700_000_100);
        rig.Server.Script = list.Reply;

        var failure = await rig.FailAsync(s_entries);

        Assert.Equal(("truncated", FaultKind.Window), (failure.Code, failure.Kind));
        Assert.Contains("more than 10000 objects share createdAt 1700000000", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Clamped_pages_lose_nothing()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList { MaxPage = 100 }.With(730, perSecond: 250).Reply;
        Assert.Equal(730, (await rig.PullAsync(s_entries)).Rows);
        Assert.Equal(730, rig.Sink.Column("id").Distinct().Count());
    }

    [Fact]
    public async Task Entry_created_during_the_listing_is_a_later_windows()
    {
        await using var rig = new Rig();
        var list = new FakeList { Before = (n, l) => l.Objects.Add(FakeList.Entry($"new{n}", 1_773_187_200 + n)) }.With(1_200);
        rig.Server.Script = list.Reply;
        var outcome = await rig.PullAsync(s_entries);
        Assert.Equal(1_200, outcome.Rows);
        Assert.DoesNotContain(rig.Sink.Column("id"), id => id!.StartsWith("new", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Entry_deleted_during_the_listing_takes_no_other_along(int at)
    {
        await using var rig = new Rig();
        var list = new FakeList { Before = (n, l) => { if (n == at) l.Objects.RemoveAt(0); } }.With(1_600, perSecond: 700);
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_entries);

        // By page number alone, one of the others would have slipped from page to page unseen.
        Assert.Equal(list.Objects.Select(o => (string?)o["id"]), rig.Sink.Column("id"));
        Assert.Equal("count-equal", Assert.Single(outcome.Proof.Chains).Stop);
    }

    [Fact]
    public async Task Entry_that_turns_up_behind_the_reader_is_seen_by_the_count()
    {
        await using var rig = new Rig();
        var list = new FakeList { Before = (n, l) => { if (n == 3) l.Objects.Add(FakeList.Entry("late", 1_700_000_005)); } }.With(1_600);
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_entries);

        Assert.Equal(1_601, outcome.Rows);
        Assert.Contains("late", rig.Sink.Column("id"));
        Assert.Single(outcome.Proof.Restarts);
    }

    [Theory]
    [InlineData(-7)]
    [InlineData(+3)]
    [InlineData(-100_000)]
    public async Task Count_that_is_off_is_outvoted_by_two_equal_readings(int off)
    {
        await using var rig = new Rig();
        var list = new FakeList { Total = n => n == 0 ? 0 : Math.Max(0, n + off) }.With(1_300);
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_entries);

        Assert.Equal(1_300, outcome.Rows);
        Assert.Equal("two-readings-equal", Assert.Single(outcome.Proof.Chains).Stop);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("two readings brought the same 1300", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Missing_counts_are_outvoted_too()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList { Total = _ => null }.With(1_300).Reply;
        Assert.Equal(1_300, (await rig.PullAsync(s_entries)).Rows);
    }

    [Fact]
    public async Task Objects_that_are_counted_and_not_sent_do_not_end_the_listing()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(1_400);
        // A whole page of them at the beginning, and some in the middle.
        for (var i = 0; i < 500; i++) list.Hidden.Add((string)list.Objects[i]["id"]!);
        list.Hidden.Add("e000777");
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_entries);

        Assert.Equal(899, outcome.Rows);
        Assert.Equal("two-readings-equal", Assert.Single(outcome.Proof.Chains).Stop);
    }

    [Fact]
    public async Task List_that_never_settles_fails_and_may_be_tried_again()
    {
        await using var rig = new Rig();
        var list = new FakeList { Before = (n, l) => l.Objects.Add(FakeList.Entry($"x{n}", 1_700_000_000)) }.With(700);
        rig.Server.Script = list.Reply;
        var failure = await rig.FailAsync(s_entries);
        Assert.Equal(("unsettled", true), (failure.Code, failure.IsTransient));
    }

    [Fact]
    public async Task Empty_list_is_asked_twice()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList().Reply;
        var outcome = await rig.PullAsync(s_entries);
        Assert.Equal((0, true, 2), (outcome.Rows, outcome.Proof.KnownEmpty, outcome.Proof.Calls));
        Assert.Equal(1, rig.Sink.Starts);
    }

    [Fact]
    public async Task Null_list_with_a_count_is_a_damaged_answer()
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => """{"totalCount":3,"objectType":"KalturaBaseEntryListResponse"}""";
        var failure = await rig.FailAsync(s_entries);
        Assert.Equal("not-json", failure.Code);
        Assert.Contains("announces 3 objects", failure.Message, StringComparison.Ordinal);
        Assert.Equal(3, rig.Server.Calls.Count);
    }

    [Theory]
    [InlineData("""null""", "not-json")]
    [InlineData("""[]""", "not-json")]
    [InlineData("""{"totalCount":1,"objects":[{"name":"a","createdAt":1700000000}]}""", "bad-row")]
    [InlineData("""{"totalCount":1,"objects":[{"id":"a"}]}""", "bad-row")]
    [InlineData("""{"totalCount":1,"objects":[null]}""", "bad-row")]
    [InlineData("""{"totalCount":1,"objects":[{"id":"a","createdAt":1873187200}]}""", "range-ignored")]
    [InlineData("""{"totalCount":2,"objects":[{"id":"a","createdAt":1700000005},{"id":"b","createdAt":1700000004}]}""", "order-ignored")]
    [InlineData("""{"code":"SERVICE_FORBIDDEN","message":"no","objectType":"KalturaAPIException","args":[]}""", "SERVICE_FORBIDDEN")]
    public async Task Answer_that_is_not_what_was_asked_fails(string body, string code)
    {
        await using var rig = new Rig();
        rig.Server.Script = _ => body;
        var failure = await rig.FailAsync(s_entries);
        Assert.Equal(code, failure.Code);
    }

    [Fact]
    public async Task Cells_are_typed_by_the_catalogue_and_what_cannot_be_is_refused_without_its_credentials()
    {
        await using var rig = new Rig();
        var list = new FakeList();
        list.Objects.Add(FakeList.Entry("1", 1_700_000_000, ("duration", 61), ("plays", "12"), ("rank", 4.5), ("blockAutoTranscript", false), ("partnerId", 99),
            ("capabilities", ""), ("dataUrl", "https://cdn/p/9/ks/djJ8abcdefghijklmnop/entryId/1"), ("operationAttributes", new JsonArray(new JsonObject { ["a"] = 1 })), ("streamPassword", "canary-stream")));
        list.Objects.Add(FakeList.Entry("2", 1_700_000_001, ("duration", "long"), ("tags", null),
            ("dataUrl", "https://cdn/p/9/ks/djJ8abcdefghijklmnop/entryId/2"), ("streamPassword", "canary-stream")));
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_entries);

        string? Cell(int row, string column) => rig.Sink.Rows[row][outcome.Schema.IndexOf(column)];
        Assert.Equal("61", Cell(0, "duration"));
        Assert.Equal("12", Cell(0, "plays"));
        Assert.Equal("4.5", Cell(0, "rank"));
        Assert.Equal("False", Cell(0, "blockAutoTranscript"));
        Assert.Equal("99", Cell(0, "partnerId"));
        Assert.Equal("", Cell(0, "capabilities"));
        Assert.Equal("""[{"a":1}]""", Cell(0, "operationAttributes"));
        Assert.Equal("1700000000000000", Cell(0, "createdAt"));
        Assert.DoesNotContain("djJ8", Cell(0, "dataUrl"), StringComparison.Ordinal);
        Assert.Null(Cell(1, "duration"));
        Assert.Null(Cell(1, "tags"));
        Assert.Equal(("duration", "\"long\"", 2L), (rig.Sink.Notes[0].Column, rig.Sink.Notes[0].Raw, rig.Sink.Notes[0].Row));
        Assert.Contains("\"duration\":\"long\"", Assert.Single(rig.Sink.Refused).Raw, StringComparison.Ordinal);
        Assert.All(rig.Sink.Refused, r => Assert.DoesNotContain("djJ8", r.Raw, StringComparison.Ordinal));
        Assert.All(rig.Sink.Refused, r => Assert.DoesNotContain("canary-stream", r.Raw, StringComparison.Ordinal));
        Assert.Equal(-1, outcome.Schema.IndexOf("streamPassword"));
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("'streamPassword' holds a credential", StringComparison.Ordinal));
        Assert.DoesNotContain("canary-stream", string.Concat(rig.Sink.Raw.Values), StringComparison.Ordinal);
        Assert.Contains("\"streamPassword\":\"***\"", string.Concat(rig.Sink.Raw.Values), StringComparison.Ordinal);
        Assert.Equal(ColumnType.Timestamp, outcome.Schema.Columns[outcome.Schema.IndexOf("createdAt")].Type);
        Assert.Equal(ColumnType.Text, outcome.Schema.Columns[outcome.Schema.IndexOf("id")].Type);
    }

    [Fact]
    public async Task Column_that_shows_late_begins_the_list_again_once_for_all_of_them()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(12_000);
        list.Objects[6_000]["novel"] = "x";
        list.Objects[11_000]["another"] = 7;
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_entries);

        Assert.Equal(12_000, outcome.Rows);
        Assert.Equal(12_000, rig.Sink.Rows.Count);
        Assert.Equal(["another", "novel"], outcome.Schema.Columns.Where(c => !c.Known).Select(c => c.Name));
        Assert.Equal(["7"], rig.Sink.Column("another").Where(c => c is not null));
        Assert.Equal(2, rig.Sink.Starts);
        Assert.Single(outcome.Proof.Restarts);
    }

    [Fact]
    public async Task Unknown_columns_go_to_the_side_map_where_the_job_says_so()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(2);
        list.Objects[1]["novel"] = "x";
        list.Objects[1]["_own"] = 7;
        list.Objects[1]["empty"] = "";
        rig.Server.Script = list.Reply;
        var outcome = await rig.PullAsync(s_entries, Rig.Request(policy: SchemaPolicy.Ignore));
        Assert.Equal(-1, outcome.Schema.IndexOf("novel"));
        Assert.Equal([null, """{"_own":"7","novel":"x"}"""], rig.Sink.Column("_extra"));
        Assert.Equal(1, rig.Sink.Starts);
        Assert.Equal(["_own", "empty", "novel"], outcome.Schema.Drift.Extra);
        Assert.Contains(outcome.Proof.Notes, n => n.Contains("'novel'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Filter_goes_under_the_type_that_has_its_fields()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList().With(1).Reply;
        var filter = new Dictionary<string, FilterValue> { ["mediaTypeIn"] = new(["1", "5"], true), ["tagsLike"] = new(["a b"], false) };
        await rig.PullAsync(s_entries with { Filter = filter, Accounts = ["77"] });
        var form = Assert.Single(rig.Server.Calls).Form;
        Assert.Equal(("KalturaMediaEntryFilter", "1,5", "a b"), (form["filter[objectType]"], form["filter[mediaTypeIn]"], form["filter[tagsLike]"]));
    }

    [Fact]
    public async Task Search_asks_for_entries_without_captions_in_order()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList().With(1_300).Reply;
        var spec = s_entries with
        {
            Search = new Dictionary<string, FilterValue> { ["captions"] = new(["missing"], false), ["media_type"] = new(["1", "5"], true), ["user_id"] = new(["ann"], false) },
        };

        Assert.Equal(1_300, (await rig.PullAsync(spec)).Rows);

        var form = rig.Server.Calls[0].Form;
        const string Items = "searchParams[searchOperator][searchItems]";
        Assert.Equal("/api_v3/service/elasticsearch_esearch/action/searchEntry", rig.Server.Calls[0].Path);
        Assert.Equal(("KalturaESearchEntryItem", "created_at", "5"), (form[Items + "[0][objectType]"], form[Items + "[0][fieldName]"], form[Items + "[0][itemType]"]));
        Assert.Equal(("3", "KalturaESearchCaptionItem", "4"), (form[Items + "[1][operator]"], form[Items + "[1][searchItems][0][objectType]"], form[Items + "[1][searchItems][0][itemType]"]));
        Assert.Equal(("2", "1", "5"), (form[Items + "[2][operator]"], form[Items + "[2][searchItems][0][searchTerm]"], form[Items + "[2][searchItems][1][searchTerm]"]));
        Assert.Equal(("ann", "1"), (form[Items + "[3][searchTerm]"], form[Items + "[3][itemType]"]));
        Assert.Equal("asc", form["searchParams[orderBy][orderItems][0][sortOrder]"]);
    }

    [Theory]
    [InlineData("filter", "namelike", "a", "filter.namelike: 'namelike' is not a filter field of this list; the service would silently ignore it. Did you mean 'nameLike'?")]
    [InlineData("filter", "createdAtGreaterThanOrEqual", "1700000000", "filter.createdAtGreaterThanOrEqual: 'createdAtGreaterThanOrEqual' is filled in from the window; leave it out. 'take: created' takes what was created in it.")]
    [InlineData("filter", "partnerIdEqual", "1", "filter.partnerIdEqual: 'partnerIdEqual' is not written in a filter. Use 'accounts'.")]
    [InlineData("filter", "orderBy", "-plays", "filter.orderBy: The order is what makes the list provably whole; leave it out.")]
    [InlineData("filter", "mediaTypeEqual", "3", "filter.mediaTypeEqual: '3' is not a value of 'mediaTypeEqual'; expected 1, 2, 5, 6, 201, 202, 203, 204.")]
    [InlineData("filter", "idIn", "1_a,1_b", "filter.idIn: '1_a,1_b' holds a comma, which separates values in the request: the service would take it for several. Write several values as a list.")]
    [InlineData("filter", "durationLessThan", "long", "filter.durationLessThan: 'long' is not a whole number.")]
    [InlineData("filter", "updatedAtGreaterThanOrEqual", "-86400", "filter.updatedAtGreaterThanOrEqual: '-86400' is not an absolute unix time in seconds; the service takes numbers up to 315360000 as relative to now, so no window could be pulled twice alike.")]
    [InlineData("search", "mediaType", "1", "search.mediaType: 'mediaType' is not a field of the search; the service would refuse it or match nothing. Did you mean 'media_type'?")]
    [InlineData("search", "captions", "yes", "search.captions: 'yes' cannot be asked of captions; expected exists or missing.")]
    [InlineData("search", "is_live", "1", "search.is_live: '1' is not true or false.")]
    public void Names_and_values_are_checked_before_any_call(string map, string name, string value, string expected)
    {
        var values = new Dictionary<string, FilterValue> { [name] = new([value], false) };
        var spec = map == "filter" ? s_entries with { Filter = values } : s_entries with { Search = values };
        var fault = Assert.Single(new KalturaSourceRules(KalturaCatalog.Shared).Check(spec));
        Assert.Equal(expected, $"{fault.Path}: {fault.Message}");
    }

    [Fact]
    public void Take_filter_and_search_that_contradict_each_other_are_refused()
    {
        var rules = new KalturaSourceRules(KalturaCatalog.Shared);
        var some = new Dictionary<string, FilterValue> { ["tagsLike"] = new(["a"], false) };
        var search = new Dictionary<string, FilterValue> { ["tags"] = new(["a"], false) };
        Assert.Equal("search", Assert.Single(rules.Check(s_entries with { Filter = some, Search = search })).Path);
        Assert.Equal("take", Assert.Single(rules.Check(s_entries with { Take = "new" })).Path);
        Assert.Equal("take", Assert.Single(rules.Check(new SourceSpec { Action = "captions", Take = "created" })).Path);
        Assert.Equal("search", Assert.Single(rules.Check(new SourceSpec
        {
            Action = "captions", Search = search, Filter = new Dictionary<string, FilterValue> { ["entryIdIn"] = new(["1_a"], true) },
        })).Path);
        Assert.Empty(rules.Check(s_entries with { Filter = some, Take = "updated" }));
    }

    [Fact]
    public void What_is_taken_and_searched_is_part_of_the_definition()
    {
        var search = new Dictionary<string, FilterValue> { ["tags"] = new(["a"], false) };
        Assert.Equal(3, new[] { s_entries, s_entries with { Take = "created" }, s_entries with { Search = search } }.Select(s => s.DefinitionHash("UTC")).Distinct().Count());
    }

    [Fact]
    public void Facts_of_lists_have_types_and_no_name_twice()
    {
        foreach (var facts in new[] { ListFacts.Of("entries"), ListFacts.Of("captions") })
        {
            Assert.Equal(facts.Columns.Count, facts.Columns.Select(c => c.Name).Distinct().Count());
            Assert.All(facts.Columns, c => Assert.True(Enum.IsDefined(c.Type)));
            Assert.Empty(facts.Columns.Select(c => c.Name).Intersect(facts.Secrets));
            Assert.Contains(facts.Columns, c => c is { Name: "id", Type: ColumnType.Text });
            Assert.All(facts.Filters.Values.Concat(facts.Search.Values), f => Assert.Contains(f.Form, (string[])["text", "int", "bool", "time"]));
        }
    }
}
