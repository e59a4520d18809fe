using System.Globalization;
using Etl.Fuzz.Tests.Harness;
using Etl.Fuzz.Tests.Targets;
using Xunit.Abstractions;

namespace Etl.Fuzz.Tests;

/// <summary>
/// Each target is shown what its corpus holds and damaged copies of it: <see cref="CasesOf"/> always, and ten minutes of each on a night run (<c>ETL_TESTS_NIGHTLY=1</c>), whose seed is the day.
/// <c>ETL_TESTS_SEED</c> repeats the cases of a run; <c>ETL_FUZZ_MINUTES</c> sets the minutes of each target.
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private const ulong DailySeed = 20261121;

    public static TheoryData<string> Targets => [.. AllTargets.Names];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Damaged_input_is_read_or_refused_and_keeps_the_promises(string name)
    {
        var target = AllTargets.Get(name);
        var corpus = Corpus.Of(target);
        var seed = SeedOf();
        var minutes = MinutesOf();
        var fuzzer = new Fuzzer(target, [.. corpus.Select(c => c.Bytes)]);
        var violation = minutes is null ? fuzzer.Run(seed, CasesOf(name)) : fuzzer.Run(seed, long.MaxValue, TimeSpan.FromMinutes(minutes.Value));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}: {fuzzer.Counts.Shown} cases of seed {seed}, {fuzzer.Counts.Accepted} accepted, {corpus.Count} inputs in the corpus"));
        if (violation is not null) Assert.Fail($"{name}, seed {seed}, case {violation.Number}: {violation.What}\nThe input was kept as {Corpus.Keep(target, violation.Input)}.");
        // What is refused throughout shows nothing of what is accepted.
        Assert.InRange(fuzzer.Counts.Accepted, fuzzer.Counts.Shown / 1000, fuzzer.Counts.Shown);
    }

    // What a case costs differs by a factor of twenty.
    private static long CasesOf(string name) => name switch { "job" => 20_000, "answer" => 50_000, _ => 100_000 };

    private static double? MinutesOf() =>
        double.TryParse(Environment.GetEnvironmentVariable("ETL_FUZZ_MINUTES"), CultureInfo.InvariantCulture, out var minutes) ? minutes
        : Environment.GetEnvironmentVariable("ETL_TESTS_NIGHTLY") == "1" ? 10 : null;

    private static ulong SeedOf() =>
        ulong.TryParse(Environment.GetEnvironmentVariable("ETL_TESTS_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed
        : MinutesOf() is null ? DailySeed : (ulong)DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).DayNumber;
}
