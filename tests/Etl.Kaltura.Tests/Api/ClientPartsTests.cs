using System.Text;
using Etl.Core.Errors;
using Etl.Core.Secrets;
using Etl.Kaltura.Api;
using Etl.Kaltura.Reports;
using Etl.Kaltura.Tests.Fakes;

namespace Etl.Kaltura.Tests.Api;

public class SecretMaskTests
{
    private static readonly SecretMask s_mask = new(new Secret("canary/secret+1"), null);

    [Theory]
    [InlineData("a canary/secret+1 b", "a *** b")]
    [InlineData("x=canary%2Fsecret%2B1&y", "x=***&y")]
    [InlineData("https://cdn.example/ks/abc.def/id/7", "https://cdn.example/ks/***/id/7")]
    [InlineData("?ks=abcdef&format=1", "?ks=***&format=1")]
    [InlineData("token djJ8MTIzfGFiY2RlZmdoaQ== here", "token *** here")]
    [InlineData("YjhhNzM3N2I4Y2JhNjVkNDBhZjhjMmFlZWY4OThlODkzOGE3NDJiMXwxMjM0NTY3", "***")]
    [InlineData("Report id \"9999\" not found", "Report id \"9999\" not found")]
    public void Text_loses_credentials_only(string text, string clean) => Assert.Equal(clean, s_mask.Clean(text));

    [Fact]
    public void Long_text_is_cut() => Assert.Equal(301, s_mask.Clean(string.Concat(Enumerable.Repeat("ab ", 400))).Length);
}

public class MaskingTeeTests
{
    private static async Task<(string Passed, string Copied)> RunAsync(string body, int readBytes, params string[] secrets)
    {
        var copy = new KeptStream();
        var tee = new MaskingTee(new MemoryStream(Encoding.UTF8.GetBytes(body)), copy, new SecretMask([.. secrets.Select(s => new Secret(s))]));
        var passed = new MemoryStream();
        var buffer = new byte[readBytes];
        int read;
        while ((read = await tee.ReadAsync(buffer)) > 0) passed.Write(buffer, 0, read);
        await tee.DisposeAsync();
        return (Encoding.UTF8.GetString(passed.ToArray()), Encoding.UTF8.GetString(copy.Kept));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(1000)]
    [InlineData(100_000)]
    public async Task Secret_is_masked_wherever_reads_cut_it(int readBytes)
    {
        var body = $"{new string('x', 20_000)}SECRET-SECRET{new string('y', 20_000)}SECRETSECRET-SECRET";

        var (passed, copied) = await RunAsync(body, readBytes, "SECRET-SECRET");

        Assert.Equal(body, passed);
        Assert.Equal(body.Replace("SECRET-SECRET", "***", StringComparison.Ordinal), copied);
    }

    [Fact]
    public async Task Json_escaped_form_is_masked_too() =>
        Assert.Equal("""{"ks":"***"}""", (await RunAsync("""{"ks":"ab\/cd\/ef"}""", 5, "ab/cd/ef")).Copied);

    [Fact]
    public async Task Error_answer_is_cleaned_of_foreign_tokens() =>
        Assert.Equal("""{"objectType":"KalturaAPIException","args":{"KSID":"***"}}""",
            (await RunAsync("""{"objectType":"KalturaAPIException","args":{"KSID":"djJ8MTIzfGFiY2RlZmdoaQ=="}}""", 9)).Copied);

    [Fact]
    public async Task Body_that_breaks_off_is_kept_as_far_as_it_came()
    {
        var copy = new KeptStream();
        var tee = new MaskingTee(new MemoryStream("partial"u8.ToArray()), copy, new SecretMask());
        Assert.Equal(4, await tee.ReadAsync(new byte[4]));
        await tee.DisposeAsync();
        Assert.Equal("part", Encoding.UTF8.GetString(copy.Kept));
    }

    private sealed class KeptStream : MemoryStream
    {
        public byte[] Kept => ToArray();
    }
}

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

public class AccountGateTests
{
    [Fact]
    public async Task Gate_bounds_what_is_in_flight_and_lets_waiting_callers_in_order()
    {
        var gate = new AccountGate(2);
        await gate.EnterAsync(default);
        await gate.EnterAsync(default);
        var third = gate.EnterAsync(default).AsTask();
        var fourth = gate.EnterAsync(default).AsTask();
        Assert.False(third.IsCompleted);

        gate.Leave(success: true, slowDown: false);
        await third;
        Assert.False(fourth.IsCompleted);
        gate.Leave(success: true, slowDown: false);
        await fourth;
    }

    [Fact]
    public async Task Slow_down_halves_the_bound_and_successes_let_it_grow_back()
    {
        var gate = new AccountGate(4);
        await gate.EnterAsync(default);
        gate.Leave(success: false, slowDown: true);
        Assert.Equal(2, gate.Limit);
        await gate.EnterAsync(default);
        gate.Leave(success: false, slowDown: true);
        await gate.EnterAsync(default);
        gate.Leave(success: false, slowDown: true);
        Assert.Equal(1, gate.Limit);

        for (var i = 0; i < AccountGate.SuccessesToGrow * 10; i++)
        {
            await gate.EnterAsync(default);
            gate.Leave(success: true, slowDown: false);
        }
        Assert.Equal(4, gate.Limit);
    }

    [Fact]
    public async Task Cancelled_waiter_takes_no_place()
    {
        var gate = new AccountGate(1);
        await gate.EnterAsync(default);
        using var cancel = new CancellationTokenSource();
        var waiting = gate.EnterAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        gate.Leave(success: true, slowDown: false);
        await gate.EnterAsync(default);
    }
}
