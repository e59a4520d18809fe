using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads <c>pii:</c> and gives each source its rules.</summary>
internal sealed class PersonalReader(FaultList faults)
{
    private const string Key = "pii";
    private static readonly string[] s_words = ["allow", "drop", "mask"];

    /// <summary>The sources with their rules.</summary>
    public List<SourceDraft> Read(MapFields job, List<SourceDraft> sources, bool live)
    {
        if (job.Map(Key) is not { } map) return sources;
        if (live)
        {
            faults.AtKey(job.Find(Key)!, $"Rows of a live job are figures of streams and name nobody. Leave '{Key}' out.");
            return sources;
        }
        if (map.Entries.Count == 0) faults.At(map, $"'{Key}' names no column.");
        var rules = sources.ToDictionary(s => s.Name, _ => new List<PersonalRule>(), StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            if (Rule(entry) is not { } rule) continue;
            foreach (var (source, required) in Sources(entry, rule.Column, sources, out var column))
                rules[source.Name].Add(rule with { Column = column, IsRequired = required });
        }
        var read = sources.Select(s => s.Spec is null ? s : s with { Spec = s.Spec with { Personal = rules[s.Name] } }).ToList();
        if (job.Find("raw") is { } raw && job.Text("raw") != "off" && read.Any(s => s.Spec?.IsTreated == true))
            faults.AtKey(raw, $"Raw replies hold what '{Key}' takes out, so a job with rules of '{Key}' keeps none. Leave 'raw' out or write 'raw: off'.");
        return read;
    }

    private PersonalRule? Rule(YamlEntry entry)
    {
        if (entry.Value is YamlMap map)
        {
            var fields = new MapFields(map, $"a rule of '{Key}'", ["hmac"], faults);
            fields.Require("hmac", "Write '{ hmac: crm }', where 'crm' names the key in ETL_PII_KEY_CRM.");
            return fields.Named("hmac", Names.IsSetting, Names.SettingRule) is { } key ? new PersonalRule(entry.Key, Treatment.Hmac, key, false) : null;
        }
        if (entry.Value is YamlText { IsNothing: false } text)
        {
            var treatment = text.Value switch { "allow" => Treatment.Allow, "drop" => Treatment.Drop, "mask" => Treatment.Mask, _ => (Treatment?)null };
            if (treatment is not null) return new PersonalRule(entry.Key, treatment.Value, null, false);
            faults.At(entry.Value, $"'{text.Value}' is nothing that 'pii' can do. Expected {Words.Or([.. s_words, "{ hmac: KEY }"])}.{Nearest.Hint(text.Value, s_words)}");
            return null;
        }
        if (entry.Value is not YamlBroken) faults.AtKey(entry, $"Column '{entry.Key}' needs what happens to it: {Words.Or([.. s_words, "{ hmac: KEY }"])}.");
        return null;
    }

    // A name of one source, 'source.column', or a name wherever it occurs.
    private IEnumerable<(SourceDraft Source, bool Required)> Sources(YamlEntry entry, string name, List<SourceDraft> sources, out string column)
    {
        column = name;
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        if (dot > 0 && sources.FirstOrDefault(s => s.Named && s.Name == name[..dot]) is { } one)
        {
            column = name[(dot + 1)..];
            if (Known(one) is { } known && !known.Contains(column)) Unknown(entry, column, known);
            return [(one, true)];
        }
        if (sources.Count == 0) return [];
        var lists = sources.Select(s => (Source: s, Known: Known(s))).ToList();
        if (lists.All(l => l.Known?.Contains(name) == false)) Unknown(entry, name, [.. lists.SelectMany(l => l.Known!).Distinct()]);
        // Where columns are known when the answer comes, one of several sources need not have it.
        return [.. lists.Where(l => l.Known?.Contains(name) != false).Select(l => (l.Source, l.Known is not null || lists.Count == 1))];
    }

    private void Unknown(YamlEntry entry, string column, IReadOnlyList<string> known) =>
        faults.AtKey(entry, $"No source has a column '{column}', so nothing would be kept out.{Nearest.Hint(column, known)}");

    private static IReadOnlyList<string>? Known(SourceDraft source) => source.Report is not { ColumnsComplete: true } report ? null : source.Spec?.Action switch
    {
        "table" or "total" or "csv" => ReportColumns.Of(report),
        "graphs" => ReportColumns.OfGraphs(report),
        _ => null,
    };
}
