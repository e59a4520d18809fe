using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>land:</c> list of a job.</summary>
internal sealed class LandReader(IReadOnlyList<SourceDraft> sources, ExportReader exports, FaultList faults)
{
    private static readonly string[] s_kinds = ["parquet", "table", ExportReader.Kind, "audit"];
    private static readonly string[] s_parquetKeys = ["dataset", "codec", "store"];
    private static readonly string[] s_tableKeys = ["connection", "name", "key", "mode"];
    private static readonly string[] s_auditKeys = ["log", "store", "retention"];
    private static readonly string[] s_codecs = ["snappy", "gzip", "none"];

    /// <summary>Reads the list; items that could not be read are left out.</summary>
    public IReadOnlyList<LandDraft> Read(MapFields job)
    {
        job.Require("land", "Write a list such as '- parquet: { dataset: content_daily }'.");
        if (job.Find("land") is not { } entry) return [];
        if (entry.Value is not YamlList list)
        {
            faults.At(entry.Value, $"'land' takes a list whose items begin with '- ', not {Words.Kind(entry.Value)}.");
            return [];
        }
        if (list.Items.Count == 0) faults.At(list, "'land' is empty, so the job would land nowhere. Give a parquet, table or export item.");

        var drafts = new List<LandDraft>();
        var used = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in list.Items)
        {
            if (item is not YamlMap map)
            {
                if (item is not YamlBroken) faults.At(item, $"An item of 'land' is a map such as 'parquet: {{ dataset: content_daily }}', not {Words.Kind(item)}.");
                continue;
            }
            // Its rows come from one source or several.
            if (map.Entries.FirstOrDefault(e => e.Key != "from") is { Key: ExportReader.Kind } export)
            {
                drafts.AddRange(exports.Read(map, export, Several(map, export, used)));
                continue;
            }
            var from = From(map, used);
            if (Item(map, from) is { } spec) drafts.Add(new LandDraft(spec, map));
        }
        foreach (var source in sources.Where(s => s.Named && !used.Contains(s.Name) && list.Items.Count > 0))
            faults.At(source.Node, $"Source '{source.Name}' lands nowhere: no item of 'land' says 'from: {source.Name}'.");
        return drafts;
    }

    private SourceDraft? From(YamlMap item, HashSet<string> used)
    {
        var entry = item.Entries.FirstOrDefault(e => e.Key == "from");
        if (entry is null)
        {
            var main = sources.FirstOrDefault(s => !s.Named);
            if (main is null && sources.Count > 0)
                faults.At(item, $"A land item of a job with 'sources' needs 'from'. Expected {Words.Or([.. sources.Select(s => s.Name)])}.");
            return main;
        }
        var fields = new MapFields(item, "a land item", [.. item.Entries.Select(e => e.Key)], faults);
        return fields.Text("from") is { } name ? Find(name, entry.Value, used) : null;
    }

    private SourceDraft? Find(string name, YamlNode node, HashSet<string> used)
    {
        used.Add(name);
        var source = sources.FirstOrDefault(s => s.Name == name);
        if (source is null && sources.Count > 0)
        {
            var names = sources.Select(s => s.Name).ToList();
            faults.At(node, sources[0].Named
                ? $"There is no source '{name}'. Expected {Words.Or(names)}.{Nearest.Hint(name, names)}"
                : $"There is no source '{name}': a job with one 'source' needs no 'from'.");
        }
        return source;
    }

    private List<SourceDraft> Several(YamlMap item, YamlEntry kind, HashSet<string> used)
    {
        OneKind(item, kind);
        if (item.Entries.FirstOrDefault(e => e.Key == "from") is not { Value: YamlList list }) return From(item, used) is { } one ? [one] : [];
        var fields = new MapFields(item, "a land item", [.. item.Entries.Select(e => e.Key)], faults);
        var names = fields.UniqueTexts("from", _ => null);
        return [.. names.Distinct(StringComparer.Ordinal).Select((n, i) => Find(n, i < list.Items.Count ? list.Items[i] : list, used)).OfType<SourceDraft>()];
    }

    private void OneKind(YamlMap item, YamlEntry kind)
    {
        foreach (var extra in item.Entries.Where(e => e.Key != "from" && e != kind))
            faults.AtKey(extra, $"A land item has one kind, and this one has '{kind.Key}' already. Begin another item with '- '.");
    }

    private LandSpec? Item(YamlMap item, SourceDraft? from)
    {
        var kinds = item.Entries.Where(e => e.Key != "from").ToList();
        if (kinds.Count == 0)
        {
            faults.At(item, $"A land item needs its kind. Expected {Words.Or(s_kinds)}.");
            return null;
        }
        var kind = kinds[0];
        OneKind(item, kind);
        if (!s_kinds.Contains(kind.Key))
        {
            faults.AtKey(kind, $"'{kind.Key}' is not a kind of landing. Expected {Words.Or(s_kinds)}.{Nearest.Hint(kind.Key, s_kinds)}");
            return null;
        }
        if (kind.Value is YamlText { IsNothing: true })
        {
            faults.AtKey(kind, $"'{kind.Key}' has no value. Write '{kind.Key}: {{ {Example(kind.Key)} }}', for example.");
            return null;
        }
        if (MapFields.MapOf(kind, $"'{kind.Key}'", faults) is not { } map) return null;
        foreach (var misplaced in map.Entries.Where(e => e.Key == "from"))
            faults.AtKey(misplaced, $"'from' stands beside '{kind.Key}', not in it.");
        var source = from?.Name ?? SourceSpec.MainName;
        return kind.Key switch
        {
            "parquet" => Parquet(map, source),
            "audit" => Audit(kind, map, source, from),
            _ => Table(map, source, from),
        };
    }

    private static string Example(string kind) => kind switch
    {
        "parquet" => "dataset: content_daily",
        "audit" => "log: compliance",
        _ => "name: content_daily",
    };

    private AuditLandSpec? Audit(YamlEntry kind, YamlMap map, string source, SourceDraft? from)
    {
        if (from?.Spec?.IsTreated == true)
            faults.AtKey(kind, "A snapshot holds the raw replies, and with them what 'pii' takes out of this source. Leave 'audit' out, or audit in a job of its own without 'pii'.");
        var audit = new MapFields(map, "an audit landing", Known(s_auditKeys, map), faults);
        audit.Require("log", "Write the name of a log, such as 'log: compliance'.");
        var log = audit.Named("log", Names.IsSetting, Names.LogRule);
        var store = audit.Named("store", Names.IsSetting, Names.SettingRule);
        var retention = audit.Parsed<AuditRetention>("retention", default, AuditRetention.Parse, AuditRetention.Form);
        return log is null ? null : new AuditLandSpec { From = source, Log = log, Store = store, Retention = retention == default ? null : retention };
    }

    private ParquetLandSpec? Parquet(YamlMap map, string source)
    {
        var parquet = new MapFields(map, "a parquet landing", Known(s_parquetKeys, map), faults);
        parquet.Require("dataset", "Write the name of a folder, such as 'dataset: content_daily'.");
        var dataset = parquet.Named("dataset", Names.IsDataset, Names.DatasetRule);
        if (dataset is not null && Names.IsReservedDataset(dataset))
            faults.At(parquet.Find("dataset")!.Value, $"'{dataset}' is not a value of 'dataset': names that begin with 'etl_' are taken.");
        var store = parquet.Named("store", Names.IsSetting, Names.SettingRule);
        var codec = parquet.Choice("codec", s_codecs[0], [.. s_codecs.Select(c => (c, c))]);
        return dataset is null ? null : new ParquetLandSpec { From = source, Dataset = dataset, Store = store, Codec = codec };
    }

    private TableLandSpec? Table(YamlMap map, string source, SourceDraft? from)
    {
        var table = new MapFields(map, "a table landing", Known(s_tableKeys, map), faults);
        table.Require("name", "Write the name of a table, such as 'name: content_daily'.");
        var name = table.Named("name", Names.IsTable, Names.TableRule);
        if (name is not null && Names.IsReservedTable(name))
            faults.At(table.Find("name")!.Value, $"'{name}' is not a value of 'name': names that begin with 'etl_', 'sqlite_' or 'pg_' are taken.");
        var mode = table.Choice(
            "mode",
            LandMode.ReplaceWindow,
            ("replace-window", LandMode.ReplaceWindow),
            ("merge", LandMode.Merge),
            ("append", LandMode.Append),
            ("history", LandMode.History));
        if (mode is LandMode.Merge or LandMode.History && !table.Has("key"))
            faults.At(table.Find("mode")!.Value, $"Mode '{table.Text("mode")}' compares rows by their key. Add 'key: [_window, object_id]', for example.");
        var spec = new TableLandSpec
        {
            From = source,
            Table = name ?? "",
            Connection = table.Named("connection", Names.IsSetting, Names.SettingRule) ?? TableLandSpec.DefaultConnection,
            Key = Key(table, from),
            Mode = mode,
        };
        return name is null ? null : spec;
    }

    private static IReadOnlyList<string> Key(MapFields table, SourceDraft? from)
    {
        var report = from?.Report;
        // Without the full column list nobody can say that a name is wrong.
        var columns = report is not { ColumnsComplete: true } ? null : from?.Spec?.Action switch
        {
            "table" or "total" or "csv" => ReportColumns.Of(report),
            "graphs" => ReportColumns.OfGraphs(report),
            _ => null,
        };
        var dropped = from?.Spec?.Personal.Where(r => r.Treatment == Treatment.Drop).Select(r => r.Column).ToList() ?? [];
        string[] system = [SystemColumns.Window.Name, SystemColumns.Pull.Name, SystemColumns.PulledAt.Name, SystemColumns.Account.Name];
        return table.UniqueTexts("key", name => dropped.Contains(name)
            ? $"Column '{name}' does not land: 'pii' drops it. Take it out of 'key', or write 'pii: {{ {name}: {{ hmac: KEY }} }}'."
            : columns is null || columns.Contains(name) || system.Contains(name)
            ? null
            : $"'{name}' is not a column of report {report!.Id} ({report.Name}).{Nearest.Hint(name, [.. columns, .. system])}");
    }

    // A misplaced 'from' is reported with better words than an unknown key.
    private static string[] Known(string[] keys, YamlMap map) =>
        map.Entries.Any(e => e.Key == "from") ? [.. keys, "from"] : keys;
}
