using Etl.Sandbox.Events;

namespace Etl.Sandbox.Engine;

/// <summary>One cell before it is printed.</summary>
internal readonly record struct Cell
{
    private Cell(CellKind kind, string text, double number)
    {
        Kind = kind;
        Text = text;
        Number = number;
    }

    public CellKind Kind { get; }

    public string Text { get; }

    public double Number { get; }

    /// <summary>A dimension value that the engine does not hold: printed as <c>0</c> ("a null label becomes 0").</summary>
    public static Cell Null { get; } = new(CellKind.Null, "", 0);

    /// <summary>A looked-up value whose object is gone: printed as an empty cell.</summary>
    public static Cell Missing { get; } = new(CellKind.Missing, "", 0);

    public static Cell Of(string? text) => text is null ? Null : new(CellKind.Text, text, 0);

    public static Cell Of(double number) => new(CellKind.Number, "", number);
}

internal enum CellKind
{
    Missing,
    Null,
    Text,
    Number,
}

/// <summary>
/// The dimension of a report: the group of an event and the label columns of a group. Keys are unique over the query.
/// </summary>
internal abstract class Grouping
{
    /// <summary>Several dimensions in one key: the engine then asks for exactly page x size rows (wire facts 3.7).</summary>
    public virtual bool MultiDimension => false;

    /// <summary>Keys are 0 to this, exclusive; 0 when they are sparse.</summary>
    public virtual int Domain => 0;

    public abstract long KeyOf(in PlaybackEvent session);

    /// <summary>Keys are numbers of the account's own; otherwise they mean the same in every account (dates, values of closed lists).</summary>
    public virtual bool IsOfAccount => false;

    /// <summary>Where keys are the account's own: the text that makes two groups of two accounts one; null when nothing does.</summary>
    public virtual string? SharedId(long key) => null;

    /// <summary>The group of an entry's creation, for entry-lifecycle reports.</summary>
    public virtual long KeyOfEntry(int entry) => throw new NotSupportedException($"'{GetType().Name}' does not group entries.");

    public abstract Cell Label(string column, long key);
}
