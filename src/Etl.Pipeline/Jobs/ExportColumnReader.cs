using Etl.Core.Catalog;
using Etl.Core.Columns;
using Etl.Core.Exports;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>A measure with its place, and whether it is known to be no number.</summary>
internal sealed record MeasureDraft(LeadMeasure Measure, bool IsNumber);

/// <summary>Reads what refers to columns in an export: its measures and the columns of its file.</summary>
internal sealed class ExportColumnReader(ICatalog catalog, IReadOnlyList<SourceDraft> from, FaultList faults)
{
    private static readonly (string Word, LeadField Field)[] s_fields =
    [
        ("email", LeadField.Email), ("user", LeadField.User), ("score", LeadField.Score), ("score-parts", LeadField.ScoreParts), ("tier", LeadField.Tier),
        ("lead-key", LeadField.Key),
    ];

    private static readonly (string Word, MeasureKind Kind)[] s_kinds = [("sum", MeasureKind.Sum), ("count", MeasureKind.Count), ("max", MeasureKind.Max), ("min", MeasureKind.Min)];

    /// <summary>Reads <c>measures:</c>; those that could not be read are left out.</summary>
    public IReadOnlyList<MeasureDraft> Measures(MapFields export)
    {
        var measures = new List<MeasureDraft>();
        if (export.Map("measures") is not { } map) return measures;
        if (map.Entries.Count == 0) faults.At(map, "'measures' names none. Give one such as 'minutes: { sum: content.sum_time_viewed }', or leave the key out.");
        foreach (var entry in map.Entries)
        {
            if (!Names.IsMeasure(entry.Key) || s_fields.Any(f => f.Word == entry.Key))
                faults.AtKey(entry, $"'{entry.Key}' is not a name for a measure. {Names.MeasureRule} {Words.Or([.. s_fields.Select(f => f.Word)])} are taken.");
            else if (MapFields.MapOf(entry, $"Measure '{entry.Key}'", faults) is { } made && Measure(entry.Key, made) is { } measure) measures.Add(measure);
        }
        return measures;
    }

    /// <summary>Reads <c>columns:</c>; those that could not be read are left out.</summary>
    public IReadOnlyList<ExportColumn> Columns(MapFields export, IReadOnlyList<MeasureDraft> measures, bool hasScore)
    {
        var columns = new List<ExportColumn>();
        if (export.Map("columns") is not { } map) return columns;
        if (map.Entries.Count == 0) faults.At(map, "'columns' names none. Give one such as 'Email: email'.");
        foreach (var entry in map.Entries)
            if (Value(entry, measures, hasScore) is { } value) columns.Add(new ExportColumn(entry.Key, value));
        return columns;
    }

    /// <summary>Reads <c>source.column</c>; null, reported, when there is no such source.</summary>
    public SourceValue? Source(string text, YamlNode node)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || dot == text.Length - 1)
        {
            faults.At(node, $"'{text}' is not a column of a source. Write the source, a point and the column: '{from[0].Name}.country', for example.");
            return null;
        }
        if (SourceOf(text[..dot], node) is not { } source) return null;
        Check(source, text[(dot + 1)..], node);
        return new SourceValue(source.Name, text[(dot + 1)..]);
    }

    /// <summary>Reports a column that the source is known not to have; gives what the catalogue knows of it.</summary>
    public ColumnFact? Check(SourceDraft source, string column, YamlNode node)
    {
        if (ReportColumns.OfSource(source) is not { } columns || SystemColumns.IsOne(column)) return null;
        if (columns.Contains(column)) return catalog.Columns.GetValueOrDefault(column);
        faults.At(node, $"'{column}' is not a column of source '{source.Name}', report {source.Report!.Id} ({source.Report.Name}).{Nearest.Hint(column, columns)}");
        return null;
    }

    private SourceDraft? SourceOf(string name, YamlNode node)
    {
        if (from.FirstOrDefault(s => s.Name == name) is { } source) return source;
        var names = from.Select(s => s.Name).ToList();
        faults.At(node, $"'{name}' is not a source of this export. Expected {Words.Or(names)}.{Nearest.Hint(name, names)}");
        return null;
    }

    private MeasureDraft? Measure(string name, YamlMap map)
    {
        var fields = new MapFields(map, "a measure", [.. s_kinds.Select(k => k.Word), "where"], faults);
        var kinds = s_kinds.Where(k => fields.Has(k.Word)).ToList();
        if (kinds.Count != 1)
        {
            faults.At(map, $"Measure '{name}' needs one of {Words.Or([.. s_kinds.Select(k => k.Word)])}{(kinds.Count == 0 ? "" : $" and has {kinds.Count}")}.");
            return null;
        }
        var (word, kind) = kinds[0];
        if (fields.Text(word) is not { } text) return null;
        var node = fields.Find(word)!.Value;
        if (kind == MeasureKind.Count)
            return SourceOf(text, node) is { } counted ? new MeasureDraft(new LeadMeasure(name, kind, counted.Name, null) { Where = Where(fields, counted) }, IsNumber: true) : null;
        if (Source(text, node) is not { } value) return null;
        var source = from.First(s => s.Name == value.Source);
        var fact = ReportColumns.OfSource(source)?.Contains(value.Column) == true ? catalog.Columns.GetValueOrDefault(value.Column) : null;
        var isNumber = fact is null ? !SystemColumns.IsOne(value.Column) : fact.Storage != "string" && fact.Type is not ("date" or "datetime");
        if (kind == MeasureKind.Sum && !isNumber) faults.At(node, $"Column '{text}' has no sum: it holds text or dates. 'count' counts rows.");
        else if (kind == MeasureKind.Sum && fact is { Additivity: Additivity.Unique or Additivity.Ratio or Additivity.Level })
            faults.At(node, $"Column '{text}' must not be summed over rows: {AlertsReader.Why(fact)}. Use max or min.");
        return new MeasureDraft(new LeadMeasure(name, kind, value.Source, value.Column) { Where = Where(fields, source) }, isNumber);
    }

    private (string Column, IReadOnlyList<string> Values)? Where(MapFields measure, SourceDraft source)
    {
        if (measure.Map("where") is not { } map) return null;
        if (map.Entries.Count != 1)
        {
            faults.At(map, "'where' takes one column with its values, such as 'where: { type: [clap] }'.");
            return null;
        }
        var entry = map.Entries[0];
        Check(source, entry.Key, entry.Value);
        IReadOnlyList<string> values = entry.Value is YamlList ? measure.TextsOf(entry) : measure.TextOf(entry.Value, $"'{entry.Key}'") is { } one ? [one] : [];
        return values.Count == 0 ? null : (entry.Key, values);
    }

    private ExportValue? Value(YamlEntry entry, IReadOnlyList<MeasureDraft> measures, bool hasScore)
    {
        if (entry.Value is YamlMap map)
        {
            var fields = new MapFields(map, "a column of an export", ["constant"], faults);
            fields.Require("constant", "Write '{ constant: Webinar }', or the name of a value without a map.");
            return fields.Text("constant") is { } constant ? new ConstantValue(constant) : null;
        }
        var reader = new MapFields(new YamlMap(entry.Place, entry.Value.Path, [entry]), "'columns'", [entry.Key], faults);
        if (reader.Text(entry.Key) is not { } text) return null;
        if (s_fields.FirstOrDefault(f => f.Word == text) is { Word: not null } field)
        {
            if (!hasScore && field.Field is LeadField.Score or LeadField.ScoreParts or LeadField.Tier)
                faults.At(entry.Value, $"'{text}' needs a 'score': write 'score: {{ weights: {{ minutes: 1 }} }}', for example.");
            return new LeadValue(field.Field);
        }
        if (measures.Any(m => m.Measure.Name == text)) return new MeasureValue(text);
        if (text.Contains('.', StringComparison.Ordinal)) return Source(text, entry.Value);
        string[] known = [.. s_fields.Select(f => f.Word), .. measures.Select(m => m.Measure.Name)];
        faults.At(entry.Value, $"'{text}' is not a value of a lead. Expected {Words.Or(known)}, a column such as '{from[0].Name}.country', or '{{ constant: text }}'.{Nearest.Hint(text, known)}");
        return null;
    }
}
