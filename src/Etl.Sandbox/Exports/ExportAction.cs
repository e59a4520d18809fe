using System.Text.RegularExpressions;
using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Exports;

/// <summary>
/// report.getUrlForReportAsCsv and report.serve (wire facts 4.1 and 4.2). The first writes the file and answers with its address; only
/// "too many rows" is told as an error, any other failure as an empty text.
/// </summary>
internal sealed partial class ExportAction(ReportEngine engine, ReportBook book, ExportBook files, SessionBook sessions, ServerAddress address)
{
    private readonly TableAction _table = new(engine, book);
    private readonly TotalAction _total = new(engine, book);
    private readonly GraphAction _graphs = new(engine, book);

    /// <summary>pageSize x pageIndex.</summary>
    public const int RowWall = 60_000;

    private const string ElsewhereHost = "http://cdn.invalid";

    /// <summary>The address of the file; an empty text when it could not be made.</summary>
    public string? Run(ExportRequest asked, IReadOnlyList<SandboxFault> faults)
    {
        if (faults.Any(f => f.Kind == SandboxFaultKinds.NullUrl))
            return null;
        if (faults.Any(f => f.Kind == SandboxFaultKinds.EmptyUrl))
            return "";
        byte[] content;
        try
        {
            content = faults.Any(f => f.Kind == SandboxFaultKinds.TitleOnly) ? asked.Head.ToBytes() : Compute(asked, faults).ToBytes();
        }
        catch (ApiException error)
        {
            return error.Code == "SEARCH_TOO_GENERAL" ? throw ApiException.TooManyRows() : "";
        }
        var name = files.Add(content);
        var host = faults.Any(f => f.Kind == SandboxFaultKinds.OtherHost) ? ElsewhereHost : address.Value;
        return $"{host}/api_v3/index.php/service/report/action/serve/ks/{sessions.IssueDownload(name)}/id/{name}/report.csv";
    }

    /// <summary>The file, or an empty answer with a number: 3 no right to it, 5 gone.</summary>
    public FileAnswer Serve(KalturaSession? session, string id)
    {
        if (session is null || session.Type != 2 && session.PrivilegeValue("download") != id)
            return FileAnswer.Failed(3);
        if (!FileName().IsMatch(id))
            throw ApiException.ReportNotFound(id);
        return files.Find(id) is { } content
            ? new FileAnswer { Content = content, ContentType = "text/csv", HasRanges = true }
            : FileAnswer.Failed(5);
    }

    private CsvReport Compute(ExportRequest asked, IReadOnlyList<SandboxFault> faults)
    {
        var request = asked.Report;
        var report = book.Find(request.Type) ?? throw ApiException.Internal();
        var (totalLabels, tableLabels) = CsvReport.SplitLabels(asked.Headers);
        // The server's order: graphs, totals, the wall, the table.
        var lines = report.Declared.SupportsGraphs ? _graphs.Compute(request) : null;
        var totals = totalLabels is null ? null : _total.Compute(request).Cells;
        if (request.PageSize > RowWall / request.PageIndex)
            throw ApiException.TooManyRows();
        var rows = tableLabels is null
            ? null
            : TableFaults.After(_table.Run(TableFaults.Before(request, faults), TableFaults.Shift(faults), RowWall), faults);
        return asked.Head with
        {
            Graphs = lines,
            Totals = totals is null ? null : (totalLabels!, totals),
            Table = rows is null ? null : (tableLabels!, rows),
        };
    }

    [GeneratedRegex(@"^[\w-]*$", RegexOptions.ECMAScript)]
    private static partial Regex FileName();
}

/// <summary>The arguments of an export: the query, what stands above the rows, and the labels.</summary>
internal sealed record ExportRequest(ReportRequest Report, CsvReport Head, string Headers)
{
    /// <summary>Reads the arguments in the order of the signature, so the first missing one is named.</summary>
    public static ExportRequest Read(ParamNode call, ReportBook book, CatalogueData catalogue, long now)
    {
        var title = call.TextOf("reportTitle") ?? throw ApiException.Missing("reportTitle");
        var text = call.TextOf("reportText") ?? throw ApiException.Missing("reportText");
        var headers = call.TextOf("headers") ?? throw ApiException.Missing("headers");
        var report = ReportRequest.Read(call, needsPager: false, book, catalogue, now);
        var head = new CsvReport
        {
            Title = title,
            Text = text,
            From = report.Filter.FromDate,
            To = report.Filter.ToDate,
            Type = report.Type,
            Dimension = call.TextOf("dimension"),
        };
        return new ExportRequest(report, head, headers);
    }
}

/// <summary>Where the service listens, known once it does; without a slash at the end.</summary>
internal sealed class ServerAddress
{
    public string Value { get; set; } = "";
}
