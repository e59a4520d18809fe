using System.Globalization;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Lists;

/// <summary>List actions: filters, pager and the wall of 10,000.</summary>
[Collection(SharedSandbox.Name)]
public class ListTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    private Task<JsonElement> ListAsync(string service, params (string, string?)[] fields) => ListAsync(_api, service, fields);

    private static async Task<JsonElement> ListAsync(Api api, string service, params (string, string?)[] fields) =>
        JsonDocument.Parse(await api.PostAsync(service, service == "elasticsearch_esearch" ? "searchEntry" : "list", Api.Merge([("ks", api.Ks)], fields))).RootElement;

    private async Task<List<JsonElement>> TruthAsync(string kind) =>
        [.. (await _api.Http.GetStringAsync(new Uri(_api.Server.BaseUrl, "sandbox/truth-list?of=" + kind)))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];

    private static string[] Ids(JsonElement list) => [.. Objects(list).Select(Id)];

    private static string Id(JsonElement item) => item.GetProperty("id").ToString();

    private static IEnumerable<JsonElement> Objects(JsonElement list) => list.GetProperty("objects").EnumerateArray();

    [Theory]
    [InlineData("baseEntry", "entries", "KalturaBaseEntryListResponse")]
    [InlineData("user", "users", "KalturaUserListResponse")]
    [InlineData("entryServerNode", "nodes", "KalturaEntryServerNodeListResponse")]
    public async Task List_holds_the_truth(string service, string kind, string objectType)
    {
        var truth = (await TruthAsync(kind)).Where(item => service != "baseEntry" || item.GetProperty("status").GetString() == "2").ToDictionary(Id, item => item.ToString());
        var list = await ListAsync(service, ("pager[pageSize]", "500"));

        Assert.Equal(objectType, list.GetProperty("objectType").GetString());
        Assert.Equal(truth.Count, list.GetProperty("totalCount").GetInt32());
        Assert.Equal(truth.Keys.Order(), Ids(list).Order());
        Assert.All(Objects(list), item => Assert.Equal(truth[Id(item)], item.ToString()));
    }

    [Fact]
    public async Task Pager_is_thirty_by_default_and_500_at_most()
    {
        await using var big = await Api.StartAsync(SandboxFixture.Options with { Entries = 700 });

        Assert.Equal(30, Objects(await ListAsync(big, "baseEntry")).Count());
        Assert.Equal(500, Objects(await ListAsync(big, "baseEntry", ("pager[pageSize]", "5000"))).Count());
        var pages = new List<string>();
        for (var page = 1; page <= 8; page++)
            pages.AddRange(Ids(await ListAsync(big, "baseEntry", ("pager[pageSize]", "100"), ("pager[pageIndex]", $"{page}"))));
        Assert.Equal((await ListAsync(big, "baseEntry")).GetProperty("totalCount").GetInt32(), pages.Distinct().Count());
    }

    [Fact]
    public async Task Rows_beyond_10000_are_refused_and_found_by_creation_time()
    {
        await using var big = await Api.StartAsync(SandboxFixture.Options with { Entries = 10_600, CompactAbove = 20_000 });
        var beyond = await ListAsync(big, "baseEntry", ("pager[pageSize]", "500"), ("pager[pageIndex]", "21"));
        var last = await ListAsync(big, "baseEntry", ("pager[pageSize]", "500"), ("pager[pageIndex]", "20"));
        var oldest = Objects(last).Last().GetProperty("createdAt").GetInt64();
        var rest = await ListAsync(big, "baseEntry", ("pager[pageSize]", "500"), ("filter[createdAtLessThanOrEqual]", $"{oldest}"));

        Assert.Equal("QUERY_EXCEEDED_MAX_MATCHES_ALLOWED", beyond.GetProperty("code").GetString());
        Assert.Equal(500, Objects(last).Count());
        Assert.InRange(last.GetProperty("totalCount").GetInt32(), 10_001, 10_600);
        Assert.Equal(last.GetProperty("totalCount").GetInt32() - 9_999, rest.GetProperty("totalCount").GetInt32());
    }

    [Fact]
    public async Task Creation_range_is_closed_and_ordered()
    {
        var all = Objects(await ListAsync("baseEntry", ("pager[pageSize]", "500"), ("filter[orderBy]", "+createdAt"))).ToList();
        var (from, to) = (all[10].GetProperty("createdAt").GetInt64(), all[20].GetProperty("createdAt").GetInt64());
        var part = await ListAsync("baseEntry", ("filter[orderBy]", "+createdAt"), ("filter[createdAtGreaterThanOrEqual]", $"{from}"), ("filter[createdAtLessThanOrEqual]", $"{to}"));

        Assert.Equal(all[10..21].Select(Id), Ids(part));
        Assert.Equal(all.AsEnumerable().Reverse().Take(30).Select(Id), Ids(await ListAsync("baseEntry")));
        var recent = await ListAsync("baseEntry", ("filter[createdAtGreaterThanOrEqual]", "-86400000"));
        Assert.All(Objects(recent), item => Assert.True(item.GetProperty("createdAt").GetInt64() >= SandboxFixture.Now.ToUnixTimeSeconds() - 86_400_000));
    }

    [Fact]
    public async Task Ids_narrow_and_unknown_or_deleted_ones_are_left_out()
    {
        var ids = Ids(await ListAsync("baseEntry"))[..3];

        Assert.Equal(ids.Order(), Ids(await ListAsync("baseEntry", ("filter[idIn]", string.Join(',', ids) + ",1_nothing0"))).Order());
        Assert.Equal(ids[..1], Ids(await ListAsync("baseEntry", ("filter[idEqual]", ids[0]))));
        Assert.Equal(["user7@example.com"], Ids(await ListAsync("user", ("filter[idIn]", "user7@example.com,user40@example.com"))));
    }

    [Fact]
    public async Task Status_is_ready_unless_the_filter_speaks_of_it()
    {
        Assert.All(Objects(await ListAsync("baseEntry", ("pager[pageSize]", "500"))), item => Assert.Equal("2", item.GetProperty("status").GetString()));
        var errors = Objects(await ListAsync("baseEntry", ("filter[statusIn]", "3"))).ToList();
        Assert.NotEmpty(errors);
        Assert.All(errors, item => Assert.Equal("3", item.GetProperty("status").GetString()));
    }

    [Fact]
    public async Task Names_agree_with_reports()
    {
        var table = await _api.TableAsync(38, ("responseOptions[delimiter]", "|~|"));
        var id = table.Cells("object_id").First();
        var entry = Objects(await ListAsync("baseEntry", ("filter[idEqual]", id))).Single();

        Assert.Equal(entry.GetProperty("name").GetString()!.Replace(';', ' '), table.Cells("entry_name").First());
        Assert.Equal(entry.GetProperty("createdAt").ToString(), table.Cells("created_at").First());
    }

    [Fact]
    public async Task Captions_are_listed_per_entry()
    {
        var truth = await TruthAsync("captions");
        var entry = truth[0].GetProperty("entryId").GetString()!;
        var list = await ListAsync("caption_captionAsset", ("filter[objectType]", "KalturaAssetFilter"), ("filter[entryIdEqual]", entry));

        Assert.Equal("KalturaCaptionAssetListResponse", list.GetProperty("objectType").GetString());
        Assert.Equal(truth.Where(c => c.GetProperty("entryId").GetString() == entry).Select(Id), Ids(list));
        Assert.Equal("PROPERTY_VALIDATION_CANNOT_BE_NULL", (await ListAsync("caption_captionAsset")).GetProperty("code").GetString());
        Assert.Equal("SERVICE_DOES_NOT_EXISTS", (await ListAsync("captionAsset")).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("3")]
    [InlineData("4")]
    public async Task Search_finds_entries_with_captions_as_the_guide_asks(string itemType)
    {
        var list = await ListAsync("elasticsearch_esearch",
            ("searchParams[objectType]", "KalturaESearchEntryParams"),
            ("searchParams[searchOperator][objectType]", "KalturaESearchEntryOperator"), ("searchParams[searchOperator][operator]", "1"),
            ("searchParams[searchOperator][searchItems][0][objectType]", "KalturaESearchCaptionItem"),
            ("searchParams[searchOperator][searchItems][0][fieldName]", "content"), ("searchParams[searchOperator][searchItems][0][itemType]", itemType),
            ("pager[pageSize]", "500"));
        var ready = (await TruthAsync("entries")).Where(IsReady).Select(Id).ToHashSet();
        var expected = (await TruthAsync("captions")).Select(c => c.GetProperty("entryId").GetString()!).Distinct().Where(ready.Contains);

        Assert.Equal("KalturaESearchEntryResponse", list.GetProperty("objectType").GetString());
        Assert.Equal(expected.Order(), Objects(list).Select(r => Id(r.GetProperty("object"))).Order());
    }

    [Fact]
    public async Task Search_combines_fields_ranges_and_operators()
    {
        var all = await TruthAsync("entries");
        var middle = all.Select(e => e.GetProperty("createdAt").GetInt64()).Order().ElementAt(all.Count / 2);
        const string Item = "searchParams[searchOperator][searchItems]";
        var list = await ListAsync("elasticsearch_esearch", ("searchParams[searchOperator][operator]", "1"),
            (Item + "[0][objectType]", "KalturaESearchEntryItem"), (Item + "[0][fieldName]", "created_at"), (Item + "[0][itemType]", "5"),
            (Item + "[0][range][greaterThanOrEqual]", middle.ToString(CultureInfo.InvariantCulture)),
            (Item + "[1][objectType]", "KalturaESearchEntryOperator"), (Item + "[1][operator]", "3"),
            (Item + "[1][searchItems][0][objectType]", "KalturaESearchEntryItem"), (Item + "[1][searchItems][0][fieldName]", "name"),
            (Item + "[1][searchItems][0][itemType]", "2"), (Item + "[1][searchItems][0][searchTerm]", "welcome"), ("pager[pageSize]", "500"));
        var expected = all.Where(IsReady).Where(e => e.GetProperty("createdAt").GetInt64() >= middle && !e.GetProperty("name").GetString()!.Contains("Welcome", StringComparison.Ordinal));

        Assert.Equal(expected.Select(Id).Order(), Objects(list).Select(r => Id(r.GetProperty("object"))).Order());
    }

    [Theory]
    [InlineData("created_at", "createdAt")]
    [InlineData("updated_at", "updatedAt")]
    public async Task Search_is_ordered_where_that_is_asked(string field, string member)
    {
        const string Order = "searchParams[orderBy][orderItems][0]";
        var list = await ListAsync("elasticsearch_esearch", ("searchParams[searchOperator][operator]", "1"),
            ("searchParams[searchOperator][searchItems][0][objectType]", "KalturaESearchCaptionItem"),
            ("searchParams[searchOperator][searchItems][0][itemType]", "4"),
            (Order + "[sortField]", field), (Order + "[sortOrder]", "asc"), ("pager[pageSize]", "500"));
        var times = Objects(list).Select(r => r.GetProperty("object").GetProperty(member).GetInt64()).ToList();
        Assert.True(times.Count > 20);
        Assert.Equal(times.Order(), times);
    }

    [Fact]
    public async Task Captions_are_ordered_and_cut_by_creation()
    {
        var entries = string.Join(',', (await TruthAsync("entries")).Select(Id));
        var all = (await TruthAsync("captions")).Select(c => c.GetProperty("createdAt").GetInt64()).Order().ToList();
        var middle = all[all.Count / 2];
        var list = await ListAsync("caption_captionAsset", ("filter[entryIdIn]", entries), ("filter[orderBy]", "+createdAt"),
            ("filter[createdAtGreaterThanOrEqual]", middle.ToString(CultureInfo.InvariantCulture)), ("pager[pageSize]", "500"));
        Assert.Equal(all.Where(t => t >= middle), Objects(list).Select(c => c.GetProperty("createdAt").GetInt64()));
    }

    private static bool IsReady(JsonElement entry) => entry.GetProperty("status").GetString() == "2";

    [Fact]
    public async Task Lists_need_an_admin_session()
    {
        Assert.Equal("MISSING_KS", (await ListAsync("baseEntry", ("ks", null))).GetProperty("code").GetString());
        Assert.Equal("SERVICE_FORBIDDEN", (await ListAsync("user", ("ks", await _api.StartSessionAsync(("type", "0"))))).GetProperty("code").GetString());
    }
}
