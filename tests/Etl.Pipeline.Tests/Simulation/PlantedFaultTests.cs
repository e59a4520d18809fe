namespace Etl.Pipeline.Tests.Simulation;

/// <summary>The simulation bites: each fault that is put into a part is found within a few seeds, by the promise that it breaks.</summary>
public sealed class PlantedFaultTests
{
    private const int Seeds = 60;

    [Theory]
    [InlineData(nameof(Planted.NoFenceCompare), "replaced by an older pull")]
    [InlineData(nameof(Planted.FenceAfterPull), "before that fence was given")]
    [InlineData(nameof(Planted.RetryOfUnknownCommit), "rows twice")]
    [InlineData(nameof(Planted.LedgerBeforeCommit), "settled")]
    [InlineData(nameof(Planted.RecordInAnotherTransaction), "the record of")]
    [InlineData(nameof(Planted.ResumedPages), "never had together")]
    public void Fault_is_found(string planted, string promise)
    {
        var fault = Enum.Parse<Planted>(planted);
        for (var seed = 1; seed <= Seeds; seed++)
            if (Lived.On(() => Night.Live(seed, fault)).Judge.Violations.Any(v => v.Contains(promise, StringComparison.Ordinal))) return;
        Assert.Fail($"{Seeds} seeds did not find {planted}.");
    }
}
