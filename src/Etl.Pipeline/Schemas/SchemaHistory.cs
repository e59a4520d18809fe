using Etl.Core.Ledger;

namespace Etl.Pipeline.Schemas;

/// <summary>One line of a schema history.</summary>
/// <param name="Pull">The pull that came with these columns.</param>
/// <param name="Columns">All columns that it brought.</param>
/// <param name="Change">What changed against the pull before; null for the first of its source and account.</param>
public sealed record SchemaStep(PullSchema Pull, IReadOnlyList<SchemaColumn> Columns, SchemaChange? Change);

/// <summary>How the columns of a job's sources changed over its pulls. Pure.</summary>
public static class SchemaHistory
{
    /// <summary>One step per change, oldest first; sources and accounts each have a history of their own.</summary>
    /// <param name="pulls">Pulls in the order in which they were made.</param>
    public static IReadOnlyList<SchemaStep> Of(IEnumerable<PullSchema> pulls)
    {
        var before = new Dictionary<(string Source, string Account), IReadOnlyList<SchemaColumn>>();
        var steps = new List<SchemaStep>();
        foreach (var pull in pulls)
        {
            var key = (pull.Key.Source, pull.Key.Account);
            var all = RecordedSchema.Read(pull.SchemaJson);
            var change = before.TryGetValue(key, out var last) ? SchemaChange.Between(last, all) : null;
            before[key] = all;
            if (change is { IsNone: true }) continue;
            steps.Add(new SchemaStep(pull, [.. all.Where(c => !c.Absent)], change));
        }
        return steps;
    }
}
