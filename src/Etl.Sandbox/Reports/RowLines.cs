using System.Text.Encodings.Web;
using System.Text.Json;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Reports;

/// <summary>Rows as JSON lines, one object per row, streamed.</summary>
internal static class RowLines
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static async Task WriteAsync(HttpContext context, IReadOnlyList<string> columns, IEnumerable<Cell[]> rows)
    {
        context.Response.ContentType = "application/x-ndjson; charset=utf-8";
        using var writer = new Utf8JsonWriter(context.Response.BodyWriter, Options);
        var count = 0;
        foreach (var row in rows)
        {
            WriteRow(writer, columns, row);
            writer.Flush();
            writer.Reset();
            "\n"u8.CopyTo(context.Response.BodyWriter.GetSpan(1));
            context.Response.BodyWriter.Advance(1);
            if (++count % 512 == 0)
                await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static void WriteRow(Utf8JsonWriter writer, IReadOnlyList<string> columns, Cell[] cells)
    {
        writer.WriteStartObject();
        for (var i = 0; i < cells.Length; i++)
        {
            writer.WritePropertyName(columns[i]);
            switch (cells[i].Kind)
            {
                case CellKind.Text:
                    writer.WriteStringValue(cells[i].Text);
                    break;
                case CellKind.Number:
                    WriteNumber(writer, cells[i].Number);
                    break;
                default:
                    writer.WriteNullValue();
                    break;
            }
        }
        writer.WriteEndObject();
    }

    private static void WriteNumber(Utf8JsonWriter writer, double number)
    {
        var rounded = PhpNumber.Round(number);
        if (rounded == Math.Truncate(rounded) && Math.Abs(rounded) < 1e15)
            writer.WriteNumberValue((long)rounded);
        else
            writer.WriteNumberValue(rounded);
    }
}
