using System.Globalization;
using Etl.Core.Alerts;
using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Alerts;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>alerts:</c> list of a job.</summary>
internal sealed class AlertsReader(ICatalog catalog, IReadOnlyList<SourceDraft> sources, IReadOnlyList<LandDraft> land, FaultList faults)
{
    private static readonly string[] s_keys = ["name", "when", "from", "where", "for", "clear", "notify"];

    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>Reads the list; rules that could not be read are left out.</summary>
    public IReadOnlyList<AlertRule> Read(MapFields job)
    {
        if (job.Find("alerts") is not { } entry) return [];
        if (entry.Value is not YamlList list)
        {
            faults.At(entry.Value, $"'alerts' takes a list whose items begin with '- ', not {Words.Kind(entry.Value)}.");
            return [];
        }
        if (list.Items.Count == 0) faults.At(list, "'alerts' is empty. Give a rule such as '- { name: late, when: late > 6h }', or leave the key out.");
        var rules = new List<AlertRule>();
        foreach (var item in list.Items)
        {
            if (item is YamlMap map)
            {
                if (Rule(map) is { } rule) rules.Add(rule);
            }
            else if (item is not YamlBroken)
            {
                faults.At(item, $"An item of 'alerts' is a map such as '{{ name: late, when: late > 6h }}', not {Words.Kind(item)}.");
            }
        }
        return rules;
    }

    private AlertRule? Rule(YamlMap map)
    {
        var fields = new MapFields(map, "an alert", s_keys, faults);
        fields.Require("name", "Write 'name: late', for example.");
        fields.Require("when", "Write 'when: late > 6h' or 'when: avg(avg_view_drop_off) < 0.4', for example.");
        var name = fields.Named("name", Names.IsJob, Names.JobRule);
        if (name is not null && !_names.Add(name)) faults.At(fields.Find("name")!.Value, $"Two alerts of this job are called '{name}'.");
        var notify = Notify(fields);
        if (When(fields) is not { } when) return null;
        var source = From(fields, when);
        var draft = new AlertRule
        {
            Name = name ?? "", When = fields.Text("when")!, Source = source?.Name, Measure = when.Measure, Column = when.Column, Where = when.Where,
            Is = when.Is, Threshold = when.Threshold, ClearAt = when.Threshold, Notify = notify,
        };
        draft = Patience(fields, Where(fields, draft));
        if (source is not null) CheckSource(fields, draft, source);
        return name is null ? null : draft;
    }

    private AlertExpression.When? When(MapFields fields)
    {
        if (fields.Text("when") is not { } text) return null;
        if (AlertExpression.ReadWhen(text, out var fault) is { } when) return when;
        faults.At(fields.Find("when")!.Value, $"'{text}' is not a rule. {fault}");
        return null;
    }

    private SourceDraft? From(MapFields fields, AlertExpression.When when)
    {
        var names = sources.Select(s => s.Name).ToList();
        if (fields.Text("from") is { } name)
        {
            var source = sources.FirstOrDefault(s => s.Name == name);
            if (source is { Named: true }) return source;
            faults.At(fields.Find("from")!.Value, sources is [{ Named: true }, ..]
                ? $"There is no source '{name}'. Expected {Words.Or(names)}.{Nearest.Hint(name, names)}"
                : $"There is no source '{name}': a job with one 'source' needs no 'from'.");
            return null;
        }
        if (when.Measure >= AlertMeasure.Late || fields.Has("from")) return null;
        if (sources is [var only]) return only;
        if (sources.Count > 1) faults.At(fields.Node, $"An alert on what landed of a job with several sources needs 'from'. Expected {Words.Or(names)}.");
        return null;
    }

    private AlertRule Where(MapFields fields, AlertRule rule)
    {
        if (fields.Text("where") is not { } text) return rule;
        var value = fields.Find("where")!.Value;
        if (!rule.ReadsRows || rule.Measure == AlertMeasure.Any)
        {
            faults.At(value, rule.ReadsRows
                ? "'any' has its condition already. Leave 'where' out."
                : $"'{rule.When}' looks at no rows, so there are none to choose. Leave 'where' out.");
            return rule;
        }
        if (AlertExpression.ReadCondition(text, out var fault) is { } condition) return rule with { Where = condition };
        faults.At(value, $"'{text}' is not a condition. {fault}");
        return rule;
    }

    private AlertRule Patience(MapFields fields, AlertRule rule)
    {
        if (rule.IsOfWindow) rule = rule with { Windows = Count(fields, "for") };
        else rule = rule with { Time = Span(fields, "for") };
        if (fields.Map("clear") is not { } map) return rule;
        var clear = new MapFields(map, "'clear'", ["at", "for"], faults);
        if (map.Entries.Count == 0) faults.At(map, "'clear' is empty. Give 'at' or 'for', or leave the key out.");
        if (rule.IsOfWindow) rule = rule with { ClearWindows = Count(clear, "for") };
        else rule = rule with { ClearTime = Span(clear, "for") };
        if (clear.Text("at") is not { } text) return rule;
        var place = clear.Find("at")!.Value;
        if (AlertExpression.ReadValue(rule.Measure, text, out var fault) is not { } at)
        {
            faults.At(place, fault!);
            return rule;
        }
        var isWellSide = rule.Is switch
        {
            Comparison.Less or Comparison.LessOrEqual => at >= rule.Threshold,
            Comparison.Greater or Comparison.GreaterOrEqual => at <= rule.Threshold,
            _ => false,
        };
        if (isWellSide) return rule with { ClearAt = at };
        faults.At(place, rule.Is is Comparison.Equal or Comparison.NotEqual
            ? $"'{rule.When}' asks for equality, which has no other value to clear at. Leave 'at' out."
            : $"'{text}' lies on the side on which '{rule.When}' fires, so it would never come to rest. Give a value {(rule.Is is Comparison.Less or Comparison.LessOrEqual ? "above" : "below")} that one.");
        return rule;
    }

    private static int Count(MapFields fields, string key) => fields.Parsed<int>(
        key, 1,
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n is >= 1 and <= AlertRule.MostWindows ? n : null,
        string.Create(CultureInfo.InvariantCulture, $"Expected a number of landed windows in a row from 1 to {AlertRule.MostWindows}."));

    private static TimeSpan Span(MapFields fields, string key) => fields.Parsed(key, TimeSpan.Zero, Measures.Duration, $"This rule is looked at as time passes. {Measures.DurationForm}");

    private static IReadOnlyList<string> Notify(MapFields fields) => fields.Has("notify")
        ? fields.UniqueTexts("notify", n => Names.IsSetting(n) ? null : $"'{n}' is not the name of a channel. {Names.SettingRule}")
        : [AlertChannels.Log];

    private void CheckSource(MapFields fields, AlertRule rule, SourceDraft source)
    {
        if (!rule.ReadsRows) return;
        var place = fields.Find("when")!.Value;
        var landings = land.Where(l => l.Spec.From == source.Name).ToList();
        if (landings.Count > 0 && landings.All(l => l.Spec is not (ParquetLandSpec or ExportRowsLandSpec or TableLandSpec { Mode: LandMode.ReplaceWindow or LandMode.Append })))
            faults.At(place, $"'{rule.When}' reads the rows of landed windows, and source '{source.Name}' lands only where windows are not kept apart. Land it as parquet, or in a table of mode replace-window or append, too.");
        if (rule.Measure == AlertMeasure.Value && source.Spec is { Action: not ("total" or "base-total") })
            faults.At(place, $"'{rule.Column}' names a value of the only row of a window, and '{source.Spec.Action}' has many rows. Say which is meant: min({rule.Column}), max({rule.Column}), avg({rule.Column}) or any({rule.Column} ...).");
        var conditionPlace = rule.Measure == AlertMeasure.Any ? place : fields.Find("where")?.Value ?? place;
        if (rule.Column is { } column && Known(place, column, source) is { } fact)
        {
            if (rule.Measure != AlertMeasure.Count && (fact.Storage == "string" || fact.Type is "date" or "datetime"))
                faults.At(place, $"Column '{column}' holds {(fact.Type is "date" or "datetime" ? "dates, which have" : "text, which has")} no {rule.Measure.ToString().ToLowerInvariant()}. 'count({column})' counts the rows that have one.");
            else if (rule.Measure == AlertMeasure.Sum && fact is { IsMetric: true, Additivity: not Additivity.Full })
                faults.At(place, $"Column '{column}' must not be summed over rows: {Why(fact)}. Use min, max or avg.");
        }
        if (rule.Where is { } where && Known(conditionPlace, where.Column, source) is { } known)
        {
            if (known.Type is "date" or "datetime") faults.At(conditionPlace, $"Column '{where.Column}' holds dates, which are not compared here: the window says when.");
            else if (where.Number is null && known.Storage != "string") faults.At(conditionPlace, $"Column '{where.Column}' holds numbers, and '{where.Text}' is none.");
            else if (where.Number is not null && known.Storage == "string") faults.At(conditionPlace, $"Column '{where.Column}' holds text. Put quotes around the value: {where.Column} {where.Is.Sign()} '{where.Number.Value.ToString(CultureInfo.InvariantCulture)}'.");
        }
    }

    /// <summary>Why a column must not be summed over rows.</summary>
    internal static string Why(ColumnFact fact) => fact.Additivity switch
    {
        Additivity.Unique => "it counts distinct things, and one thing may stand in several rows",
        Additivity.Ratio => "it is a ratio or an average",
        Additivity.Level => "it is a level at a point in time",
        _ => "the catalogue does not say that its rows add up",
    };

    /// <summary>What is known of a column; null, reported where the report's full list of columns does not have it, when nothing is.</summary>
    private ColumnFact? Known(YamlNode place, string column, SourceDraft source)
    {
        var columns = ReportColumns.OfSource(source);
        if (columns is null || columns.Contains(column)) return columns is null ? null : catalog.Columns.GetValueOrDefault(column);
        faults.At(place, $"'{column}' is not a column of report {source.Report!.Id} ({source.Report.Name}).{Nearest.Hint(column, columns)}");
        return null;
    }
}
