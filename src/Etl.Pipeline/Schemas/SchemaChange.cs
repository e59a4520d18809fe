using Etl.Core.Columns;

namespace Etl.Pipeline.Schemas;

/// <summary>A column that lands as something else than before.</summary>
/// <param name="Name">Its name.</param>
/// <param name="From">What it landed as; <c>_extra</c> for the side map.</param>
/// <param name="To">What it lands as now.</param>
public sealed record TypeChange(string Name, string From, string To);

/// <summary>How the columns of one pull differ from those of another. Pure.</summary>
public sealed record SchemaChange
{
    /// <summary>Names that the earlier pull did not bring.</summary>
    public IReadOnlyList<string> Added { get; init; } = [];

    /// <summary>Names that only the earlier pull brought.</summary>
    public IReadOnlyList<string> Removed { get; init; } = [];

    /// <summary>Columns of both with another type or place.</summary>
    public IReadOnlyList<TypeChange> Types { get; init; } = [];

    /// <summary>True when columns of both come in another order.</summary>
    public bool Reordered { get; init; }

    /// <summary>True when nothing changed.</summary>
    public bool IsNone => Added.Count == 0 && Removed.Count == 0 && Types.Count == 0 && !Reordered;

    /// <summary>Compares two records.</summary>
    public static SchemaChange Between(IReadOnlyList<SchemaColumn> before, IReadOnlyList<SchemaColumn> now)
    {
        var old = before.Where(c => !c.Absent).ToDictionary(c => c.Name, StringComparer.Ordinal);
        var @new = now.Where(c => !c.Absent).ToDictionary(c => c.Name, StringComparer.Ordinal);
        return new SchemaChange
        {
            Added = [.. now.Where(c => !c.Absent && !old.ContainsKey(c.Name)).Select(c => c.Name)],
            Removed = [.. before.Where(c => !c.Absent && !@new.ContainsKey(c.Name)).Select(c => c.Name)],
            Types = [.. now.Where(c => !c.Absent && old.TryGetValue(c.Name, out var o) && o.Place != c.Place).Select(c => new TypeChange(c.Name, old[c.Name].Place, c.Place))],
            Reordered = !Order(before, @new).SequenceEqual(Order(now, old), StringComparer.Ordinal),
        };
    }

    /// <summary><c>+a, -b, c: Int64 to Double, reordered</c>.</summary>
    public override string ToString() => string.Join(", ",
    [
        .. Added.Select(n => $"+{n}"), .. Removed.Select(n => $"-{n}"), .. Types.Select(t => $"{t.Name}: {t.From} to {t.To}"), .. Reordered ? ["reordered"] : Array.Empty<string>(),
    ]);

    // The side map has no order, and stands at the end.
    private static IEnumerable<string> Order(IReadOnlyList<SchemaColumn> columns, Dictionary<string, SchemaColumn> others) =>
        columns.Where(c => !c.Absent && !c.Extra && c.Name != SystemColumns.Extra.Name && others.TryGetValue(c.Name, out var o) && !o.Extra).Select(c => c.Name);
}
