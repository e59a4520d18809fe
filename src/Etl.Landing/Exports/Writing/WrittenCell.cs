namespace Etl.Landing.Exports.Writing;

/// <summary>What a cell is in the file.</summary>
internal enum CellKind
{
    /// <summary>Text, also one that is empty.</summary>
    Text,
    /// <summary>A number in invariant form.</summary>
    Number,
    /// <summary>The profile's word for true or false.</summary>
    Boolean,
    /// <summary>A date or moment in the profile's form.</summary>
    Time,
}

/// <summary>A cell in a profile's form.</summary>
/// <param name="Text">Its text, not quoted.</param>
/// <param name="Kind">What it is.</param>
/// <param name="IsDefused">True when an apostrophe was put in.</param>
internal readonly record struct WrittenCell(string Text, CellKind Kind, bool IsDefused = false)
{
    /// <summary>Nothing.</summary>
    public static readonly WrittenCell Empty = new("", CellKind.Text);
}
