using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>The arguments of a report action after the casts and checks of the service.</summary>
internal sealed record ReportRequest
{
    private const int DefaultPageSize = 30;

    public required int Type { get; init; }

    public required ReportFilter Filter { get; init; }

    public long PageSize { get; init; } = DefaultPageSize;

    public long PageIndex { get; init; } = 1;

    public string Order { get; init; } = "";

    public string? ObjectIds { get; init; }

    public string Delimiter { get; init; } = ",";

    public bool SkipEmptyDates { get; init; } = true;

    public bool FriendlyHeaders { get; init; }

    /// <summary>Builds the arguments in the order of the action's signature, so the first fault wins as on the real service.</summary>
    public static ReportRequest Read(ParamNode call, bool needsPager, ReportBook book, CatalogueData catalogue, long now)
    {
        var type = ReadType(call.TextOf("reportType") ?? throw ApiException.Missing("reportType"), book);
        var filter = call["reportInputFilter"] is { IsMap: true } node ? ReportFilter.Read(node, catalogue, now) : throw ApiException.Missing("reportInputFilter");
        var pager = call["pager"];
        if (needsPager && pager is not { IsMap: true })
            throw ApiException.Missing("pager");
        var options = call["responseOptions"];
        return new ReportRequest
        {
            Type = type,
            Filter = filter,
            PageSize = pager?.TextOf("pageSize") is { } size ? AtLeastOne(PhpCast.ToInt(size), 10) : DefaultPageSize,
            PageIndex = pager?.TextOf("pageIndex") is { } index ? AtLeastOne(PhpCast.ToInt(index), 1) : 1,
            Order = SimpleText(call, "order") ?? "",
            ObjectIds = SimpleText(call, "objectIds"),
            Delimiter = options?.TextOf("delimiter") ?? ",",
            SkipEmptyDates = options?.TextOf("skipEmptyDates") is not { } skip || PhpCast.ToBool(skip),
            FriendlyHeaders = PhpCast.ToBool(options?.TextOf("useFriendlyHeadersNames")),
        };
    }

    private static long AtLeastOne(long value, long otherwise) => value <= 0 ? otherwise : value;

    private static string? SimpleText(ParamNode call, string name)
    {
        var text = call.TextOf(name);
        return text is null || PhpCast.IsXmlText(text) ? text : throw ApiException.BadCharacter(name);
    }

    /// <summary>The type is a string enumeration: <c>38</c> is one of its values, <c>038</c> or <c>38.0</c> is not.</summary>
    private static int ReadType(string text, ReportBook book) =>
        int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var type)
        && text == type.ToString(System.Globalization.CultureInfo.InvariantCulture) && book.IsKnown(type)
            ? type
            : throw ApiException.Enum(text, "reportType", "KalturaReportType");
}
