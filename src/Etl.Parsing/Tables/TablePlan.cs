using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Which header cell lands in which column, and how. Give the same instance for every page of a chain: the reader keeps
/// its batch while the schema is the same object.
/// </summary>
/// <param name="Schema">The columns that come out.</param>
/// <param name="Formats">One format per header cell.</param>
/// <param name="Targets">Per header cell the index of its column in the schema, or -1 with <see cref="CellFormat.Skip"/>.</param>
/// <param name="OffsetMinutes">The request's <c>timeZoneOffset</c> (minutes, positive = west of Greenwich), for <see cref="CellFormat.HourId"/>.</param>
public sealed record TablePlan(TableSchema Schema, IReadOnlyList<CellFormat> Formats, IReadOnlyList<int> Targets, int OffsetMinutes = 0)
{
    /// <summary>Index of the text column that takes the skipped cells as a <see cref="SideMap"/>; -1 when they are left out.</summary>
    public int Extra { get; init; } = -1;

    /// <summary>Everything that is wrong with the plan for a header of so many cells; empty when it is sound.</summary>
    internal IReadOnlyList<string> FindFaults(int headerCells)
    {
        var faults = new List<string>();
        if (Schema.Columns.Count == 0) faults.Add("the schema has no columns");
        if (Formats.Count != headerCells) faults.Add($"{Formats.Count} formats for {headerCells} header cells");
        if (Targets.Count != headerCells) faults.Add($"{Targets.Count} targets for {headerCells} header cells");
        if (faults.Count > 0) return faults;
        var hits = new int[Schema.Columns.Count];
        if (Extra >= hits.Length || (Extra >= 0 && Schema.Columns[Extra].Type != ColumnType.Text))
        {
            faults.Add($"column {Extra} cannot take the skipped cells; the schema has {hits.Length}, and a text column is needed");
            return faults;
        }
        // Filled by the readers, not by one header cell.
        if (Extra >= 0) hits[Extra] = 1;
        for (var i = 0; i < headerCells; i++)
        {
            var target = Targets[i];
            if (target < -1 || target >= hits.Length)
                faults.Add($"header cell {i} goes to column {target}, the schema has {hits.Length}");
            else if ((target == -1) != (Formats[i] == CellFormat.Skip))
                faults.Add($"header cell {i}: a target of -1 and the format Skip belong together");
            else if (target >= 0)
            {
                hits[target]++;
                var column = Schema.Columns[target];
                if (CellFormats.TypeOf(Formats[i]) != column.Type)
                    faults.Add($"column '{column.Name}' is {column.Type}, the format {Formats[i]} makes {CellFormats.TypeOf(Formats[i])}");
            }
        }
        for (var i = 0; i < hits.Length; i++)
            if (hits[i] != 1) faults.Add($"column '{Schema.Columns[i].Name}' is the target of {hits[i]} header cells instead of one");
        if (Math.Abs((long)OffsetMinutes) > 24 * 60) faults.Add($"the offset of {OffsetMinutes} minutes is more than a day");
        return faults;
    }
}
