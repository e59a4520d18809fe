namespace Etl.Sandbox.Tests.Reports;

/// <summary>Wire facts 3.5.</summary>
[Collection(SharedSandbox.Name)]
public class FilterTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    private static (string, string?) Field(string name, string value) => ($"reportInputFilter[{name}]", value);

    private async Task<double> PlaysAsync(params (string, string?)[] fields) =>
        double.Parse((await _api.TotalAsync(38, fields))["count_plays"] is { Length: > 0 } plays ? plays : "0", System.Globalization.CultureInfo.InvariantCulture);

    [Fact]
    public async Task Unknown_field_is_dropped_silently() =>
        Assert.Equal(await _api.ReportAsync("getTable", 38), await _api.ReportAsync("getTable", 38, Field("entryIdInn", "1_typo"), Field("noSuchField", "x")));

    [Fact]
    public async Task Field_of_another_data_source_is_dropped_silently() =>
        Assert.Equal(await _api.ReportAsync("getTable", 40), await _api.ReportAsync("getTable", 40, Field("entryIdIn", "1_typo"), Field("deviceIn", "Mobile")));

    [Theory]
    [InlineData("userIds", "00123")]
    [InlineData("application", "kms")]
    [InlineData("playbackContext", "Channels>R|D")]
    public async Task End_user_field_needs_its_object_type(string field, string value)
    {
        var all = await _api.ReportAsync("getTotal", 38);

        Assert.NotEqual(all, await _api.ReportAsync("getTotal", 38, Field(field, value)));
        Assert.Equal(all, await _api.ReportAsync("getTotal", 38, Field(field, value), Field("objectType", "KalturaReportInputFilter")));
    }

    [Fact]
    public async Task Lists_are_split_on_the_delimiter_of_the_request()
    {
        var two = (await _api.TableAsync(38)).Cells("object_id").Take(2).ToArray();

        Assert.Equal(2, (await _api.TableAsync(38, Field("entryIdIn", string.Join('|', two)))).Rows.Count);
        Assert.Empty((await _api.TableAsync(38, Field("entryIdIn", string.Join(',', two)))).Rows);
        Assert.Equal(2, (await _api.TableAsync(38, Field("entryIdIn", string.Join(',', two)), ("responseOptions[delimiter]", ","))).Rows.Count);
        Assert.Equal(2, (await _api.TableAsync(38, ("objectIds", string.Join('|', two)))).Rows.Count);
    }

    [Theory]
    [InlineData("0_1234e567")]
    [InlineData("1e5")]
    [InlineData("00123")]
    [InlineData("nan")]
    public async Task Entry_ids_that_look_like_numbers_are_found(string id) =>
        Assert.Equal([id], (await _api.TableAsync(38, Field("entryIdIn", id), Field("fromDate", "1762000000"))).Cells("object_id"));

    [Fact]
    public async Task Application_is_always_split_on_comma()
    {
        var kms = await PlaysAsync(Field("application", "kms"));
        var portal = await PlaysAsync(Field("application", "portal"));

        Assert.Equal(kms + portal, await PlaysAsync(Field("application", "kms,portal")));
        Assert.Equal(0, await PlaysAsync(Field("application", "kms|portal")));
    }

    [Fact]
    public async Task Country_takes_the_long_name_that_may_hold_a_comma()
    {
        Assert.Equal(["TW"], (await _api.TableAsync(36, Field("countryIn", "Taiwan, Province of China"))).Cells("object_id"));
        Assert.Empty((await _api.TableAsync(36, Field("countryIn", "TW"))).Rows);
        Assert.Empty((await _api.TableAsync(36, Field("countryIn", "Taiwan, Province of China"), ("responseOptions[delimiter]", ","))).Rows);
    }

    [Fact]
    public async Task Countries_split_the_whole_without_overlap()
    {
        var countries = (await _api.TableAsync(36)).Cells("country").ToList();
        double sum = 0;
        foreach (var country in countries)
            sum += await PlaysAsync(Field("countryIn", country));

        Assert.Equal(await PlaysAsync(), sum);
    }

    [Theory]
    [InlineData("regionIn", "California")]
    [InlineData("citiesIn", "London")]
    [InlineData("deviceIn", "Mobile")]
    [InlineData("operatingSystemIn", "Windows 11")]
    [InlineData("operatingSystemFamilyIn", "Windows")]
    [InlineData("browserIn", "Safari")]
    [InlineData("browserFamilyIn", "Safari")]
    [InlineData("domainIn", "learn.example.com")]
    [InlineData("canonicalUrlIn", "video.example.com/media")]
    [InlineData("mediaTypeIn", "Audio")]
    [InlineData("sourceTypeIn", "Zoom")]
    [InlineData("customVar1In", "gold")]
    [InlineData("customVar2In", "spring")]
    [InlineData("customVar3In", "00123")]
    [InlineData("playbackContextIdsIn", "1002")]
    [InlineData("ancestorPlaybackContext", "Courses")]
    [InlineData("categories", "Channels>Sales, EMEA")]
    [InlineData("categoriesIdsIn", "2003")]
    [InlineData("categoriesAncestorIdIn", "2001")]
    [InlineData("ownerIdsIn", "00123")]
    [InlineData("userIds", "00123")]
    public async Task Field_narrows_the_result(string field, string value)
    {
        var all = await PlaysAsync();

        Assert.InRange(await PlaysAsync(Field(field, value)), 1, all - 1);
        Assert.Equal(0, await PlaysAsync(Field(field, "no such value")));
    }

    [Fact]
    public async Task Only_vod_counts_unless_playback_types_are_sent()
    {
        var vod = await PlaysAsync();
        var live = await PlaysAsync(Field("playbackTypeIn", "live"));
        var dvr = await PlaysAsync(Field("playbackTypeIn", "dvr"));

        Assert.Equal(vod, await PlaysAsync(Field("playbackTypeIn", "vod")));
        Assert.True(live > 0 && dvr > 0);
        Assert.Equal(vod + live + dvr, await PlaysAsync(Field("playbackTypeIn", "vod|live|dvr")));
    }

    [Fact]
    public async Task Fixed_playback_types_intersect_with_the_ones_sent()
    {
        var fixedTypes = await _api.TotalAsync(24);

        Assert.Equal(await PlaysAsync(Field("playbackTypeIn", "live|dvr")), double.Parse(fixedTypes["count_plays"], System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal("", (await _api.TotalAsync(24, Field("playbackTypeIn", "vod")))["count_plays"]);
    }

    [Fact]
    public async Task Unresolvable_users_give_nothing_and_unknown_passes_through()
    {
        Assert.Empty((await _api.TableAsync(13, Field("userIds", "nobody@example.com"))).Rows);
        Assert.Equal(["Unknown"], (await _api.TableAsync(13, Field("userIds", "Unknown"))).Cells("name"));
        Assert.Equal(["00123"], (await _api.TableAsync(13, Field("userIds", "00123|nobody@example.com"))).Cells("name"));
    }

    [Fact]
    public async Task User_id_with_separators_needs_another_delimiter() =>
        Assert.Equal(["a b, c|d@example.com"], (await _api.TableAsync(13, Field("userIds", "a;b, c|d@example.com"), ("responseOptions[delimiter]", "|~|"))).Cells("name"));

    [Fact]
    public async Task Keywords_search_names_or_tags_and_unite_with_object_ids()
    {
        var named = await _api.TableAsync(38, Field("keywords", "quarterly"), Field("searchInTags", "true"));
        var other = (await _api.TableAsync(38)).Cells("object_id").First(id => !named.Cells("object_id").Contains(id));
        var united = await _api.TableAsync(38, Field("keywords", "quarterly"), Field("searchInTags", "true"), ("objectIds", other));

        Assert.All(named.Cells("entry_name"), name => Assert.True(name.Length == 0 || name.StartsWith("Quarterly", StringComparison.Ordinal)));
        Assert.Equal(named.Rows.Count + 1, united.Rows.Count);
        Assert.NotEmpty((await _api.TableAsync(38, Field("keywords", "tag3"))).Rows);
    }

    [Fact]
    public async Task Object_ids_filter_the_reports_own_subject()
    {
        Assert.Equal(["gold"], (await _api.TableAsync(29, ("objectIds", "gold"))).Cells("custom_var1"));
        Assert.Equal(["Zoom"], (await _api.TableAsync(7, ("objectIds", "Zoom"), Field("fromDate", "1762000000"))).Cells("object_id"));
    }

    [Fact]
    public async Task Creation_range_is_closed_at_both_ends()
    {
        var table = await _api.TableAsync(38);
        var row = table.Rows.First(r => r[3].Length > 0);

        Assert.Equal([row[0]], (await _api.TableAsync(38, Field("entryCreatedAtGreaterThanOrEqual", row[3]), Field("entryCreatedAtLessThanOrEqual", row[3]))).Cells("object_id"));
    }
}

/// <summary>More search hits than a page of the entry search holds.</summary>
public class SearchTests
{
    [Fact]
    public async Task Search_with_too_many_matches_is_refused()
    {
        await using var api = await Api.StartAsync(SandboxFixture.Options with { Entries = 12_000 });

        Assert.Equal("SEARCH_TOO_GENERAL", Api.CodeOf(await api.ReportAsync("getTotal", 38, ("reportInputFilter[keywords]", "tag1"))));
    }
}
