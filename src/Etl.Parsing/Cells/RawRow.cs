using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Etl.Parsing;

/// <summary>Writes a row as it was sent: a JSON object of column name to raw cell, so that it can be typed again.</summary>
public static class RawRow
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>A cell of the row.</summary>
    public delegate ReadOnlySpan<byte> CellOf(int index);

    /// <summary>A row whose cells are at hand as UTF-8.</summary>
    public static string Of(IReadOnlyList<string> header, CellOf cell)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(cell);
        var bytes = new System.Buffers.ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(bytes, s_options))
        {
            json.WriteStartObject();
            for (var i = 0; i < header.Count; i++) json.WriteString(header[i], cell(i));
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>A row whose cells are at hand as text; null for a cell that did not come, which is left out.</summary>
    public static string Of(IEnumerable<(string Name, string? Cell)> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        (string Name, string? Cell)[] sent = [.. cells.Where(c => c.Cell is not null)];
        return Of([.. sent.Select(c => c.Name)], i => Encoding.UTF8.GetBytes(sent[i].Cell!));
    }
}
