using Etl.Core.Columns;

namespace Etl.Core.Exports;

/// <summary>A column of leads, in the order of the export's columns.</summary>
/// <param name="Header">Header text.</param>
/// <param name="Type">Type of its cells.</param>
public sealed record LeadColumn(string Header, ColumnType Type);

/// <summary>A cell: null, or a value of its column's type.</summary>
/// <param name="Text">Text, for <see cref="ColumnType.Text"/>.</param>
/// <param name="Bits">Anything else: integers, dates (days) and timestamps (microseconds) as they are, doubles by their bits, true as 1.</param>
/// <param name="IsNull">No value.</param>
public readonly record struct LeadCell(string? Text, long Bits, bool IsNull)
{
    /// <summary>No value.</summary>
    public static readonly LeadCell Null = new(null, 0, true);

    /// <summary>Text.</summary>
    public static LeadCell Of(string text) => new(text, 0, false);

    /// <summary>A number that is whole: also dates and timestamps.</summary>
    public static LeadCell Of(long value) => new(null, value, false);

    /// <summary>A double.</summary>
    public static LeadCell Of(double value) => new(null, BitConverter.DoubleToInt64Bits(value), false);

    /// <summary>True or false.</summary>
    public static LeadCell Of(bool value) => new(null, value ? 1 : 0, false);

    /// <summary>The double of a <see cref="ColumnType.Double"/> cell.</summary>
    public double Number => BitConverter.Int64BitsToDouble(Bits);
}

/// <summary>One lead: whoever it is, with its activity.</summary>
/// <param name="Key">Stable and unique in the export: 32 hex digits. The same person has the same key in every cut.</param>
/// <param name="Cells">Cells in the order of the columns; valid until the next lead is read.</param>
public readonly record struct Lead(string Key, IReadOnlyList<LeadCell> Cells);

/// <summary>All leads of an export as what has landed has them now.</summary>
public interface ILeadTable : IDisposable
{
    /// <summary>Columns in order.</summary>
    IReadOnlyList<LeadColumn> Columns { get; }

    /// <summary>What was counted on the way.</summary>
    LeadCounts Counts { get; }

    /// <summary>
    /// Names the pulls that the leads come from (order-free hash, 32 hex digits) together with the definition of the export and its suppression list: the same text, the same leads.
    /// </summary>
    string Inputs { get; }

    /// <summary>Reads the leads from the start, ordinally by key. The same landed rows give the same leads in the same order.</summary>
    IEnumerable<Lead> Read();
}

/// <summary>Rows and leads that an export met.</summary>
/// <param name="Rows">Rows of all its sources.</param>
/// <param name="Leads">Leads in the table.</param>
/// <param name="Merged">Rows that joined a lead that was there already.</param>
/// <param name="Anonymous">Rows that name nobody: empty, or the service's words for that, <c>Unknown</c> and <c>Error</c>.</param>
/// <param name="Unresolved">Rows that name somebody by whom no lead is found: a user id for which no source has an e-mail address, or a text that is no address.</param>
/// <param name="Internal">Leads left out by domain.</param>
/// <param name="Suppressed">Leads left out by the suppression list.</param>
/// <param name="WithoutConsent">Leads left out since no consent is known.</param>
public sealed record LeadCounts(long Rows, long Leads, long Merged, long Anonymous, long Unresolved, long Internal, long Suppressed, long WithoutConsent);
