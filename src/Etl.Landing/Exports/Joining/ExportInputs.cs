using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Etl.Core.Exports;

namespace Etl.Landing.Exports.Joining;

/// <summary>The name of what an export is made of: its definition, its suppression list and the pulls that it joins.</summary>
internal static class ExportInputs
{
    private const int HexDigits = 32;

    /// <summary>The name, 32 hex digits. How an export is delivered and accepted does not count: that changes no lead.</summary>
    public static string Of(ExportSpec export, byte[] suppression, IEnumerable<RowsOfWindow> windows)
    {
        var pulls = windows.Select(w => $"{w.Record.Key}/{w.Record.Stamp.Pull}").Order(StringComparer.Ordinal);
        var text = JsonSerializer.Serialize(new { Definition = Definition(export), Suppression = Convert.ToHexStringLower(SHA256.HashData(suppression)), Pulls = pulls });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..HexDigits];
    }

    private static object Definition(ExportSpec export) => new
    {
        export.Name,
        export.Profile,
        export.Sources,
        export.By,
        export.Windows,
        Measures = export.Measures.Select(m => new { m.Name, m.Kind, m.Source, m.Column, Where = m.Where?.Column, m.Where?.Values }),
        export.Score,
        Columns = export.Columns.Select(c => new { c.Header, Value = Text(c.Value) }),
        export.Leave.Domains,
        Consent = export.Leave.Consent is { } consent ? Text(consent) : null,
        export.Duplicates,
        export.Raw,
    };

    private static string Text(ExportValue value) => value switch
    {
        ConstantValue constant => "constant:" + constant.Text,
        SourceValue source => $"source:{source.Source}.{source.Column}",
        MeasureValue measure => "measure:" + measure.Measure,
        LeadValue lead => $"lead:{lead.Field}",
        _ => throw new ArgumentException($"'{value.GetType().Name}' is no value that a lead can have.", nameof(value)),
    };
}
