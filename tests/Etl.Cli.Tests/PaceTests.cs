using System.Text.Json;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Windows;

namespace Etl.Cli.Tests;

/// <summary>How far a run of many windows is, by a clock that the test moves.</summary>
public sealed class PaceTests : IDisposable
{
    private readonly Watch _time = new();
    private readonly StringWriter _out = new();

    public void Dispose() => _out.Dispose();

    [Fact]
    public void Rate_and_rest_are_those_since_it_began()
    {
        var paces = new Paces(TimeSpan.Zero);
        var meter = new PaceMeter("plays", 100, paces, _time);
        _time.Pass(TimeSpan.FromSeconds(30));
        meter.Tell();
        for (var n = 0; n < 20; n++) meter.Ended([Outcome(WindowState.Landed)]);
        _time.Pass(TimeSpan.FromSeconds(30));
        meter.Ended([Outcome(WindowState.Held, ExitCode.Held), Outcome(WindowState.Failed, ExitCode.Unreachable)]);
        Assert.Equal(new Pace("plays", 0, 100, 0, 0, TimeSpan.FromSeconds(30)), paces.Told[0]);
        Assert.Equal("0 of 100 done", $"{paces.Told[0]}");
        var last = paces.Told[^1];
        Assert.Equal(new Pace("plays", 21, 100, 1, 1, TimeSpan.FromMinutes(1)), last);
        Assert.Equal((21.0, 79 * 60.0 / 21), (last.PerMinute!.Value, last.Left!.Value.TotalSeconds), (a, b) => Math.Abs(a.Item1 - b.Item1) < 1e-9 && Math.Abs(a.Item2 - b.Item2) < 1e-3);
        Assert.Equal("21 of 100 done, 21 a minute, about 4 min left, 1 held, 1 failed", $"{last}");
    }

    [Fact]
    public void Slow_rates_keep_a_digit_and_an_end_has_no_rest()
    {
        Assert.Equal("2 of 4 done, 0.4 a minute, about 5 min left", $"{new Pace("plays", 2, 4, 0, 0, TimeSpan.FromMinutes(5))}");
        Assert.Equal("4 of 4 done, 0.8 a minute, 2 failed", $"{new Pace("plays", 4, 4, 0, 2, TimeSpan.FromMinutes(5))}");
        Assert.Equal("1 of 2 done", $"{new Pace("plays", 1, 2, 0, 0, TimeSpan.Zero)}");
    }

    [Fact]
    public void Observer_hears_as_often_as_it_wants_and_nothing_past_the_last_window()
    {
        var paces = new Paces(TimeSpan.FromSeconds(10));
        var meter = new PaceMeter("plays", 3, paces, _time);
        for (var second = 1; second <= 25; second++)
        {
            _time.Pass(TimeSpan.FromSeconds(1));
            meter.Tell();
            if (second is 5 or 12) meter.Ended([Outcome(WindowState.Landed)]);
        }
        Assert.Equal([(1, 10.0), (2, 20.0)], paces.Told.Select(p => (p.Done, p.Elapsed.TotalSeconds)));
        meter.Ended([Outcome(WindowState.Landed)]);
        _time.Pass(TimeSpan.FromSeconds(60));
        // A window that is left alone because it is parked is told behind the others.
        meter.Ended([Outcome(WindowState.Parked, ExitCode.WindowFailed)]);
        Assert.Equal(2, paces.Told.Count);
    }

    [Fact]
    public void Run_in_this_process_tells_json_every_ten_seconds()
    {
        var observer = new PacedObserver(new JsonObserver(Terminal(json: true)), _time);
        observer.Progressed(Key(1), new PullProgress(1, 10, 100, "pages"));
        observer.Planned("plays", 3, 4);
        _time.Pass(TimeSpan.FromSeconds(10));
        observer.Progressed(Key(1), new PullProgress(1, 10, 100, "pages"));
        _time.Pass(TimeSpan.FromSeconds(5));
        observer.Finished(Outcome(WindowState.Landed));
        _time.Pass(TimeSpan.FromSeconds(5));
        observer.Moved(Key(2), WindowState.Pulling);
        Assert.Equal(
            [
                """{"type":"progress","job":"plays","done":0,"total":3,"held":0,"failed":0,"perMinute":null,"secondsLeft":null}""",
                """{"type":"progress","job":"plays","done":1,"total":3,"held":0,"failed":0,"perMinute":3,"secondsLeft":40}""",
            ],
            Lines().Where(l => JsonDocument.Parse(l).RootElement.GetProperty("type").GetString() == "progress"));
    }

    [Fact]
    public void Run_in_this_process_tells_a_log_every_ten_seconds()
    {
        var observer = new PacedObserver(new PlainObserver(Terminal(json: false)), _time);
        observer.Planned("plays", 3, 4);
        _time.Pass(TimeSpan.FromSeconds(20));
        observer.Finished(Outcome(WindowState.Landed));
        observer.Finished(Outcome(WindowState.Landed));
        Assert.Equal("plays: 1 of 3 done, 3 a minute, about 40 s left.", Assert.Single(Lines(), l => l.Contains(" done", StringComparison.Ordinal)));
    }

    private IEnumerable<string> Lines() => _out.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private Terminal Terminal(bool json) => new(_out, TextWriter.Null, json, quiet: false, verbose: false);

    private static WindowKey Key(int day) => new("plays", "main", "100", $"2026-11-{day:00}");

    private static WindowOutcome Outcome(WindowState state, int exit = ExitCode.Done) => new() { Key = Key(1), State = state, ExitCode = exit };

    private sealed class Watch : TimeProvider
    {
        private long _now = 1_000;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Pass(TimeSpan time) => _now += time.Ticks;
    }

    private sealed class Paces(TimeSpan every) : IRunObserver, IPaceObserver
    {
        public List<Pace> Told { get; } = [];

        public TimeSpan PaceEvery => every;

        public void Paced(Pace pace) => Told.Add(pace);

        public void Planned(string job, int windows, int notDue)
        {
        }

        public void Moved(WindowKey key, WindowState state)
        {
        }

        public void Progressed(WindowKey key, PullProgress progress)
        {
        }

        public void Finished(WindowOutcome outcome)
        {
        }
    }
}
