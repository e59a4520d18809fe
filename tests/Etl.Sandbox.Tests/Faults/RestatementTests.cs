namespace Etl.Sandbox.Tests.Faults;

public sealed class RestatementTests : IAsyncLifetime
{
    private Api _api = null!;

    public async Task InitializeAsync() => _api = await Api.StartAsync(SandboxFixture.Options);

    public async Task DisposeAsync() => await _api.DisposeAsync();

    private async Task<List<double>> PlaysAsync() => [.. (await _api.TableAsync(34, ("responseOptions[skipEmptyDates]", "false"))).Numbers("count_plays")];

    private async Task RestateAsync(string json)
    {
        using var answer = await _api.ControlAsync("restate", json);
        answer.EnsureSuccessStatusCode();
    }

    [Fact]
    public async Task Late_events_raise_one_day_everywhere()
    {
        var before = await PlaysAsync();
        var total = await _api.TotalAsync(38);
        await RestateAsync("""{"kind":"late","day":"2026-03-03","every":5}""");
        var after = await PlaysAsync();

        Assert.True(after[2] > before[2]);
        Assert.Equal(before.Where((_, i) => i != 2), after.Where((_, i) => i != 2));
        Assert.NotEqual(total["count_plays"], (await _api.TotalAsync(38))["count_plays"]);
    }

    [Fact]
    public async Task Withdrawn_events_lower_one_day()
    {
        var before = await PlaysAsync();
        await RestateAsync("""{"kind":"withdrawn","day":"20260303","every":2}""");

        Assert.True((await PlaysAsync())[2] < before[2]);
    }

    [Fact]
    public async Task Emptied_day_has_no_rows()
    {
        await RestateAsync("""{"kind":"emptied","from":1772323200,"to":1772409600}""");

        Assert.Equal(0, (await PlaysAsync())[0]);
        Assert.Equal("""{"objectType":"KalturaReportTable"}""", await _api.ReportAsync("getTable", 38, ("reportInputFilter[toDate]", "1772409600")));
        Assert.Empty(await _api.TruthAsync("report=38&from=1772323200&to=1772409600"));
    }

    [Fact]
    public async Task One_entry_can_be_restated_alone()
    {
        var before = await _api.TableAsync(38);
        var entry = before.Rows[0][0];
        await RestateAsync($$"""{"kind":"emptied","from":1772323200,"to":1772928000,"entry":"{{entry}}"}""");
        var after = await _api.TableAsync(38);

        Assert.Equal(before.Cells("object_id").Skip(1), after.Cells("object_id"));
    }
}
