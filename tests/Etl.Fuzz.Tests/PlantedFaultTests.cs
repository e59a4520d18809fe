using System.Text;
using Etl.Fuzz.Tests.Harness;
using Etl.Fuzz.Tests.Targets;

namespace Etl.Fuzz.Tests;

/// <summary>Readers with a planted fault are found by the same harness in far fewer cases than it shows.</summary>
public class PlantedFaultTests
{
    [Fact]
    public void Prefix_rule_switched_off_is_found() => Assert.Contains("accepted as complete", Find(new AcceptsPrefixTarget()).What, StringComparison.Ordinal);

    [Fact]
    public void Length_that_is_trusted_is_found() => Assert.Contains("allocated", Find(new TrustsLengthTarget()).What, StringComparison.Ordinal);

    [Fact]
    public void Exception_of_another_kind_is_found_and_its_input_made_small()
    {
        var found = Find(new ThrowsOtherTarget());
        Assert.Contains("InvalidOperationException escaped", found.What, StringComparison.Ordinal);
        Assert.Contains("\\ud83d\"", Encoding.UTF8.GetString(found.Input), StringComparison.Ordinal);
        Assert.InRange(found.Input.Length, 7, 30);
    }

    [Fact]
    public void Row_that_is_padded_in_silence_is_found() =>
        Assert.NotEqual([], SwapTests.Faults(new PadsRowsTarget(), [.. new TableTarget().Shapes()], i => TableTarget.Cut(i).Delimiter));

    private static Violation Find(FuzzTarget target)
    {
        var found = new Fuzzer(target, [.. new TableTarget().Shapes()]).Run(1, 20_000);
        Assert.NotNull(found);
        return found;
    }
}
