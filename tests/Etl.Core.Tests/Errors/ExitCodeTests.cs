using Etl.Core.Errors;

namespace Etl.Core.Tests.Errors;

public class ExitCodeTests
{
    [Theory]
    [InlineData(FaultKind.Window, 1)]
    [InlineData(FaultKind.Usage, 2)]
    [InlineData(FaultKind.Refused, 4)]
    [InlineData(FaultKind.Unreachable, 5)]
    public void Fault_has_its_code(FaultKind kind, int code) => Assert.Equal(code, ExitCode.Of(kind));

    [Fact]
    public void Mixed_run_exits_with_the_first_that_applies()
    {
        int[] order = [130, 2, 4, 5, 1, 3, 0];
        for (var i = 0; i < order.Length; i++)
        {
            Assert.Equal(order[i], ExitCode.Combine(order[i..].Reverse()));
            Assert.Equal(order[i], ExitCode.Combine([order[i], order[i]]));
        }
        Assert.Equal(0, ExitCode.Combine([]));
    }

    [Fact]
    public void Code_that_is_not_known_is_never_taken_for_success() => Assert.Equal(1, ExitCode.Combine([0, 7, 3]));
}
