namespace Etl.Sandbox.Tests;

/// <summary>A million entries, one playback each per day.</summary>
public class StressTests
{
    [Fact]
    public async Task Million_rows_are_told_within_bounded_memory()
    {
        await using var api = await Api.StartAsync(SandboxFixture.Options with { Entries = 1_000_000, Users = 50_000, Days = 2, EndsAt = new DateOnly(2026, 3, 2) });
        var rows = 0;
        await using (var stream = await api.Http.GetStreamAsync(new Uri(api.Server.BaseUrl, "sandbox/truth?report=38&from=1772323200&to=1772409600")))
        {
            var buffer = new byte[1 << 16];
            for (int read; (read = await stream.ReadAsync(buffer)) > 0;)
                rows += buffer.AsSpan(0, read).Count((byte)'\n');
        }
        var page = await api.TableAsync(38, ("pager[pageSize]", "12000"), ("reportInputFilter[entryCreatedAtGreaterThanOrEqual]", "1771800000"));

        Assert.Equal(1_000_000, rows);
        Assert.InRange(page.Rows.Count, 1, 12_000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: false) / 1_048_576, 0, 600);
    }
}
