using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>
/// Finds jobs that share a name or a landing. Every party gets a fault that names another one, so that none of them runs:
/// which of two jobs owns a table is not for the order of files to decide.
/// </summary>
internal static class Collisions
{
    /// <summary>Two files that define one job.</summary>
    public static void FindNames(IReadOnlyList<JobDraft> drafts)
    {
        foreach (var group in drafts.Where(d => d.Name is not null).GroupBy(d => d.Name).Where(g => g.Count() > 1))
            foreach (var draft in group)
            {
                var other = group.First(d => d != draft);
                draft.Faults.Add(draft.NamePlace, "$.job", $"Job '{draft.Name}' is also defined at {other.Faults.File}:{other.NamePlace.Line}. Every job needs a name of its own.");
            }
    }

    /// <summary>Two land items or derived tables at one place, in one job or in two.</summary>
    public static void FindLandings(IReadOnlyList<JobDraft> drafts, Func<LandSpec, string> nameOf)
    {
        var taken = new List<(JobDraft Draft, YamlNode Node, string Name, string What)>();
        foreach (var draft in drafts)
            foreach (var land in draft.Land)
            {
                if (NameOf(land, draft.Faults, nameOf) is not { } name) continue;
                if (land.Spec is AuditLandSpec)
                {
                    // Many may share a log; its snapshots are told apart by job and source.
                    taken.Add((draft, land.Node, $"{name} of source {draft.Name}/{land.Spec.From}", ""));
                    continue;
                }
                taken.Add((draft, land.Node, name, ""));
                // Where every pull's rows are kept, a view beside the table shows the newest.
                if (land.Spec is TableLandSpec { Mode: LandMode.Append }) taken.Add((draft, land.Node, name + "_current", ", the view of this table,"));
                // What later pulls change lands beside the rows.
                taken.Add((draft, land.Node, name + "_restatements", ", what is restated here,"));
            }
        foreach (var draft in drafts)
            foreach (var step in draft.Derive)
                if (NameOf(new LandDraft(new TableLandSpec { Connection = step.Spec.Connection, Table = step.Spec.Table }, step.Node), draft.Faults, nameOf) is { } name)
                    taken.Add((draft, step.Node, name, ""));

        // File systems and databases differ in whether capitals count; here 'Plays' and 'plays' are one name.
        foreach (var group in taken.GroupBy(t => t.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            foreach (var item in group)
            {
                // Items of one name are told once, not for what stands beside them too.
                if (group.All(i => i.What.Length > 0)) continue;
                var other = group.First(i => i.Node != item.Node || i.Draft != item.Draft);
                var by = other.Draft == item.Draft ? $"line {other.Node.Place.Line}" : $"{other.Draft.Faults.File}:{other.Node.Place.Line}";
                item.Draft.Faults.At(item.Node, $"'{item.Name}'{item.What} is landed by {by} too. Every land item needs a place of its own.");
            }
    }

    private static string? NameOf(LandDraft land, FaultList faults, Func<LandSpec, string> nameOf)
    {
        try
        {
            return nameOf(land.Spec);
        }
        catch (EtlException e)
        {
            faults.At(land.Node, e.Message);
            return null;
        }
    }
}
