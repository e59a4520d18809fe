using System.Diagnostics.Metrics;
using Etl.Core.Errors;
using Etl.Core.Telemetry;
using Polly;
using Polly.Retry;

namespace Etl.Kaltura.Api;

/// <summary>
/// Repeats a call while its fault is transient: exponential waits with full jitter, never shorter than the service or the
/// error code asks, and no more attempts than the fault allows. Waits run on the given clock.
/// </summary>
internal sealed class RetryRunner
{
    private static readonly Counter<long> s_retries = EtlActivity.Meter.CreateCounter<long>("etl.retries", "{call}", "Calls that were repeated after a transient fault.");
    private static readonly Counter<double> s_waits = EtlActivity.Meter.CreateCounter<double>("etl.retry.wait", "s", "Time waited before calls were repeated.");

    private readonly RetryPolicy _policy;
    private readonly Func<double> _random;
    private readonly ResiliencePipeline _pipeline;

    public RetryRunner(RetryPolicy policy, TimeProvider clock, Func<double>? random = null)
    {
        _policy = policy;
        _random = random ?? Random.Shared.NextDouble;
        var builder = new ResiliencePipelineBuilder { TimeProvider = clock };
        if (policy.MaxAttempts > 1)
        {
            builder.AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = policy.MaxAttempts - 1,
                MaxDelay = null,
                ShouldHandle = args => ValueTask.FromResult(
                    args.Outcome.Exception is EtlException { IsTransient: true } e
                    && args.AttemptNumber + 1 < ((e as ApiException)?.MaxAttempts ?? int.MaxValue)),
                OnRetry = args =>
                {
                    s_retries.Add(1);
                    s_waits.Add(args.RetryDelay.TotalSeconds);
                    return ValueTask.CompletedTask;
                },
                DelayGenerator = args => ValueTask.FromResult<TimeSpan?>(Wait(args.AttemptNumber, args.Outcome.Exception as EtlException)),
            });
        }
        _pipeline = builder.Build();
    }

    public ValueTask<T> RunAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellation) =>
        _pipeline.ExecuteAsync(call, cancellation);

    /// <summary>The wait after an attempt, counted from zero.</summary>
    internal TimeSpan Wait(int attempt, EtlException? fault)
    {
        var bound = Math.Min(_policy.BaseDelay.TotalSeconds * Math.Pow(2, Math.Min(attempt, 30)), _policy.MaxDelay.TotalSeconds);
        var wait = TimeSpan.FromSeconds(bound * _random());
        var asked = fault?.RetryAfter ?? TimeSpan.Zero;
        if (asked > _policy.MaxRetryAfter) asked = _policy.MaxRetryAfter;
        var least = (fault as ApiException)?.MinWait ?? TimeSpan.Zero;
        if (least > asked) asked = least;
        // On top of what was asked, so that waiting callers do not all come back at one moment.
        return asked + wait;
    }
}
