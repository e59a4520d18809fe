using Xunit.Abstractions;

namespace Etl.Landing.Tests.Crash.Sweeping;

/// <summary>The sweep finds what it is for: a writer that writes in place, and one that reports before it is durable.</summary>
public sealed class PlantedFaultTests(ITestOutputHelper output)
{
    [SkippableTheory]
    [InlineData(Sweep.Kill)]
    [InlineData(Sweep.Error)]
    public async Task Writer_that_writes_in_place_is_found(string fault)
    {
        using var sweep = new Sweep(new FaultySubject("in-place"), output);
        await sweep.PrepareAsync();
        await sweep.RunAsync(fault, 1);
        Assert.Contains(sweep.Violations, v => v.Contains("no whole file", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task Writer_that_takes_no_notice_of_a_failed_sync_is_found()
    {
        using var sweep = new Sweep(new FaultySubject("careless"), output);
        await sweep.PrepareAsync();
        await sweep.RunAsync(Sweep.Error, 1000);
        Assert.Contains(sweep.Violations, v => v.Contains("over a sync that failed", StringComparison.Ordinal));
    }

    /// <summary>Puts a landed file of the second night in place of that of the first by a way that must not be gone.</summary>
    private sealed class FaultySubject(string way) : NightSubject("parquet", 2)
    {
        public override string Name => $"planted, {way}";

        public override async Task PrepareAsync(string data)
        {
            await base.PrepareAsync(data);
            using var second = new Etl.Testing.Files.TempFolder();
            Folders.Copy(data, second["data"]);
            await RunAsync(second["data"]);
            File.Copy(Path.Combine(second["data"], Published), Path.Combine(data, "next"));
        }

        public override string Command(string data) => $"faulty\t{way}\t{Path.Combine(data, "next")}\t{Path.Combine(data, Published)}";

        public override bool IsAcknowledged(string answer) => answer == "done written";
    }
}
