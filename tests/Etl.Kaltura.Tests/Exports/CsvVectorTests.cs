using System.Text;
using System.Text.Json;
using Etl.Kaltura.Tests.Fakes;
using Etl.Testing;

namespace Etl.Kaltura.Tests.Exports;

/// <summary>The shared CSV vectors through the whole source, sent byte by byte.</summary>
public class CsvVectorTests
{
    public static IEnumerable<object[]> Reports => Of("csv").Where(v => v.TryGetProperty("file_base64", out _)).Select(v => new object[] { v.GetProperty("id").GetString()! });

    public static IEnumerable<object[]> CustomFiles => Of("csvParams").Select(v => new object[] { v.GetProperty("id").GetString()! });

    [Theory]
    [MemberData(nameof(Reports))]
    public async Task Report_file_vector_lands_as_expected(string id)
    {
        var vector = Of("csv").Single(v => v.GetProperty("id").GetString() == id);
        var headers = vector.GetProperty("request").GetProperty("headers").GetString()!.Split(';');
        var csv = vector.GetProperty("expected").GetProperty("csv");
        await using var service = new CsvService();
        service.Table = _ => Bodies.Table([], 0, headers[^1].Replace(',', '|'));
        var totals = headers.Length == 1 || headers[0].Length == 0 ? "count_plays" : headers[0].Replace(',', '|');
        service.Total = _ => Bodies.Total(totals, new string('|', totals.Count(c => c == '|')));
        service.File = _ => ReportFile.Send(WithTitle(vector, service)) with { Drip = TimeSpan.Zero };

        // Without a semicolon the service puts our labels over the totals: such a request is never sent, and its file is no answer to ours.
        // Nor is a file without the totals that we always ask for, or one of a second page.
        if (headers.Length == 1 || headers[0].Length == 0)
        {
            Assert.Equal("csv-cut", (await service.FailAsync()).Code);
            return;
        }
        var outcome = await service.PullAsync();

        var expected = csv.GetProperty("table") is { ValueKind: JsonValueKind.Object } table ? table.GetProperty("rows_unguarded") : default;
        var rows = expected.ValueKind == JsonValueKind.Array ? expected.EnumerateArray().Select(r => r.EnumerateArray().Select(c => c.GetString()).ToArray()).ToList() : [];
        Assert.Equal(rows, service.Rig.Sink.Rows.Select(r => r.ToArray()));
        Assert.Equal(rows.Count == 0, outcome.Proof.KnownEmpty);
    }

    internal static IEnumerable<JsonElement> Of(string action) =>
        JsonDocument.Parse(File.ReadAllBytes(Repository.PathOf("tests", "Etl.Parsing.Tests", "vectors", "csv-1.json"))).RootElement.EnumerateArray()
            .Where(v => v.GetProperty("action").GetString() == action);

    // The service writes the request's own title; the rest is the vector's, byte for byte.
    private static byte[] WithTitle(JsonElement vector, CsvService service)
    {
        var file = vector.GetProperty("file_base64").GetBytesFromBase64();
        var title = $"\uFEFF\"{service.AddressCalls.Last().Form["reportTitle"]}\"";
        return [.. Encoding.UTF8.GetBytes(title), .. file[Array.IndexOf(file, (byte)'\n')..]];
    }
}
