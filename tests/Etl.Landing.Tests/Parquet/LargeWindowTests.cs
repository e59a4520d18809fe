using Etl.Landing.Parquet;
using Etl.Landing.Tests.Crash;
using Etl.Landing.Tests.Parquet.Places;
using Etl.Testing.Rows;
using Xunit.Abstractions;

namespace Etl.Landing.Tests.Parquet;

/// <summary>
/// Memory does not grow with a window's rows, landed and landed again with every row changed: a bounded share always, two million on a night run
/// (<c>ETL_TESTS_NIGHTLY=1</c>). The third landing adds to the differences of the second.
/// </summary>
public sealed class LargeWindowTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData("parquet", 300_000)]
    [InlineData("blob", 100_000)]
    public async Task Large_window_lands_in_little_memory(string kind, int rows)
    {
        await using var place = kind == "blob" ? await BlobPlace.OpenAsync() : new LocalPlace();
        rows = await new LargeWindow(output).LandAsync(place.Settings, place.Data, kind, rows, landings: 3, restates: true);

        var published = await place.Worker.FindAsync();
        Assert.Equal(("p3", rows), (published!.Pull, published.Rows));
        using var opened = await place.Worker.Target.OpenPublishedAsync(Keys.Key(), Keys.Day(), default);
        Assert.Equal(rows, await Task.Run(() => opened!.Read().Sum(b => (long)b.RowCount)));
        using var restated = await place.Store.OpenAsync("plays_restatements/date=2026-11-19/data.parquet", default);
        Assert.Equal(2L * rows, await Task.Run(() => LandedFile.Look(restated!.Content).Record!.Stamp.Rows));
        await place.IsCleanAsync();
    }
}
