using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using Etl.Core.Columns;

namespace Etl.Parsing;

/// <summary>
/// Writes the cells of columns that are not known as one JSON object of texts per row, <c>{"a":"1","b":"x"}</c>: sorted by name, so that
/// columns in another order make the same text; without empty cells; null when nothing is left. Keeps its memory from row to row.
/// </summary>
public sealed class SideMap
{
    // A byte grows to six at most: \u00XX.
    private const int MaxGrowth = 6;

    private static readonly JavaScriptEncoder s_encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    // "name":
    private readonly (byte[] Name, int Place)[] _names;
    private readonly (int Start, int Length)[] _cells;
    private readonly ArrayBufferWriter<byte> _text = new(), _json = new();

    /// <summary>Makes the map of some columns.</summary>
    /// <param name="names">Their names, each once.</param>
    public SideMap(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        _names =
        [
            .. names.Select((name, place) => (name, place)).OrderBy(n => n.name, StringComparer.Ordinal)
                .Select(n => (Encoding.UTF8.GetBytes($"\"{s_encoder.Encode(n.name)}\":"), n.place)),
        ];
        Names = names;
        _cells = new (int, int)[names.Count];
        Runs = new CellRun[names.Count];
    }

    /// <summary>The names.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Where the cells of each column stand, for <see cref="Fill"/>.</summary>
    internal CellRun[] Runs { get; }

    /// <summary>The map of the cells that a plan skips; null when it leaves them out.</summary>
    internal static SideMap? Of(TablePlan plan, IReadOnlyList<string> header) =>
        plan.Extra < 0 ? null : new SideMap([.. header.Where((_, i) => plan.Targets[i] < 0)]);

    /// <summary>Appends the objects of rows that are in memory as a whole.</summary>
    internal unsafe void Fill(int rows, TextBuffer target)
    {
        for (var row = 0; row < rows; row++)
        {
            for (var i = 0; i < Runs.Length; i++)
            {
                ref readonly var cells = ref Runs[i];
                var before = cells.Before + ((long)row * cells.Stride);
                Put(i, new ReadOnlySpan<byte>(cells.Text + before[0] + cells.Lead, before[1] - before[0] - cells.Lead));
            }
            EndRow(target);
        }
    }

    /// <summary>Takes a cell of the row at hand.</summary>
    /// <param name="place">Index of its name.</param>
    /// <param name="utf8">The cell, valid UTF-8.</param>
    public void Put(int place, ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty) return;
        _cells[place] = (_text.WrittenCount, utf8.Length);
        _text.Write(utf8);
    }

    /// <summary>The same for text.</summary>
    public void Put(int place, string text) => Put(place, Encoding.UTF8.GetBytes(text));

    /// <summary>The same by name, which must be one of <see cref="Names"/>; of two cells the later counts.</summary>
    public void Put(string name, string text) => Put(((IList<string>)Names).IndexOf(name), text);

    /// <summary>Appends the object of the row at hand, and begins the next row.</summary>
    public void EndRow(TextBuffer target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (_text.WrittenCount == 0)
        {
            target.AppendNull();
            return;
        }
        var separator = "{"u8;
        foreach (var (name, place) in _names)
        {
            var (start, length) = _cells[place];
            if (length == 0) continue;
            _json.Write(separator);
            _json.Write(name);
            _json.Write("\""u8);
            s_encoder.EncodeUtf8(_text.WrittenSpan.Slice(start, length), _json.GetSpan(length * MaxGrowth), out _, out var written);
            _json.Advance(written);
            _json.Write("\""u8);
            separator = ","u8;
        }
        _json.Write("}"u8);
        target.Append(_json.WrittenSpan);
        _json.ResetWrittenCount();
        _text.ResetWrittenCount();
        Array.Clear(_cells);
    }
}
