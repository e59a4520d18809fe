using System.Globalization;
using System.Text.Json;
using Etl.Core.Jobs;
using Etl.Kaltura.Tests.Fakes;
using static Etl.Kaltura.Tests.Fakes.Bodies;

namespace Etl.Kaltura.Tests.Reports;

/// <summary>Every graph and total vector through its source; rows are joined again here from the expected points, in the plainest way.</summary>
public class GraphVectorTests
{
    public static IEnumerable<object[]> GraphVectors => Vector.Of("getGraphs");
    public static IEnumerable<object[]> TotalVectors => Vector.Of("getTotal");

    [Theory]
    [MemberData(nameof(GraphVectors))]
    public async Task Graph_vector_lands_as_its_points_joined_by_key(string id)
    {
        var vector = Vector.Get(id);
        await AssertJoinedAsync(vector.Report, vector.Interval, vector.Delimiter, vector.Body, vector.Expected.GetProperty("rows"));
    }

    [Fact]
    public async Task Graphs_of_the_multirequest_vector_land_as_those_of_a_single_call()
    {
        var vector = Vector.Get("multirequest-total-graphs-table-error");
        await AssertJoinedAsync("34", "hours", "|", vector.Response[1].GetRawText(), vector.Expected.GetProperty("results")[1].GetProperty("rows"));
    }

    [Fact]
    public async Task Error_part_of_the_multirequest_vector_is_that_error()
    {
        var error = Vector.Get("multirequest-total-graphs-table-error").Response[3].GetRawText();
        await using var rig = new Rig().GraphAnswers(error, error, error);

        var failure = await rig.FailAsync(Rig.Spec("34", "graphs"));

        Assert.Equal(("INTERNAL_SERVERL_ERROR", 3), (failure.Code, rig.Server.RoundTrips.Count));
    }

    [Theory]
    [MemberData(nameof(TotalVectors))]
    public async Task Total_vector_lands_as_its_row(string id)
    {
        var vector = Vector.Get(id);
        await using var rig = new Rig().TotalAnswers(vector.Body);

        await rig.PullAsync(Rig.Spec(vector.Report, "total") with { Delimiter = vector.Delimiter });

        var expected = Vector.Rows(vector.Expected.GetProperty("rows"))[0];
        if (expected.All(c => c.Length == 0)) Assert.Empty(rig.Sink.Rows);
        // A made-up fraction of a whole column is null and stands in the quarantine.
        else Assert.Equal(expected.Select(Number), Assert.Single(rig.Sink.Rows).Select((c, i) => Number(c ?? rig.Sink.Notes.Single(n => n.Column == rig.Sink.Schema!.Columns[i].Name).Raw)));
    }

    private static async Task AssertJoinedAsync(string report, string? interval, string delimiter, string body, JsonElement expectedRows)
    {
        var points = Vector.Rows(expectedRows);
        var graphs = points.Select(p => p[0]).Distinct().ToList();
        var isLines = report == "21";
        var sums = graphs.ToDictionary(g => g, g => points.Where(p => p[0] == g).SelectMany(p => Values(p[2], isLines)).Sum(v => double.Parse(v.Value, CultureInfo.InvariantCulture)));
        await using var rig = new Rig().GraphAnswers(body)
            .TotalAnswers(Total(string.Join(delimiter, graphs), string.Join(delimiter, sums.Values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))));

        var outcome = await rig.PullAsync(new SourceSpec { Report = report, Action = "graphs", Interval = interval, Delimiter = delimiter });

        var expected = points.SelectMany(p => Values(p[2], isLines).Select(v => (Key: $"{p[1]}/{v.Name}", Graph: p[0], v.Value)))
            .GroupBy(p => p.Key).ToDictionary(g => g.Key, g => g.ToDictionary(p => p.Graph, p => Number(p.Value)));
        Assert.Equal(expected.Count, outcome.Rows);
        var lead = isLines ? 2 : 1;
        Assert.Equal(graphs, rig.Sink.Schema!.Columns.Skip(lead).Select(c => c.Name));
        Assert.Equal(rig.Sink.Schema.Columns.Take(lead).Select(c => c.Name), rig.Sink.Schema.Key);
        var xs = points.Select(p => p[1]).Distinct().ToDictionary(x => Typed(x));
        foreach (var row in rig.Sink.Rows)
        {
            var cells = expected[$"{xs[row[0]!]}/{(isLines ? row[1] : "")}"];
            for (var i = 0; i < graphs.Count; i++) Assert.Equal(cells[graphs[i]], Number(row[lead + i]!));
        }
        Assert.Empty(rig.Sink.Notes);
    }

    private static IEnumerable<(string Name, string Value)> Values(string y, bool isLines) =>
        !isLines ? [("", y)] : y.Split(',').Select(l => l.Split(':')).Select(l => (l[0], l[1]));

    private static double Number(string cell) => cell.Length == 0 ? double.NaN : double.Parse(cell, CultureInfo.InvariantCulture);

    // Days since 1970 or microseconds, as a sink shows them; labels as they are.
    private static string Typed(string x)
    {
        long Days(string form) => DateOnly.ParseExact(x, form, CultureInfo.InvariantCulture).DayNumber - new DateOnly(1970, 1, 1).DayNumber;
        if (!x.All(char.IsAsciiDigit)) return x;
        return x switch
        {
            { Length: 6 } => $"{Days("yyyyMM")}",
            { Length: 8 } => $"{Days("yyyyMMdd")}",
            _ when x.StartsWith("20", StringComparison.Ordinal) =>
                $"{new DateTimeOffset(DateTime.ParseExact(x, "yyyyMMddHH", CultureInfo.InvariantCulture), TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000}",
            _ => $"{long.Parse(x, CultureInfo.InvariantCulture) * 1_000_000}",
        };
    }
}
