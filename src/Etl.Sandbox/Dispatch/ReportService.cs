using Etl.Sandbox.Accounts;
using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Custom;
using Etl.Sandbox.Exports;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Live;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Dispatch;

/// <summary>The service <c>report</c> (wire facts 3 and 4).</summary>
internal sealed class ReportService(SandboxOptions options, ReportBook book, CatalogueData catalogue, ReportEngine engine, ExportAction export, CustomAction custom,
    UsageAction usage, RealtimeReports realtime)
{
    private readonly TableAction _table = new(engine, book);
    private readonly TotalAction _total = new(engine, book);
    private readonly GraphAction _graphs = new(engine, book);
    private readonly BaseTotalAction _base = new(engine, book);

    public object? Run(string action, ParamNode call, KalturaSession? session, List<SandboxFault> hits)
    {
        switch (action)
        {
            case "gettable":
                var request = Read(call, session, "getTable");
                if (request.Type == UsageAction.Type)
                    return usage.Run(request).ToApi(request.Delimiter);
                var changed = TableFaults.Before(request, hits);
                var reply = realtime.Computes(request.Type) ? realtime.Table(changed, TableFaults.Shift(hits)) : _table.Run(changed, TableFaults.Shift(hits));
                return TableFaults.After(reply, hits).ToApi(request.Delimiter);
            case "gettotal":
                var total = Read(call, session, "getTotal");
                if (total.Type == UsageAction.Type)
                    return usage.Total(total);
                return realtime.Computes(total.Type) ? realtime.Total(total) : _total.Run(total);
            case "getgraphs":
                return _graphs.Run(Read(call, session, "getGraphs"));
            case "getbasetotal":
                return _base.Run(Read(call, session, "getBaseTotal"));
            case "geturlforreportascsv":
                var asked = ExportRequest.Read(call, book, catalogue, NowOf(session));
                Dispatcher.RequireAdmin(session, "report", "getUrlForReportAsCsv");
                return export.Run(asked, hits);
            case "serve":
                return export.Serve(session, call.TextOf("id") ?? throw ApiException.Missing("id"));
            case "getcsv":
                return custom.Run(call, session, fromText: false, hits);
            case "getcsvfromstringparams":
                return custom.Run(call, session, fromText: true, hits);
            default:
                throw ApiException.UnknownAction("report", action);
        }
    }

    /// <summary>Arguments first, then the right: ordinary users hold no analytics permission.</summary>
    private ReportRequest Read(ParamNode call, KalturaSession? session, string action)
    {
        var request = ReportRequest.Read(call, needsPager: action == "getTable", book, catalogue, NowOf(session));
        Dispatcher.RequireAdmin(session, "report", action);
        return request;
    }

    /// <summary>A <c>reftime</c> privilege replaces "now" for relative times.</summary>
    private long NowOf(KalturaSession? session) =>
        session?.PrivilegeValue("reftime") is { } reference ? PhpCast.ToInt(reference) : options.Clock.GetUtcNow().ToUnixTimeSeconds();
}
