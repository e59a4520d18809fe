using System.Globalization;
using Etl.Core.Exports;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>score:</c> of an export.</summary>
internal sealed class ScoreReader(FaultList faults)
{
    private const int MostPopulation = 1_000_000_000;

    /// <summary>Reads it; null when there is none or it has no weight that could be read.</summary>
    public ScoreSpec? Read(MapFields export, IReadOnlyList<MeasureDraft> measures)
    {
        if (export.Map("score") is not { } map) return null;
        var spec = new ScoreSpec([]);
        var score = new MapFields(map, "a score", ["weights", "hot", "warm", "population"], faults);
        score.Require("weights", "A score is the weighted sum of measures: 'weights: { minutes: 1 }', for example.");
        spec = new ScoreSpec(Weights(score, measures))
        {
            Hot = score.Parsed("hot", spec.Hot, Measures.Share, $"{Measures.PercentForm}."),
            Warm = score.Parsed("warm", spec.Warm, Measures.Share, $"{Measures.PercentForm}."),
            Population = score.Whole("population", 1, MostPopulation, spec.Population),
        };
        if (spec.Hot > spec.Warm && (score.Find("warm") ?? score.Find("hot")) is { } entry)
            faults.At(entry.Value, "'warm' is the share that is Hot or Warm, so it is not less than 'hot'.");
        return spec.Weights.Count == 0 ? null : spec;
    }

    private List<KeyValuePair<string, double>> Weights(MapFields score, IReadOnlyList<MeasureDraft> measures)
    {
        var weights = new List<KeyValuePair<string, double>>();
        if (score.Map("weights") is not { } map) return weights;
        if (map.Entries.Count == 0) faults.At(map, "'weights' names no measure, so there is nothing to score by. Give one such as 'minutes: 1', or leave 'score' out.");
        var names = measures.Select(m => m.Measure.Name).ToList();
        foreach (var entry in map.Entries)
        {
            if (measures.FirstOrDefault(m => m.Measure.Name == entry.Key) is not { } measure)
                faults.AtKey(entry, $"'{entry.Key}' is not a measure of this export. Expected {Words.Or(names)}.{Nearest.Hint(entry.Key, names)}");
            else if (!measure.IsNumber)
                faults.AtKey(entry, $"Measure '{entry.Key}' is no number, so it cannot be weighted.");
            else if (score.TextOf(entry.Value, $"'{entry.Key}'") is { } text)
            {
                if (double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var weight) && double.IsFinite(weight))
                    weights.Add(new(entry.Key, weight));
                else faults.At(entry.Value, $"'{text}' is not a weight. Expected a number such as 1 or 0.5.");
            }
        }
        return weights;
    }
}
