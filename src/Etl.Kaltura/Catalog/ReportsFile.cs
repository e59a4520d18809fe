using System.Text.Json;
using Etl.Core.Catalog;

namespace Etl.Kaltura.Catalog;

/// <summary>Reads <c>schemas/reports.json</c>.</summary>
internal static class ReportsFile
{
    public static IReadOnlyList<ReportType> Read(Stream stream)
    {
        using var document = JsonDocument.Parse(stream);
        return [.. document.RootElement.EnumerateArray().Select(Report)];
    }

    private static ReportType Report(JsonElement e)
    {
        var supports = e.GetProperty("supports");
        return new ReportType
        {
            Id = e.Text("id")!,
            Name = e.Text("name")!,
            Family = e.Text("family") ?? "",
            Description = e.Text("description") ?? "",
            Dimensions = e.Texts("dimensions"),
            Metrics = e.Texts("metrics"),
            Totals = e.Texts("totals"),
            Graphs = e.Texts("graphs"),
            Key = e.Texts("key"),
            Aliases = e.Texts("aliases"),
            DefaultOrder = e.Text("default_order"),
            SupportsTable = supports.Flag("table"),
            SupportsTotal = supports.Flag("total"),
            SupportsGraphs = supports.Flag("graphs"),
            SupportsCsv = supports.Flag("csv"),
            Actions = e.TryGetProperty("api", out var api) ? api.Texts("actions") : [],
            MaxRows = e.Number("max_rows_hint"),
            TimeSeries = e.Flag("time_series"),
            Custom = e.TryGetProperty("custom", out var custom) ? Custom(custom) : null,
            Background = e.TryGetProperty("background", out var background) ? Background(background) : null,
            GraphShape = e.Text("graph_shape"),
            ObjectIdsMeaning = e.Text("object_ids_meaning"),
            TotalCount = e.Text("total_count"),
            PlaybackTypes = PlaybackTypes(e),
            DataSources = e.Texts("data_sources"),
            CrossAccount = e.Flag("cross_account"),
            ColumnsComplete = e.Flag("columns_complete"),
            TimeKeyFormats = e.Map("time_key_formats"),
            Variants = [.. e.Objects("variants").Select(Variant)],
            Notes = e.Texts("notes"),
            Splits = [.. e.Objects("splits").Select(Split)],
            SplitsReviewed = e.Flag("splits_reviewed"),
        };
    }

    private static CustomRequest Custom(JsonElement e) => new(
        e.Text("dates") switch
        {
            "ids" => true,
            "unix" => false,
            var other => throw new InvalidDataException($"The catalogue writes dates of a custom report as '{other}'; expected ids or unix."),
        },
        e.Texts("params"), e.Texts("required"), e.Text("privilege"), e.Text("date_column"));

    private static BackgroundRequest Background(JsonElement e) => new(
        e.Text("dates") switch
        {
            "iso" => BackgroundDates.Iso,
            "unix" => BackgroundDates.Unix,
            "none" => BackgroundDates.None,
            var other => throw new InvalidDataException($"The catalogue writes dates of a background report as '{other}'; expected iso, unix or none."),
        },
        e.Text("from"), e.Text("to"), e.Texts("lists"), e.Texts("texts"), e.Texts("required"), e.Text("privilege"), e.Text("privilege_from"), e.Texts("text_columns"));

    private static SplitRule Split(JsonElement e) => new(
        e.Text("by") switch
        {
            "range" => SplitKind.Range,
            "values" => SplitKind.Values,
            "time" => SplitKind.Time,
            var other => throw new InvalidDataException($"The catalogue splits a report by '{other}'; expected range, values or time."),
        },
        e.Text("filter"), e.Text("column"), e.Text("from"));

    /// <summary>"default: vod; override with playbackTypeIn", "forced: live, dvr", or null when playback types do not count.</summary>
    private static string? PlaybackTypes(JsonElement e)
    {
        if (!e.TryGetProperty("playback_types", out var p) || p.Text("mode") is not { } mode || mode == "none") return null;
        var override_ = p.Text("override_with") is { } with ? $"; override with {with}" : "";
        return $"{mode}: {string.Join(", ", p.Texts("values"))}{override_}";
    }

    /// <summary>"interval=months: dimensions month_id" and, where the server has one, its defect.</summary>
    private static string Variant(JsonElement e)
    {
        var parts = new List<string>();
        if (e.TryGetProperty("dimensions", out _)) parts.Add($"dimensions {string.Join(", ", e.Texts("dimensions"))}".TrimEnd());
        if (e.TryGetProperty("metrics", out _)) parts.Add($"metrics {string.Join(", ", e.Texts("metrics"))}");
        if (e.Text("defect") is { } defect) parts.Add($"defect: {defect}");
        return $"{e.Text("when")}: {string.Join("; ", parts)}";
    }
}
