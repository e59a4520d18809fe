using System.Globalization;
using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Parquet;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>Entries and captions from the command line against the sandbox, compared with what it holds.</summary>
public sealed class ListTests
{
    private static readonly string[] s_entryColumns = ["id", "name", "createdAt", "updatedAt", "duration", "mediaType", "status", "userId", "categories", "adminTags", "objectType"];
    private static readonly string[] s_captionColumns = ["id", "entryId", "language", "languageCode", "isDefault", "label", "status", "createdAt"];

    [Fact]
    public async Task Entries_equal_the_sandbox_for_list_and_search_in_dataset_and_table()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 1_800, Users = 60, Days = 3, SessionsPerDay = 20, BulkUploadEntries = 700 });
        shop.WriteJob("entries", "{ action: entries }", lookback: 1);
        shop.WriteJob("images", "{ action: entries, filter: { mediaTypeIn: [2, 5] } }", lookback: 1);
        shop.WriteJob("uncaptioned", "{ action: entries, search: { captions: missing } }", lookback: 1);
        shop.WriteJob("captions", "{ action: captions }", lookback: 1);
        shop.WriteJob("found-captions", "{ action: captions, search: { captions: exists, media_type: [1, 5] } }", lookback: 1);
        var validated = await shop.RunAsync("validate");
        Assert.True(validated.Exit == 0, validated.ToString());
        foreach (var job in new[] { "entries", "images", "uncaptioned", "captions", "found-captions" })
        {
            var result = await shop.RunAsync("run", job, "--json");
            Assert.True(result.Exit == 0, result.ToString());
        }

        var label = Workshop.LatestDay();
        var before = Workshop.Bounds(label).To;
        var ready = (await TruthAsync(shop, "entries")).Where(e => e.GetProperty("status").GetString() == "2" && e.GetProperty("createdAt").GetInt64() < before).ToList();
        Assert.InRange(ready.Count, 1_200, 1_800);
        var captioned = (await TruthAsync(shop, "captions")).Where(c => ready.Exists(e => e.GetProperty("id").GetString() == c.GetProperty("entryId").GetString())).ToList();
        var withCaptions = captioned.Select(c => c.GetProperty("entryId").GetString()).ToHashSet();

        Assert.Equal(Lines(ready, s_entryColumns), Landed(shop, "entries", label, s_entryColumns));
        Assert.Equal(Lines(ready.Where(e => e.GetProperty("mediaType").GetInt32() is 2 or 5), s_entryColumns), Landed(shop, "images", label, s_entryColumns));
        Assert.Equal(Lines(ready.Where(e => !withCaptions.Contains(e.GetProperty("id").GetString())), s_entryColumns), Landed(shop, "uncaptioned", label, s_entryColumns));
        Assert.Equal(Lines(captioned, s_captionColumns), Landed(shop, "captions", label, s_captionColumns));
        var some = ready.Where(e => e.GetProperty("mediaType").GetInt32() is 1 or 5).Select(e => e.GetProperty("id").GetString()).ToHashSet();
        Assert.Equal(Lines(captioned.Where(c => some.Contains(c.GetProperty("entryId").GetString())), s_captionColumns), Landed(shop, "found_captions", label, s_captionColumns));

        // Nasty ids stay what they are, and the table has the same rows.
        Assert.Equal("Text", WorkshopRows.Types(shop.ParquetFile("entries", label))["id"]);
        Assert.Equal(ready.Count, shop.Query("SELECT COUNT(*) AS n FROM entries")[0].GetProperty("n").GetInt32());
        Assert.Equal(ready.Count, shop.Query("SELECT COUNT(DISTINCT id) AS n FROM entries")[0].GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task List_larger_than_the_cap_comes_whole_and_a_bulk_upload_beyond_it_fails_as_truncated()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 13_000, Users = 60, Days = 3 });
        shop.WriteJob("entries", "{ action: entries }", lookback: 1);
        var result = await shop.RunAsync("run", "entries", "--json");
        Assert.True(result.Exit == 0, result.ToString());
        var label = Workshop.LatestDay();
        var ready = (await TruthAsync(shop, "entries")).Where(e => e.GetProperty("status").GetString() == "2").ToList();
        Assert.True(ready.Count > 10_000);
        Assert.Equal(Lines(ready, s_entryColumns), Landed(shop, "entries", label, s_entryColumns));

        await using var bulk = await Workshop.OpenAsync(new SandboxOptions { Entries = 13_000, Users = 60, Days = 3, BulkUploadEntries = 12_000 });
        bulk.WriteJob("entries", "{ action: entries }", lookback: 1);
        var failed = await bulk.RunAsync("run", "entries", "--json");
        Assert.True(failed.Exit == 1, failed.ToString());
        Assert.Contains("more than 10000 objects share createdAt", failed.ToString(), StringComparison.Ordinal);
        Assert.Empty(bulk.Leftovers());
    }

    [Theory]
    [InlineData("expired-session")]
    [InlineData("http-502")]
    [InlineData("truncated-body")]
    [InlineData("html-page")]
    public async Task Fault_of_a_list_that_passes_is_survived(string kind)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("entries", "{ action: entries }", lookback: 1);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","action":"baseEntry.list","times":1}""");
        var result = await shop.RunAsync("run", "entries", "--json");
        Assert.True(result.Exit == 0, result.ToString());
        Assert.NotEmpty(Landed(shop, "entries", Workshop.LatestDay(), ["id"]));
    }

    [Fact]
    public async Task Wrong_field_is_refused_with_its_place_and_the_nearest_name()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("bad", """
            job: bad
            source:
              action: entries
              filter: { mediaTypIn: [1] }
            land: [ { parquet: { dataset: bad } } ]
            """);
        var result = await shop.RunAsync("validate");
        Assert.Equal(2, result.Exit);
        Assert.Contains("bad.yaml:4:", result.ToString(), StringComparison.Ordinal);
        Assert.Contains("Did you mean 'mediaTypeIn'?", result.ToString(), StringComparison.Ordinal);
    }

    private static async Task<List<JsonElement>> TruthAsync(Workshop shop, string of)
    {
        using var http = new HttpClient { BaseAddress = shop.Sandbox.BaseUrl };
        var lines = await http.GetStringAsync(new Uri($"/sandbox/truth-list?of={of}", UriKind.Relative));
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];
    }

    private static string[] Lines(IEnumerable<JsonElement> objects, string[] columns) =>
        [.. objects.Select(o => string.Join(" | ", columns.Select(c => o.TryGetProperty(c, out var v) ? Show(c, v) : ""))).Order(StringComparer.Ordinal)];

    private static string Show(string column, JsonElement value) => column.EndsWith("At", StringComparison.Ordinal)
        ? (value.GetInt64() * 1_000_000).ToString(CultureInfo.InvariantCulture)
        : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static string[] Landed(Workshop shop, string dataset, string label, string[] columns)
    {
        using var reader = ParquetReader.Open(shop.ParquetFile(dataset, label));
        var batch = new ParquetBatch(reader.Schema);
        var at = columns.Select(c => reader.Schema.Columns.Select((k, i) => (k.Name, i)).Single(k => k.Name == c).i).ToArray();
        var lines = new List<string>();
        while (reader.Read(batch, 1_000) > 0)
            for (var row = 0; row < batch.RowCount; row++) lines.Add(string.Join(" | ", at.Select(c => batch[c].IsNull(row) ? "" : Cell(batch[c], row))));
        return [.. lines.Order(StringComparer.Ordinal)];
    }

    private static string Cell(ParquetColumnData cells, int row) => cells.Type switch
    {
        ParquetType.Int64 or ParquetType.Timestamp => cells.Int64s[row].ToString(CultureInfo.InvariantCulture),
        ParquetType.Bool => cells.Bools[row] ? "true" : "false",
        _ => System.Text.Encoding.UTF8.GetString(cells.TextBytes[cells.TextOffsets[row]..cells.TextOffsets[row + 1]]),
    };
}
