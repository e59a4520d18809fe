using Etl.Core.Errors;
using Etl.Parsing;

namespace Etl.Kaltura.Api;

/// <summary>
/// The bytes of one answer as they arrive: bounds silence, rate and time in all, which the framework's own time-out does
/// not do for streamed bodies, and turns broken connections into transient faults. Only time spent waiting for the
/// service counts, so a slow consumer is not blamed on it.
/// </summary>
internal sealed class PacedStream(Stream network, string what, ExchangeLimits limits, TimeProvider clock) : ReadOnlyStream
{
    private TimeSpan _waited;
    private TimeSpan _windowWaited;
    private long _windowBytes;

    /// <summary>Bytes received.</summary>
    public long Received { get; private set; }

    /// <summary>Time spent waiting for the service.</summary>
    public TimeSpan Waited => _waited;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var limit = new CancellationTokenSource(limits.Idle, clock);
        using var idle = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var started = clock.GetTimestamp();
        int read;
        try
        {
            read = await network.ReadAsync(buffer, idle.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Slow($"sent nothing for {limits.Idle.TotalSeconds:0.#} s");
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            throw new ApiException(FaultKind.Unreachable, $"{what}: the connection broke after {Received} bytes of the answer.", e)
            { Code = "connection-lost", IsTransient = true };
        }
        Received += read;
        if (read > 0) Measure(clock.GetElapsedTime(started), read);
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) network.Dispose();
        base.Dispose(disposing);
    }

    private void Measure(TimeSpan wait, int read)
    {
        _waited += wait;
        if (_waited > limits.Body) throw Slow($"needed more than {limits.Body.TotalMinutes:0.#} min for one answer");
        _windowWaited += wait;
        _windowBytes += read;
        if (_windowWaited < limits.RateWindow) return;
        if (_windowBytes < limits.MinBytesPerSecond * _windowWaited.TotalSeconds)
            throw Slow($"sent {_windowBytes} bytes in {_windowWaited.TotalSeconds:0.#} s, less than {limits.MinBytesPerSecond} bytes/s");
        (_windowWaited, _windowBytes) = (TimeSpan.Zero, 0);
    }

    private ApiException Slow(string found) =>
        new(FaultKind.Unreachable, FormattableString.Invariant($"{what}: the service {found}, after {Received} bytes.")) { Code = "too-slow", IsTransient = true };
}
