using System.Globalization;
using System.Text.Json.Nodes;
using Etl.Core.Jobs;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Lists;

/// <summary>Captions against a scripted service that lists them per entry only.</summary>
public sealed class CaptionSourceTests
{
    private static readonly SourceSpec s_captions = new() { Action = "captions" };

    [Fact]
    public async Task Captions_of_all_entries_come_in_chunks_of_entries()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(1_250);
        for (var i = 0; i < 1_250; i += 5)
            for (var c = 0; c < 3; c++) Add(list, i, c);
        rig.Server.Script = list.Reply;

        var outcome = await rig.PullAsync(s_captions);

        Assert.Equal(750, outcome.Rows);
        Assert.Equal(750, rig.Sink.Column("id").Distinct().Count());
        Assert.Equal(3, rig.Sink.Column("entryId").Count(e => e == "e000005"));
        var captionCalls = rig.Server.Calls.Where(c => c.Path.Contains("caption_captionAsset", StringComparison.Ordinal)).ToList();
        Assert.Equal(13, captionCalls.Count);
        Assert.All(captionCalls, c => Assert.Equal("KalturaAssetFilter", c.Form["filter[objectType]"]));
        Assert.Equal(1_250, captionCalls.SelectMany(c => c.Form["filter[entryIdIn]"].Split(',')).Distinct().Count());
    }

    [Fact]
    public async Task Chunk_with_more_captions_than_a_page_is_read_whole()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(2);
        for (var c = 0; c < 1_234; c++) Add(list, c % 2, c);
        rig.Server.Script = list.Reply;
        Assert.Equal(1_234, (await rig.PullAsync(s_captions)).Rows);
        Assert.Equal(1_234, rig.Sink.Column("id").Distinct().Count());
    }

    [Fact]
    public async Task Named_entries_are_not_listed_first()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(10);
        for (var i = 0; i < 10; i++) Add(list, i, 0);
        rig.Server.Script = list.Reply;
        var filter = new Dictionary<string, FilterValue> { ["entryIdIn"] = new(["e000003", "e000007"], true), ["statusIn"] = new(["2"], true) };

        await rig.PullAsync(s_captions with { Filter = filter });

        Assert.Equal(["e000003", "e000007"], rig.Sink.Column("entryId"));
        var form = Assert.Single(rig.Server.Calls).Form;
        Assert.Equal(("KalturaCaptionAssetFilter", "2", "e000003,e000007"), (form["filter[objectType]"], form["filter[statusIn]"], form["filter[entryIdIn]"]));
    }

    [Fact]
    public async Task Filter_of_captions_does_not_go_to_the_list_of_entries()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList().With(2).Reply;
        await rig.PullAsync(s_captions with { Filter = new Dictionary<string, FilterValue> { ["statusIn"] = new(["2"], true) } });
        Assert.DoesNotContain("filter[statusIn]", rig.Server.Calls.First(c => c.Path.Contains("baseEntry", StringComparison.Ordinal)).Form.Keys);
    }

    [Fact]
    public async Task No_captions_at_all_are_looked_for_twice()
    {
        await using var rig = new Rig();
        rig.Server.Script = new FakeList().With(120).Reply;
        var outcome = await rig.PullAsync(s_captions);
        Assert.Equal((0L, true, 6), (outcome.Rows, outcome.Proof.KnownEmpty, outcome.Proof.Calls));
    }

    [Fact]
    public async Task Search_narrows_the_entries()
    {
        await using var rig = new Rig();
        var list = new FakeList().With(3);
        Add(list, 1, 0);
        rig.Server.Script = list.Reply;
        await rig.PullAsync(s_captions with { Search = new Dictionary<string, FilterValue> { ["captions"] = new(["exists"], false) } });
        Assert.Equal("searchEntry", rig.Server.Calls[0].Action);
        Assert.Equal(["e000001"], rig.Sink.Column("entryId"));
    }

    private static void Add(FakeList list, int entry, int number) => list.Objects.Add(new JsonObject
    {
        ["objectType"] = "KalturaCaptionAsset",
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"c{entry}_{number}"),
        ["entryId"] = string.Create(CultureInfo.InvariantCulture, $"e{entry:000000}"),
        ["language"] = "English",
        ["isDefault"] = number == 0,
        ["createdAt"] = 1_700_000_000L + number / 7,
        ["updatedAt"] = 1_700_000_000L,
    });
}
