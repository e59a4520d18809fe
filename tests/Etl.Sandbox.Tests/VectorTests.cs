using System.Text.Json;
using System.Text.RegularExpressions;

namespace Etl.Sandbox.Tests;

/// <summary>
/// Real engine answers (<c>vectors/</c>, copied from the project's reference material) next to the sandbox's answer to the same request:
/// same fields, same header, same grammar; the values of course differ.
/// </summary>
[Collection(SharedSandbox.Name)]
public partial class VectorTests(SandboxFixture fixture)
{
    private readonly Api _api = fixture.Api;

    // Answers that stand for situations which the request alone does not cause.
    private static readonly Dictionary<string, (string, string?)[]> Causes = new()
    {
        ["table-13-empty"] = [("reportInputFilter[countryIn]", "Atlantis")],
        ["table-38-empty"] = [("reportInputFilter[countryIn]", "Atlantis")],
        ["table-34-empty"] = [("reportInputFilter[countryIn]", "Atlantis")],
        ["total-38-empty"] = [("reportInputFilter[countryIn]", "Atlantis")],
        ["table-41"] = [("reportInputFilter[fromDate]", "1762000000")],
        ["table-5"] = [("reportInputFilter[fromDate]", "1762000000")],
        ["total-41"] = [("reportInputFilter[fromDate]", "1762000000")],
    };

    public static TheoryData<string, string> Names(string files)
    {
        var computed = new Sandbox.Reports.ReportBook(Sandbox.Catalogue.CatalogueData.Load());
        var names = new TheoryData<string, string>();
        foreach (var file in files.Split(' '))
        {
            foreach (var vector in Load(file))
            {
                if (vector.GetProperty("reportType").ValueKind == JsonValueKind.Number && computed.Find(vector.GetProperty("reportType").GetInt32()) is not null)
                    names.Add(file, vector.GetProperty("id").GetString()!);
            }
        }
        return names;
    }

    [Theory]
    [MemberData(nameof(Names), "tables-1.json totals-1.json graphs-1.json")]
    public async Task Answer_has_the_shape_of_the_real_one(string file, string id)
    {
        var vector = Load(file).Single(v => v.GetProperty("id").GetString() == id);
        var real = JsonDocument.Parse(vector.GetProperty("response_text").GetString()!).RootElement;
        var request = vector.GetProperty("request").EnumerateObject().Select(p => (p.Name, (string?)p.Value.GetString())).ToArray();
        var text = await _api.PostAsync("report", vector.GetProperty("action").GetString()!, [.. Api.Merge(request, Causes.GetValueOrDefault(id, [])), ("ks", _api.Ks)]);
        var delimiter = request.First(f => f.Name == "responseOptions[delimiter]").Item2!;
        var mine = JsonDocument.Parse(text).RootElement;

        Assert.Matches("^[\\x20-\\x7E]*$", text);
        if (real.ValueKind == JsonValueKind.Array)
            AssertGraphs(real, mine, delimiter);
        else
            AssertObject(real, mine, delimiter);
    }

    private static void AssertObject(JsonElement real, JsonElement mine, string delimiter)
    {
        Assert.Equal(real.EnumerateObject().Select(p => p.Name), mine.EnumerateObject().Select(p => p.Name));
        Assert.Equal(real.GetProperty("objectType").GetString(), mine.GetProperty("objectType").GetString());
        if (!real.TryGetProperty("header", out var header))
            return;
        Assert.Equal(header.GetString(), mine.GetProperty("header").GetString());
        var columns = header.GetString()!.Split(delimiter);
        var (theirs, ours) = (real.GetProperty("data").GetString()!, mine.GetProperty("data").GetString()!);
        if (!real.TryGetProperty("totalCount", out var count))
        {
            Assert.Equal(columns.Length, ours.Split(delimiter).Length);
            Assert.Equal(theirs.Replace(delimiter, "", StringComparison.Ordinal).Length == 0, ours.Replace(delimiter, "", StringComparison.Ordinal).Length == 0);
            Assert.All(ours.Split(delimiter), cell => Assert.Matches(Number(), cell));
            return;
        }
        Assert.Equal(theirs.Length == 0, ours.Length == 0);
        Assert.Equal(count.GetInt64() == 0, mine.GetProperty("totalCount").GetInt64() == 0);
        if (ours.Length == 0)
            return;
        Assert.EndsWith(";", ours, StringComparison.Ordinal);
        var firstMetric = Array.FindIndex(columns, IsMetric);
        foreach (var row in ours.Split(';')[..^1])
        {
            var cells = row.Split(delimiter);
            Assert.Equal(columns.Length, cells.Length);
            Assert.All(cells[firstMetric..], cell => Assert.Matches(Number(), cell));
        }
    }

    private static void AssertGraphs(JsonElement real, JsonElement mine, string delimiter)
    {
        Assert.Equal(real.EnumerateArray().Select(g => g.GetProperty("id").GetString()), mine.EnumerateArray().Select(g => g.GetProperty("id").GetString()));
        foreach (var (theirs, ours) in real.EnumerateArray().Zip(mine.EnumerateArray()))
        {
            Assert.Equal(theirs.EnumerateObject().Select(p => p.Name), ours.EnumerateObject().Select(p => p.Name));
            var theirX = theirs.GetProperty("data").GetString()!.Split(';')[0].Split(delimiter)[0];
            var points = ours.GetProperty("data").GetString()!.Split(';');
            Assert.Equal("", points[^1]);
            foreach (var point in points[..^1])
            {
                Assert.Equal(2, point.Split(delimiter).Length);
                if (theirX.All(char.IsAsciiDigit))
                    Assert.Equal(theirX.Length, point.Split(delimiter)[0].Length);
                Assert.All(point.Split(delimiter)[1].Split(','), y => Assert.Matches(Number(), y[(y.IndexOf(':', StringComparison.Ordinal) + 1)..]));
            }
        }
    }

    /// <summary>The number grammar is checked against the real cells too.</summary>
    [Theory]
    [MemberData(nameof(Names), "tables-1.json totals-1.json")]
    public void Number_grammar_covers_the_real_cells(string file, string id)
    {
        var expected = Load(file).Single(v => v.GetProperty("id").GetString() == id).GetProperty("expected");
        if (expected.GetProperty("header").ValueKind == JsonValueKind.Null || expected.TryGetProperty("unsplittable", out _))
            return;
        var columns = expected.GetProperty("header").EnumerateArray().Select(c => c.GetString()!).ToArray();
        var firstMetric = Array.FindIndex(columns, IsMetric);
        foreach (var row in expected.TryGetProperty("rows", out var rows) ? rows.EnumerateArray().ToList() : [])
            Assert.All(row.EnumerateArray().Skip(firstMetric).Select(c => c.GetString()!), cell => Assert.Matches(Number(), cell));
    }

    [Theory]
    [InlineData("error-engine-timeout", SandboxFaultKinds.QueryTimedOut)]
    [InlineData("error-expired-ks", SandboxFaultKinds.ExpiredSession)]
    [InlineData("error-graphs-unsupported", null)]
    [InlineData("error-invalid-report-type", null)]
    [InlineData("error-page-beyond-cap", null)]
    [InlineData("error-forbidden", "type 0")]
    public async Task Error_is_the_real_one_byte_for_byte(string id, string? cause)
    {
        await using var api = await Api.StartAsync(SandboxFixture.Options);
        var vector = Load("errors-1.json").Single(v => v.GetProperty("id").GetString() == id);
        var ks = cause == "type 0" ? await api.StartSessionAsync(("type", "0")) : api.Ks;
        if (cause is not null and not "type 0")
            api.Server.AddFault(new SandboxFault { Kind = cause, Action = "*" });
        var request = vector.GetProperty("request").EnumerateObject().Select(p => (p.Name, (string?)p.Value.GetString()));

        Assert.Equal(vector.GetProperty("response_text").GetString(), await api.PostAsync("report", vector.GetProperty("action").GetString()!, [.. request, ("ks", ks)]));
    }

    [Fact]
    public async Task Multirequest_has_the_shape_of_the_real_one()
    {
        var vector = Load("other-1.json").Single();
        var request = vector.GetProperty("request").EnumerateObject().Select(p => (p.Name, (string?)p.Value.GetString()));
        var mine = JsonDocument.Parse(await _api.PostAsync("multirequest", "null",
            [.. request, ("ks", _api.Ks), ("3:reportInputFilter[countryIn]", "Atlantis")])).RootElement.EnumerateArray().ToList();
        var real = JsonDocument.Parse(vector.GetProperty("response_text").GetString()!).RootElement.EnumerateArray().ToList();

        Assert.Equal(real.Count, mine.Count);
        foreach (var (theirs, ours) in real.Zip(mine))
        {
            Assert.Equal(theirs.ValueKind, ours.ValueKind);
            if (theirs.ValueKind == JsonValueKind.Object)
                Assert.Equal(theirs.EnumerateObject().Select(p => p.Name), ours.EnumerateObject().Select(p => p.Name));
        }
    }

    private static bool IsMetric(string column) =>
        column.StartsWith("count_", StringComparison.Ordinal) || column.StartsWith("unique_", StringComparison.Ordinal) || column.StartsWith("added_", StringComparison.Ordinal);

    private static List<JsonElement> Load(string file) =>
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "vectors", file))).RootElement.EnumerateArray()];

    [GeneratedRegex(@"^(|-?[0-9]+(\.[0-9]+)?(E[+-][0-9]+)?)$")]
    private static partial Regex Number();
}
