using System.Globalization;
using Etl.Core.Checks;
using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Pipeline.Schemas;

namespace Etl.Pipeline.Checks;

/// <summary>
/// Judges the columns of a pull against the catalogue and against the pull that landed last. Always held: a key column that is gone, and
/// a type that no wider one covers. Names that come or go follow the job's schema policy; what landed once is known from then on.
/// </summary>
internal static class SchemaCheck
{
    private const string Name = "schema";

    public static CheckResult Judge(TableSchema sent, SchemaBefore before, IReadOnlyDictionary<string, long> inexact, SchemaPolicy policy)
    {
        if (sent.Drift.IsGuess) return new(Name, Verdict.Pass, "No columns were named: the answer has no rows.");
        var landed = before.Landed;
        var faults = Faults(sent, before, inexact).ToList();
        var fresh = New(sent, landed).ToList();
        var gone = Gone(sent, landed).ToList();
        if (policy == SchemaPolicy.Hold && fresh.Count + gone.Count > 0) faults.Add($"{NamesOf(gone, fresh)}; the job says 'schema: hold'");
        if (faults.Count > 0) return new(Name, Verdict.Hold, string.Join(". ", faults) + ".");

        var found = new List<string>();
        if (fresh.Count + gone.Count > 0) found.Add(NamesOf(gone, fresh) + Fate(gone, fresh, policy));
        var missing = sent.Drift.Absent.Select(c => c.Name).Except(gone, StringComparer.Ordinal).ToList();
        if (missing.Count > 0) found.Add($"{List(missing)} {(missing.Count == 1 ? "is" : "are")} still not sent; landed as null");
        var warns = gone.Count + missing.Count > 0;
        found.Add(Count(sent));
        if (landed is not null)
        {
            var change = SchemaChange.Between(landed, RecordedSchema.Read(RecordedSchema.Write(sent, sent, landed)));
            var back = landed.Where(c => c.Absent && IsSent(sent, c.Name)).Select(c => c.Name).ToList();
            if (back.Count > 0) found.Add($"{List(back)} came back");
            if (change.Reordered) found.Add("They come in another order than before, which changes nothing");
        }
        return new(Name, warns ? Verdict.Warn : Verdict.Pass, string.Join(". ", found) + ".");
    }

    private static IEnumerable<string> Faults(TableSchema sent, SchemaBefore before, IReadOnlyDictionary<string, long> inexact)
    {
        var lostKey = sent.Drift.AbsentKey.Concat(Gone(sent, before.Landed).Where(n => before.Landed?.Any(c => c.Key && c.Name == n) == true)).Distinct(StringComparer.Ordinal).ToList();
        if (lostKey.Count > 0)
        {
            var others = Unknown(sent).ToList();
            yield return $"The key column{(lostKey.Count == 1 ? "" : "s")} {List(lostKey)} {(lostKey.Count == 1 ? "is" : "are")} gone{(others.Count > 0 ? $" and {List(others)} not known: renamed?" : "")}, so rows cannot be told apart; this is held whatever the job's 'schema' says";
        }
        foreach (var column in sent.Columns)
        {
            if (before.Types.FirstOrDefault(t => t.Name == column.Name && !t.Extra) is not { } old || old.Type == column.Type) continue;
            // To a double: targets widen. From one: the pull was widened, or it is replayed as it was.
            if ((old.Type, column.Type) is (ColumnType.Int64, ColumnType.Double) or (ColumnType.Double, ColumnType.Int64)) continue;
            yield return $"Column '{column.Name}' landed as {old.Type} and is {column.Type} now, which older windows do not fit. Land under another name and backfill, or release the pull if every target can take it";
        }
        foreach (var (name, count) in inexact)
            yield return string.Create(CultureInfo.InvariantCulture, $"Column '{name}' landed as Double, and {count} of its whole numbers are too large to be one exactly. Land under another name and backfill");
    }

    /// <summary>Names that neither the catalogue nor an earlier landing knows.</summary>
    private static IEnumerable<string> New(TableSchema sent, IReadOnlyList<SchemaColumn>? landed) =>
        Unknown(sent).Where(n => landed is null || landed.All(c => c.Name != n));

    private static IEnumerable<string> Unknown(TableSchema sent) => sent.Columns.Where(c => !c.Known).Select(c => c.Name).Concat(sent.Drift.Extra);

    /// <summary>Names that landed last and did not come now; of a first pull, those that the catalogue promised.</summary>
    private static IEnumerable<string> Gone(TableSchema sent, IReadOnlyList<SchemaColumn>? landed) =>
        landed is null ? sent.Drift.Absent.Select(c => c.Name)
        : sent.Drift.IsOpen ? []
        : landed.Where(c => !c.Absent && c.Name != SystemColumns.Extra.Name && !IsSent(sent, c.Name)).Select(c => c.Name);

    private static bool IsSent(TableSchema sent, string name) => sent.IndexOf(name) >= 0 || sent.Drift.Extra.Contains(name, StringComparer.Ordinal);

    private static string NamesOf(List<string> gone, List<string> fresh) => (gone.Count, fresh.Count) switch
    {
        (0, _) => $"{List(fresh)} {(fresh.Count == 1 ? "is" : "are")} new and not in the catalogue",
        (_, 0) => $"{List(gone)} {(gone.Count == 1 ? "is" : "are")} gone",
        _ => $"{List(gone)} {(gone.Count == 1 ? "is" : "are")} gone and {List(fresh)} {(fresh.Count == 1 ? "is" : "are")} new: renamed?",
    };

    private static string Fate(List<string> gone, List<string> fresh, SchemaPolicy policy)
    {
        var place = policy == SchemaPolicy.Ignore ? $"in '{SystemColumns.Extra.Name}'" : "as text";
        return (gone.Count, fresh.Count) switch
        {
            (0, _) => $"; landed {place}",
            (_, 0) => "; landed as null",
            _ => $" Landed as null and {place}",
        };
    }

    private static string Count(TableSchema sent)
    {
        var columns = sent.Columns.Count(c => c.Name != SystemColumns.Extra.Name) + sent.Drift.Extra.Count;
        var unknown = Unknown(sent).Count();
        return string.Create(CultureInfo.InvariantCulture, $"{columns} column{(columns == 1 ? "" : "s")}, {(unknown == 0 ? "all known" : $"{unknown} not in the catalogue")}");
    }

    private static string List(IReadOnlyCollection<string> names) => string.Join(", ", names.Select(n => $"'{n}'"));
}
