using Etl.Core.Alerts;
using Etl.Pipeline.Alerts;

namespace Etl.Pipeline.Tests.Alerts;

/// <summary>When a rule fires and resolves: examples, and random histories against a model that looks at the whole past each time.</summary>
public sealed class AlertHysteresisTests
{
    private static readonly DateTimeOffset s_start = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(1, 1, 10, "5 20 5", "F.F")]
    [InlineData(2, 1, 10, "5 20 5 5 20", "...F.")]
    [InlineData(1, 2, 10, "5 20 5 20 20 5", "FFFF.F")]
    [InlineData(1, 1, 15, "5 12 14 15 12", "FFF..")]
    [InlineData(2, 2, 10, "5 - 5 - 20 - 20 -", "..FFFF..")]
    [InlineData(3, 1, 10, "- - -", "...")]
    public void Windows_are_counted_in_a_row_and_nothing_measured_says_nothing(int windows, int clear, double at, string values, string phases)
    {
        var rule = Rule(AlertMeasure.Rows) with { Windows = windows, ClearWindows = clear, ClearAt = at };
        var phase = default(AlertPhase);
        var seen = "";
        foreach (var value in values.Split(' '))
        {
            phase = AlertHysteresis.Next(rule, phase, value == "-" ? null : double.Parse(value, System.Globalization.CultureInfo.InvariantCulture), s_start);
            seen += phase.IsFiring ? 'F' : '.';
        }
        Assert.Equal(phases, seen);
    }

    [Fact]
    public void Time_is_counted_from_the_first_measurement_that_speaks_for_a_change()
    {
        var rule = Rule(AlertMeasure.Held) with { Is = Comparison.GreaterOrEqual, Threshold = 1, ClearAt = 1, Time = TimeSpan.FromMinutes(10), ClearTime = TimeSpan.FromMinutes(5) };
        var phase = default(AlertPhase);
        foreach (var (minute, value, firing) in new[] { (0, 1d, false), (9, 1d, false), (10, 1d, true), (11, 0d, true), (12, 2d, true), (13, 0d, true), (17, 0d, true), (18, 0d, false) })
        {
            phase = AlertHysteresis.Next(rule, phase, value, s_start.AddMinutes(minute));
            Assert.Equal((minute, firing), (minute, phase.IsFiring));
        }
    }

    [Fact]
    public void Random_histories_agree_with_a_model_that_looks_back()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var random = new Random(seed);
            var (windows, clear) = (random.Next(1, 5), random.Next(1, 5));
            var (threshold, at) = (random.Next(3, 6), random.Next(6, 8));
            var rule = Rule(AlertMeasure.Rows) with { Windows = windows, ClearWindows = clear, Threshold = threshold, ClearAt = at };
            var history = new List<double?>();
            var phase = default(AlertPhase);
            for (var step = 0; step < 40; step++)
            {
                history.Add(random.Next(6) == 0 ? null : random.Next(10));
                phase = AlertHysteresis.Next(rule, phase, history[^1], s_start.AddDays(step));
                Assert.True(Model(history, windows, clear, threshold, at) == phase.IsFiring, $"seed {seed}, step {step}");
            }
        }
    }

    [Fact]
    public void Readings_after_a_known_phase_lead_where_all_readings_lead()
    {
        for (var seed = 0; seed < 500; seed++)
        {
            var random = new Random(seed);
            var rule = Rule(AlertMeasure.Rows) with { Windows = random.Next(1, 4), ClearWindows = random.Next(1, 4), Threshold = 4, ClearAt = 6 };
            var readings = Enumerable.Range(0, 30).Select(i => new AlertReading($"{i}", s_start.AddDays(i), "p", random.Next(10))).ToList();
            var cut = random.Next(30);
            var whole = AlertHysteresis.After(rule, default, readings);
            Assert.Equal(whole, AlertHysteresis.After(rule, AlertHysteresis.After(rule, default, readings.Take(cut)), readings.Skip(cut)));
        }
    }

    // Fires at the first point where the last n told values were all bad since it last changed; written the slow way on purpose.
    private static bool Model(List<double?> history, int windows, int clear, double threshold, double at)
    {
        var told = history.OfType<double>().ToList();
        var firing = false;
        var changed = 0;
        for (var end = 1; end <= told.Count; end++)
        {
            var since = told.Skip(changed).Take(end - changed).ToList();
            var wanted = firing ? clear : windows;
            var tail = since.TakeLast(wanted).ToList();
            if (tail.Count < wanted || !tail.All(v => firing ? v >= at : v < threshold)) continue;
            firing = !firing;
            changed = end;
        }
        return firing;
    }

    private static AlertRule Rule(AlertMeasure measure) =>
        new() { Name = "a", When = "", Measure = measure, Is = Comparison.Less, Threshold = 10, ClearAt = 10 };
}
