using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Writing;

/// <summary>
/// Rows as JSON objects of header to value, one a line: what posts are made of. Numbers and booleans are such, cells without a value are null. Nothing
/// is defused: no spreadsheet opens it, and a receiver would take the apostrophe for part of the value.
/// </summary>
internal sealed class JsonRows : IRowWriter
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly List<JsonEncodedText> _headers;
    private readonly string _true;
    private readonly ArrayBufferWriter<byte> _object = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly RowBytes _bytes = new();

    /// <summary>Makes the writer.</summary>
    public JsonRows(IEnumerable<string> headers, CrmForm form)
    {
        _headers = [.. headers.Select(h => JsonEncodedText.Encode(h, JavaScriptEncoder.UnsafeRelaxedJsonEscaping))];
        _true = form.True;
        _json = new Utf8JsonWriter(_object, s_options);
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Head => ReadOnlyMemory<byte>.Empty;

    /// <inheritdoc/>
    public int DefusedHeaders => 0;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Row(IReadOnlyList<WrittenCell> cells)
    {
        _object.ResetWrittenCount();
        _json.Reset();
        _json.WriteStartObject();
        for (var i = 0; i < cells.Count; i++)
        {
            _json.WritePropertyName(_headers[i]);
            var cell = cells[i];
            if (cell.Text.Length == 0) _json.WriteNullValue();
            else if (cell.Kind == CellKind.Boolean) _json.WriteBooleanValue(cell.Text == _true);
            else if (cell.Kind == CellKind.Number && IsJsonNumber(cell.Text)) _json.WriteRawValue(cell.Text, skipInputValidation: true);
            else _json.WriteStringValue(cell.Text);
        }
        _json.WriteEndObject();
        _json.Flush();
        _bytes.Begin();
        _bytes.Write(_object.WrittenSpan);
        _bytes.Write("\n"u8);
        return _bytes.Row;
    }

    /// <inheritdoc/>
    public UInt128 Content() => _bytes.Content();

    public void Dispose()
    {
        _json.Dispose();
        _bytes.Dispose();
    }

    // Text such as 007 or +5 passed for a number of the profile and is none of JSON.
    private static bool IsJsonNumber(string text)
    {
        var digits = text.AsSpan(text[0] == '-' ? 1 : 0);
        return digits.Length > 0 && char.IsAsciiDigit(digits[0]) && (digits[0] != '0' || digits.Length == 1 || digits[1] is '.' or 'e' or 'E') && char.IsAsciiDigit(digits[^1])
            && digits.IndexOf('.') is var point && (point < 0 || char.IsAsciiDigit(digits[point + 1]));
    }
}
