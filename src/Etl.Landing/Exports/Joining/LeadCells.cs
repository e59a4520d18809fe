using System.Text;
using Etl.Core.Columns;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Joining;

/// <summary>What the leads have in one column: made of their rows, window by window in order of time.</summary>
internal abstract class LeadCells
{
    /// <summary>Type of the cells.</summary>
    public abstract ColumnType Type { get; }

    /// <summary>The cell of a lead.</summary>
    public abstract LeadCell this[int lead] { get; }

    /// <summary>Makes room for so many leads.</summary>
    public abstract void Grow(int leads);

    /// <summary>Takes the cells of rows.</summary>
    /// <param name="cells">The column.</param>
    /// <param name="leads">The lead of each row; negative for none.</param>
    public abstract void Take(ColumnBuffer cells, ReadOnlySpan<int> leads);

    /// <summary>Cells as a column of the rows has them: of the newest row that has a value, or of the oldest.</summary>
    public static LeadCells Of(ColumnType type, bool first, TextPool texts) => type switch
    {
        ColumnType.Text => new TextCells(texts, first),
        ColumnType.Bool => new FixedCells<bool>(type, first, b => b ? 1 : 0),
        ColumnType.Int32 or ColumnType.Date => new FixedCells<int>(type, first, i => i),
        ColumnType.Double => new FixedCells<double>(type, first, BitConverter.DoubleToInt64Bits),
        _ => new FixedCells<long>(type, first, l => l),
    };
}

/// <summary>Texts; an empty one is no value.</summary>
internal class TextCells(TextPool texts, bool first) : LeadCells
{
    private readonly PerLead<int> _texts = new(TextPool.None);

    public override ColumnType Type => ColumnType.Text;

    public override LeadCell this[int lead] => _texts[lead] is >= 0 and var text ? LeadCell.Of(Encoding.UTF8.GetString(texts[text])) : LeadCell.Null;

    public override void Grow(int leads) => _texts.Grow(leads);

    public override void Take(ColumnBuffer cells, ReadOnlySpan<int> leads)
    {
        var from = (TextBuffer)cells;
        for (var row = 0; row < leads.Length; row++)
        {
            if (leads[row] < 0 || from[row].IsEmpty) continue;
            ref var there = ref _texts[leads[row]];
            if (there == TextPool.None || Replaces(from[row], texts[there])) there = texts.Add(from[row]);
        }
    }

    /// <summary>True when a text takes the place of the one before it.</summary>
    protected virtual bool Replaces(ReadOnlySpan<byte> text, ReadOnlySpan<byte> before) => !first && !text.SequenceEqual(before);
}

/// <summary>Cells of a fixed width.</summary>
internal sealed class FixedCells<T>(ColumnType type, bool first, Func<T, long> bits) : LeadCells
    where T : unmanaged
{
    private readonly PerLead<long> _bits = new(0);
    private readonly PerLead<bool> _has = new(false);

    public override ColumnType Type => type;

    public override LeadCell this[int lead] => _has[lead] ? new LeadCell(null, _bits[lead], false) : LeadCell.Null;

    public override void Grow(int leads)
    {
        _bits.Grow(leads);
        _has.Grow(leads);
    }

    public override void Take(ColumnBuffer cells, ReadOnlySpan<int> leads)
    {
        var from = (FixedBuffer<T>)cells;
        for (var row = 0; row < leads.Length; row++)
        {
            if (leads[row] < 0 || from.IsNull(row) || (first && _has[leads[row]])) continue;
            _bits[leads[row]] = bits(from.Values[row]);
            _has[leads[row]] = true;
        }
    }
}

/// <summary>Whether leads agreed to be written to: the newest value that is not empty decides, whatever the duplicate rule.</summary>
internal sealed class ConsentCells
{
    private static readonly string[] s_yes = ["true", "yes", "y", "1", "on", "opt-in", "opted-in", "opted in", "optin", "granted", "agreed"];

    private readonly PerLead<bool> _yes = new(false);

    /// <summary>True when a lead said yes. Anything else, also nothing, is no consent.</summary>
    public bool this[int lead] => _yes[lead];

    public void Grow(int leads) => _yes.Grow(leads);

    public void Take(TextBuffer cells, ReadOnlySpan<int> leads)
    {
        for (var row = 0; row < leads.Length; row++)
        {
            if (leads[row] < 0) continue;
            var said = cells[row].Trim(" \t\r\n"u8);
            if (!said.IsEmpty) _yes[leads[row]] = IsYes(said);
        }
    }

    private static bool IsYes(ReadOnlySpan<byte> said)
    {
        foreach (var yes in s_yes)
            if (Ascii.EqualsIgnoreCase(said, yes)) return true;
        return false;
    }
}
