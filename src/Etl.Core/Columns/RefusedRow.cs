namespace Etl.Core.Columns;

/// <summary>A row with at least one cell that could not be typed. In its batch such cells are null; the row itself goes to quarantine.</summary>
/// <param name="Index">Its place in the batch, from zero.</param>
/// <param name="Number">Its number in the page, file or answer, from one.</param>
/// <param name="Raw">The row as it was sent: a JSON object of column name to raw cell, in the order of the answer. Never shortened.</param>
/// <param name="Cells">The cells that could not be typed, at least one.</param>
public sealed record RefusedRow(int Index, long Number, string Raw, IReadOnlyList<RefusedCell> Cells)
{
    /// <summary>Number of the page in the pull, from one.</summary>
    public int Page { get; init; } = 1;

    /// <summary>The part of a split that it came with; empty for a pull in one piece.</summary>
    public string Part { get; init; } = "";
}

/// <summary>A cell that could not be typed.</summary>
/// <param name="Column">Name of its column.</param>
/// <param name="Text">The cell as sent, at most 1,000 characters of it.</param>
/// <param name="Reason">What was expected, such as <c>is not a finite number</c>.</param>
public sealed record RefusedCell(string Column, string Text, string Reason)
{
    /// <summary>Number of the line that it begins in, from one; null where rows are no lines.</summary>
    public long? Line { get; init; }
}
