using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Etl.Sandbox.Tests.Exports;

/// <summary>An export by URL, fetched and taken apart by its dashed lines.</summary>
internal sealed record ExportFile(byte[] Bytes, List<string[]> Records)
{
    private const string Dashes = "# ------------------------------------";

    public string Text => Encoding.UTF8.GetString(Bytes);

    /// <summary>The records behind a section's name, up to the next empty cell before dashes; null when the section is missing.</summary>
    public List<string[]>? Section(string name)
    {
        var start = Records.FindIndex(r => r[0] == name);
        if (start < 0)
            return null;
        var rest = Records.Skip(start + 2).ToList();
        var end = rest.FindIndex(r => r[0] == Dashes);
        return end < 0 ? rest : rest[..(end - 1)];
    }

    public long TotalCount => long.Parse(Records.First(r => r[0] == "# Table")[3], CultureInfo.InvariantCulture);

    public static async Task<string?> UrlAsync(Api api, int type, string headers, params (string, string?)[] fields)
    {
        var text = await api.ReportAsync("getUrlForReportAsCsv", type, Api.Merge(
            [("reportTitle", "Weekly, \"content\" report"), ("reportText", "all; entries"), ("headers", headers)], fields));
        return JsonDocument.Parse(text).RootElement.GetString();
    }

    public static async Task<ExportFile> GetAsync(Api api, int type, string headers, params (string, string?)[] fields)
    {
        var bytes = await api.Http.GetByteArrayAsync(new Uri((await UrlAsync(api, type, headers, fields))!));
        return new(bytes, CsvText.Records(Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF')));
    }

    /// <summary>Undoes the protection: an apostrophe before one of five characters.</summary>
    public static string Unguard(string cell) => cell is ['\'', '+' or '=' or '-' or '@' or ',', ..] ? cell[1..] : cell;
}
