using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Api;

public class RetryRunnerTests
{
    private static readonly EtlException s_fault = new ApiException(FaultKind.Unreachable, "x") { IsTransient = true };

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(5, 32)]
    [InlineData(6, 60)]
    [InlineData(500, 60)]
    public void Wait_doubles_up_to_its_bound_with_full_jitter(int attempt, double bound)
    {
        Assert.Equal(TimeSpan.FromSeconds(bound), new RetryRunner(new RetryPolicy(), TimeProvider.System, () => 1).Wait(attempt, s_fault));
        Assert.Equal(TimeSpan.Zero, new RetryRunner(new RetryPolicy(), TimeProvider.System, () => 0).Wait(attempt, s_fault));
    }

    [Fact]
    public async Task Final_fault_is_not_repeated_and_a_transient_one_up_to_the_bound()
    {
        var clock = new FakeClock();
        var runner = new RetryRunner(new RetryPolicy { MaxAttempts = 4 }, clock);
        async Task<int> CountAsync(EtlException fault)
        {
            var calls = 0;
            await Assert.ThrowsAsync<ApiException>(async () => await runner.RunAsync<int>(_ =>
            {
                calls++;
                throw fault;
            }, default));
            return calls;
        }

        Assert.Equal(1, await CountAsync(new ApiException(FaultKind.Window, "x")));
        Assert.Equal(4, await CountAsync(s_fault));
        Assert.Equal(2, await CountAsync(new ApiException(FaultKind.Window, "x") { IsTransient = true, MaxAttempts = 2 }));
    }
}
