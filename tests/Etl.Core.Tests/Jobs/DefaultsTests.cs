using Etl.Core.Jobs;
using Etl.Core.Windows;

namespace Etl.Core.Tests.Jobs;

/// <summary>Defaults that job files leave out. Changing one changes what existing jobs do.</summary>
public class DefaultsTests
{
    [Fact]
    public void Window_defaults_are_pinned() =>
        Assert.Equal(new WindowSpec { Every = WindowUnit.Day, TimeZone = "UTC", Lookback = 3, Settle = TimeSpan.FromHours(2) }, new WindowSpec());

    [Fact]
    public void Check_defaults_are_pinned() =>
        Assert.Equal(
            new CheckSpec { Totals = CheckPolicy.Hold, Tolerance = 0.001, Keys = CheckPolicy.Hold, ShrinkShare = 0.5, Empty = CheckPolicy.Hold, SecondPath = null },
            new CheckSpec());

    [Fact]
    public void Landing_defaults_are_pinned()
    {
        Assert.Equal(new ParquetLandSpec { From = "main", Dataset = "d", Store = null, Codec = "snappy" }, new ParquetLandSpec { Dataset = "d" });
        var table = new TableLandSpec { Table = "t" };
        Assert.Equal(("main", "warehouse", 0, LandMode.ReplaceWindow), (table.From, table.Connection, table.Key.Count, table.Mode));
    }

    [Fact]
    public void Source_defaults_are_pinned()
    {
        var source = new SourceSpec { Action = "table" };
        Assert.Equal(("main", 12_000, "|", true), (source.Name, source.PageSize, source.Delimiter, source.SkipEmptyDates));
        Assert.Equal((null, null, null), (source.Report, source.Order, source.Interval));
        Assert.Equal((0, 0, 0, 0), (source.Filter.Count, source.ObjectIds.Count, source.Privileges.Count, source.Accounts.Count));
    }

    [Fact]
    public void Job_defaults_are_pinned()
    {
        var job = new JobDefinition { Name = "j", Sources = [], Window = new WindowSpec(), Land = [] };
        Assert.Equal(("", null, SchemaPolicy.Evolve, ""), (job.About, job.Schedule, job.Schema, job.File));
        Assert.Equal(new CheckSpec(), job.Checks);
        Assert.Equal((3, 5), (job.Freeze, job.Attempts));
        Assert.Equal((TimeSpan.FromDays(7), TimeSpan.FromDays(7)), (job.Raw, JobDefinition.LeastFailedRaw));
    }
}
