using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Etl.Server.Metrics;

/// <summary>
/// Writes instruments as Prometheus reads them (text format 0.0.4):
/// <code>
/// # HELP name words
/// # TYPE name counter | gauge | histogram
/// name{label="value",…} number
/// </code>
/// Names: dots become underscores, the unit follows (<c>_seconds</c>, <c>_bytes</c>), counters end in <c>_total</c>. Counters and histograms add up
/// from the start of this process; gauges are asked when somebody reads.
/// </summary>
internal sealed class PrometheusText : IDisposable
{
    /// <summary>What the answer is.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // One instrument with more combinations of labels than this is a defect; memory must not pay for it.
    private const int MostSeries = 10_000;
    private static readonly double[] s_bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, Family> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    /// <summary>Begins to listen.</summary>
    /// <param name="wanted">Which meters are written.</param>
    public PrometheusText(Func<Meter, bool> wanted)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!wanted(instrument.Meter)) return;
            lock (_lock)
            {
                // Several objects may carry one instrument: they add up.
                var name = NameOf(instrument);
                if (!_families.TryGetValue(name, out var family)) _families[name] = family = new Family(instrument);
                listener.EnableMeasurementEvents(instrument, family);
            }
        };
        _listener.SetMeasurementEventCallback<long>((i, value, tags, state) => Add(i, value, tags, state));
        _listener.SetMeasurementEventCallback<int>((i, value, tags, state) => Add(i, value, tags, state));
        _listener.SetMeasurementEventCallback<double>((i, value, tags, state) => Add(i, value, tags, state));
        _listener.Start();
    }

    /// <summary>Everything as text.</summary>
    public string Write()
    {
        lock (_lock)
            foreach (var family in _families.Values.Where(f => f.IsObserved)) family.Series.Clear();
        _listener.RecordObservableInstruments();
        var text = new StringBuilder();
        lock (_lock)
            foreach (var (name, family) in _families.Where(f => f.Value.Series.Count > 0)) family.Write(name, text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        var labels = Labels(tags);
        lock (_lock)
        {
            var family = (Family)state!;
            if (!family.Series.TryGetValue(labels, out var series))
            {
                if (family.Series.Count >= MostSeries) return;
                family.Series[labels] = series = new Series(family.Bounds?.Length ?? 0);
            }
            if (family.Bounds is { } bounds)
            {
                series.Count++;
                for (var i = 0; i < bounds.Length; i++)
                    if (value <= bounds[i]) series.Buckets[i]++;
            }
            // What is observed tells its sum itself; what is counted tells what comes on top.
            series.Value = instrument.IsObservable && family.Kind != "gauge" ? value : family.Kind == "gauge" && !IsAdding(instrument) ? value : series.Value + value;
        }
    }

    private static bool IsAdding(Instrument instrument) => Kind(instrument) == "UpDownCounter`1";

    private static string Kind(Instrument instrument) => instrument.GetType().Name;

    private static string NameOf(Instrument instrument)
    {
        var name = string.Concat(instrument.Name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (!name.EndsWith(unit, StringComparison.Ordinal)) name += unit;
        return Kind(instrument) is "Counter`1" or "ObservableCounter`1" ? name + "_total" : instrument.Unit == "1" && instrument.Name == "etl.build" ? name + "_info" : name;
    }

    /// <summary>Labels as they stand in a line, sorted by name so that their order makes no new series.</summary>
    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.Length == 0) return "";
        var parts = new List<string>(tags.Length);
        foreach (var (name, value) in tags)
        {
            var label = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_'));
            var text = Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            parts.Add($"{label}=\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");
        }
        parts.Sort(StringComparer.Ordinal);
        return string.Join(',', parts);
    }

    private sealed class Series(int buckets)
    {
        public double Value { get; set; }

        public long Count { get; set; }

        public long[] Buckets { get; } = new long[buckets];
    }

    private sealed class Family(Instrument instrument)
    {
        public string Kind { get; } = PrometheusText.Kind(instrument) switch
        {
            "Counter`1" or "ObservableCounter`1" => "counter",
            "Histogram`1" => "histogram",
            _ => "gauge",
        };

        public bool IsObserved => instrument.IsObservable;

        public double[]? Bounds { get; } = PrometheusText.Kind(instrument) != "Histogram`1" ? null
            : instrument is Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } ? [.. bounds] : s_bounds;

        public SortedDictionary<string, Series> Series { get; } = new(StringComparer.Ordinal);

        public void Write(string name, StringBuilder text)
        {
            var words = (instrument.Description ?? instrument.Name).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", " ", StringComparison.Ordinal);
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {words}\n# TYPE {name} {Kind}\n");
            foreach (var (labels, series) in Series)
            {
                if (Bounds is not { } bounds)
                {
                    Line(name, labels, series.Value);
                    continue;
                }
                var comma = labels.Length == 0 ? "" : ",";
                for (var i = 0; i < bounds.Length; i++) Line(name + "_bucket", $"{labels}{comma}le=\"{Number(bounds[i])}\"", series.Buckets[i]);
                Line(name + "_bucket", $"{labels}{comma}le=\"+Inf\"", series.Count);
                Line(name + "_sum", labels, series.Value);
                Line(name + "_count", labels, series.Count);
            }

            void Line(string full, string labels, double value) => text.Append(full).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(' ').Append(Number(value)).Append('\n');
        }

        private static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);
    }
}
