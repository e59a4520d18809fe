using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Etl.Parsing.Tests;

/// <summary>
/// The plain way to read a table: the whole body as a tree, the rows by string.Split, numbers by the framework. Slow and short; what the
/// streaming reader must agree with.
/// </summary>
public static class PlainTable
{
    public static (string[] Header, List<string[]> Rows) Read(byte[] body, string delimiter)
    {
        using var document = JsonDocument.Parse(body);
        var header = document.RootElement.GetProperty("header").GetString()!.Split(delimiter);
        var rows = document.RootElement.GetProperty("data").GetString()!.Split(';');
        if (rows[^1].Length > 0) throw new FormatException("cut");
        var cells = rows[..^1].Select(r => r.Split(delimiter)).ToList();
        if (cells.Exists(r => r.Length != header.Length)) throw new FormatException("cells");
        return (header, cells);
    }

    /// <summary>What the service makes of rows: no escaping, the delimiter and the semicolon become spaces.</summary>
    public static string Format(IEnumerable<string[]> rows, string delimiter) =>
        string.Concat(rows.Select(r => string.Join(delimiter, r.Select(c => Clean(c, delimiter))) + ";"));

    public static string Clean(string cell, string delimiter) =>
        cell.Replace(delimiter, " ", StringComparison.Ordinal).Replace(";", " ", StringComparison.Ordinal);

    public static byte[] Body(string[] header, string data, string delimiter, int style = 0, bool dataFirst = false)
    {
        var a = $"\"header\":{Json(string.Join(delimiter, header), style)}";
        var b = $"\"data\":{Json(data, style)}";
        return Encoding.UTF8.GetBytes($"{{{(dataFirst ? b : a)},{(dataFirst ? a : b)},\"totalCount\":7,\"objectType\":\"KalturaReportTable\"}}");
    }

    /// <summary>JSON text: style 0 as little as needed, 1 as PHP does it, 2 everything as escapes.</summary>
    public static string Json(string text, int style)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text)
        {
            var isShort = style < 2;
            json.Append(c switch
            {
                '"' when isShort => "\\\"",
                '\\' when isShort => "\\\\",
                '/' when style == 1 => "\\/",
                '\n' when isShort => "\\n",
                '\r' when isShort => "\\r",
                '\t' when isShort => "\\t",
                '\b' when isShort => "\\b",
                '\f' when isShort => "\\f",
                _ when style == 2 || c < 0x20 || (style == 1 && c > 0x7E) => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => c.ToString(),
            });
        }
        return json.Append('"').ToString();
    }
}
