using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>derive:</c> list of a job and gives each table that lands the steps of its connection.</summary>
internal sealed class DeriveReader(FaultList faults)
{
    private static readonly string[] s_kinds = ["sqlite", "postgres", "sqlserver"];
    private static readonly string[] s_keys = ["table", "connection", "from", DeriveSpec.AnyKind, .. s_kinds];

    /// <summary>Reads the list; steps that could not be read are left out.</summary>
    public IReadOnlyList<DeriveSpec> Read(MapFields job, JobDraft draft)
    {
        if (job.Find("derive") is not { } entry) return [];
        if (entry.Value is not YamlList list)
        {
            faults.At(entry.Value, $"'derive' takes a list whose items begin with '- ', not {Words.Kind(entry.Value)}.");
            return [];
        }
        if (list.Items.Count == 0) faults.At(list, "'derive' is an empty list. Give a step, or leave the key out.");

        var later = list.Items.Select(TableOf).ToList();
        var steps = new List<DeriveDraft>();
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i] is YamlMap map)
            {
                if (Step(map, draft.Land, steps, later.Skip(i)) is { } step) steps.Add(new DeriveDraft(step, map));
            }
            else if (list.Items[i] is not YamlBroken)
            {
                faults.At(list.Items[i], $"A step of 'derive' is a map such as '{{ table: top, from: [content_daily], sql: SELECT … }}', not {Words.Kind(list.Items[i])}.");
            }
        }
        draft.Derive = steps;
        draft.Land =
        [
            .. draft.Land.Select(l => l.Spec is TableLandSpec table
                ? l with { Spec = table with { Derive = [.. steps.Select(s => s.Spec).Where(s => s.Connection == table.Connection)] } }
                : l),
        ];
        return [.. steps.Select(s => s.Spec)];
    }

    private DeriveSpec? Step(YamlMap map, IReadOnlyList<LandDraft> land, List<DeriveDraft> earlier, IEnumerable<string?> selfAndLater)
    {
        var step = new MapFields(map, "a step of 'derive'", s_keys, faults);
        step.Require("table", "Write the name of the table that it makes, such as 'table: top_content'.");
        step.Require("from", "Write the tables that it reads, such as 'from: [content_daily]'.");
        var table = step.Named("table", Names.IsTable, Names.TableRule);
        if (table is not null && Names.IsReservedTable(table))
            faults.At(step.Find("table")!.Value, $"'{table}' is not a value of 'table': names that begin with 'etl_', 'sqlite_' or 'pg_' are taken.");
        var connection = step.Named("connection", Names.IsSetting, Names.SettingRule) ?? TableLandSpec.DefaultConnection;
        var behind = selfAndLater.Where(t => t is not null).ToHashSet(StringComparer.OrdinalIgnoreCase);
        var from = step.UniqueTexts("from", name =>
            !Names.IsTable(name) ? $"'{name}' is not the name of a table. {Names.TableRule}"
            : behind.Contains(name) ? $"'{name}' is made by this step or a later one. Steps run in the order of the list and read what stands before them."
            : null);
        var sql = Sql(step);
        if (table is null || from.Count == 0 || sql.Count == 0) return null;

        var landed = land.Select(l => l.Spec).OfType<TableLandSpec>().Where(t => t.Connection == connection).ToList();
        var known = landed.SelectMany(t => TablesOf(t)).Concat(earlier.Where(s => s.Spec.Connection == connection).Select(s => s.Spec.Table)).ToList();
        if (!from.Any(f => known.Contains(f, StringComparer.OrdinalIgnoreCase)))
            faults.At(
                step.Find("from")!.Value,
                known.Count == 0
                    ? $"The job lands no table at connection '{connection}', so this step would never run. Land one, or name the connection of one that it lands."
                    : $"A step runs when a table that it reads lands, and none of these does. Expected {Words.Or([.. known.Where(k => !k.EndsWith("_restatements", StringComparison.Ordinal))])} among them.{Nearest.Hint(from[0], known)}");
        else if (landed.Any(t => IsQualified(t.Table) != IsQualified(table)))
            faults.At(step.Find("table")!.Value, $"'{table}' and the tables that the job lands at connection '{connection}' have to be written alike: all as 'schema.table', or none.");
        return new DeriveSpec { Table = table, Connection = connection, From = from, Sql = sql };
    }

    private Dictionary<string, string> Sql(MapFields step)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var kind in (string[])[DeriveSpec.AnyKind, .. s_kinds])
        {
            if (step.Text(kind) is not { } text) continue;
            if (SelectText.FindFault(text) is { } fault) faults.At(step.Find(kind)!.Value, $"The query of '{kind}' is refused: {fault}");
            else texts.Add(kind, text.Trim());
        }
        if (!step.Has(DeriveSpec.AnyKind) && !s_kinds.Any(step.Has))
            faults.At(step.Node, $"A step of 'derive' needs its query: 'sql', or {Words.Or(s_kinds)} where databases differ.");
        return texts;
    }

    /// <summary>The tables and views that a landing changes.</summary>
    private static IEnumerable<string> TablesOf(TableLandSpec land) =>
        land.Mode == LandMode.Append
            ? [land.Table, land.Table + "_restatements", land.Table + "_current"]
            : [land.Table, land.Table + "_restatements"];

    private static bool IsQualified(string table) => table.Contains('.', StringComparison.Ordinal);

    private static string? TableOf(YamlNode item) =>
        item is YamlMap map && map.Entries.FirstOrDefault(e => e.Key == "table")?.Value is YamlText text ? text.Value : null;
}
