using Etl.Core.Errors;
using Etl.Kaltura.Api;
using Etl.Kaltura.Tests.Fakes;
using Etl.Parsing;

namespace Etl.Kaltura.Tests.Api;

/// <summary>The bounds of one exchange, each right below it, at it and right above it (docs/reliability.md, Network).</summary>
public class ExchangeLimitTests
{
    private static readonly ExchangeLimits s_limits = new();

    [Fact]
    public void Defaults_are_the_published_ones() =>
        Assert.Equal(
            (TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(15), TimeSpan.FromSeconds(60), 1024L, 256L << 20, 200, 1L << 20),
            (s_limits.Connect, s_limits.Idle, s_limits.Body, s_limits.RateWindow, s_limits.MinBytesPerSecond, s_limits.MaxBodyBytes, s_limits.MaxRatio, s_limits.RatioFreeBytes));

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Decoded_size_is_bounded(int beyond, bool isTaken)
    {
        var limits = s_limits with { MaxBodyBytes = 5000 };

        await AssertAsync(Decoded(sent: 5000, decoded: 5000 + beyond, limits), isTaken, "too-large", isTransient: false);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Growth_is_bounded_behind_the_first_megabyte(int beyond, bool isTaken)
    {
        // 200 times of 10,000 bytes; and the same growth in a body of less than a megabyte is nobody's concern.
        await AssertAsync(Decoded(sent: 10_000, decoded: 2_000_000 + beyond, s_limits), isTaken, "too-large", isTransient: false);
        await AssertAsync(Decoded(sent: 10, decoded: (1 << 20) + Math.Min(beyond, 0), s_limits), true, "too-large", isTransient: false);
    }

    [Theory]
    [InlineData(-1, true)]
    [InlineData(1, false)]
    public async Task Waiting_for_one_answer_is_bounded(int beyondMilliseconds, bool isTaken)
    {
        // 90 pieces, 10 s apart, are 15 minutes; each is large enough for the slowest rate.
        var clock = new FakeClock();
        var waits = Enumerable.Repeat(TimeSpan.FromSeconds(10), 89).Append(TimeSpan.FromSeconds(10) + TimeSpan.FromMilliseconds(beyondMilliseconds));
        await using var body = new PacedStream(new TimedPieces(clock, waits, pieceBytes: 11_000), "x", s_limits, clock);

        await AssertAsync(body, isTaken, "too-slow", isTransient: true);
    }

    [Theory]
    [InlineData(1023, false)]
    [InlineData(1024, true)]
    [InlineData(1025, true)]
    public async Task Rate_is_bounded_over_a_minute(int bytesPerSecond, bool isTaken)
    {
        var clock = new FakeClock();
        await using var body = new PacedStream(new TimedPieces(clock, Enumerable.Repeat(TimeSpan.FromSeconds(1), 120), bytesPerSecond), "x", s_limits, clock);

        await AssertAsync(body, isTaken, "too-slow", isTransient: true);
    }

    [Fact]
    public async Task Slow_reader_is_not_taken_for_a_slow_service()
    {
        var clock = new FakeClock();
        await using var body = new PacedStream(new TimedPieces(clock, Enumerable.Repeat(TimeSpan.Zero, 50), 1), "x", s_limits, clock);
        var buffer = new byte[10];

        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(1, await body.ReadAsync(buffer));
            clock.Advance(TimeSpan.FromMinutes(1));
        }
    }

    private static DecodedStream Decoded(int sent, int decoded, ExchangeLimits limits)
    {
        var network = new PacedStream(new MemoryStream(new byte[sent]), "x", limits, TimeProvider.System);
        return new DecodedStream(new Inflating(network, decoded), network, "x", limits);
    }

    private static async Task AssertAsync(Stream body, bool isTaken, string code, bool isTransient)
    {
        var buffer = new byte[64 << 10];
        async Task ReadAsync()
        {
            while (await body.ReadAsync(buffer) > 0)
            {
            }
        }
        if (isTaken)
        {
            await ReadAsync();
            return;
        }
        var fault = await Assert.ThrowsAsync<ApiException>(ReadAsync);
        Assert.Equal((code, isTransient), (fault.Code, fault.IsTransient));
    }

    /// <summary>Reads all that was sent, and gives so many bytes for it.</summary>
    private sealed class Inflating(Stream sent, int decoded) : ReadOnlyStream
    {
        private int _left = decoded;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (await sent.ReadAsync(buffer, cancellationToken) > 0)
            {
            }
            var given = Math.Min(_left, buffer.Length);
            _left -= given;
            return given;
        }
    }

    /// <summary>Pieces of so many bytes, each after a wait by the clock.</summary>
    private sealed class TimedPieces(FakeClock clock, IEnumerable<TimeSpan> waits, int pieceBytes) : ReadOnlyStream
    {
        private readonly Queue<TimeSpan> _waits = new(waits);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!_waits.TryDequeue(out var wait)) return ValueTask.FromResult(0);
            clock.Advance(wait);
            return ValueTask.FromResult(pieceBytes);
        }
    }
}
