using System.Text;
using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Custom;

/// <summary>
/// report.getCsv and report.getCsvFromStringParams (wire facts 4.3). The file: BOM, header names joined with commas, then per row every
/// comma in a value replaced by one blank, joined with commas; line feeds; nothing quoted except what the engine quoted itself.
/// </summary>
/// <remarks>
/// Line breaks in texts become blanks, quoted or not: the real service does so only in columns that its engine quotes, and unquoted
/// ones with line breaks cannot be read back by anybody. The fault <c>raw-line-breaks</c> brings them.
/// </remarks>
internal sealed class CustomAction(EventStore store, int partner)
{
    /// <summary>More rows are cut off without a mark.</summary>
    public const int RowCap = 100_000;

    private const string HundredDays = "public, max-age=8640000, max-stale=0";

    /// <summary>The arguments and the right, both told as ordinary errors; then the file, or its empty answer.</summary>
    public object? Run(ParamNode call, KalturaSession? session, bool fromText, IReadOnlyList<SandboxFault> faults)
    {
        var id = PhpCast.ToInt(call.TextOf("id") ?? throw ApiException.Missing("id"));
        var parameters = fromText ? CustomParameters.OfText(call.TextOf("params"), partner) : CustomParameters.OfList(call["params"], partner);
        var action = fromText ? "getCsvFromStringParams" : "getCsv";
        var admin = Dispatcher.RequireAdmin(session, "report", action);
        if (CustomBook.Find(id) is not { } report)
            return FileAnswer.Failed(ApiException.ReportNotFound(id.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        // The guide demands the privilege; how the service refuses is not published, so this form is ours.
        if (report.EventParameter is { } name && parameters[name] is { } wanted && admin.PrivilegeValue("virtualeventid") != wanted)
            throw ApiException.Forbidden("report", action);
        var table = Compute(report, parameters, faults);
        Exclude(table, call.TextOf("excludedFields"));
        var header = table.Header.ToList();
        var changed = TableFaults.After(table, faults);
        if (changed.IsAbsent)
            changed = new TableReply { Header = header };
        return new FileAnswer
        {
            Content = Write(changed),
            ContentType = "text/csv",
            Headers = [("Content-Disposition", $"attachment; filename=\"{parameters.FileName(id)}\""), ("Cache-Control", HundredDays)],
        };
    }

    /// <summary>Every row with its values as they are, without cap, cleaning or exclusion: for comparing.</summary>
    public (IReadOnlyList<string> Columns, IEnumerable<Cell[]> Rows) Truth(long id, string? parameters)
    {
        var report = CustomBook.Find(id) ?? throw new ArgumentException($"Custom report '{id}' is not known; known are: {string.Join(", ", CustomBook.Ids)}.");
        var query = new CustomQuery(report, CustomParameters.OfText(parameters, partner), store);
        return ([.. report.Columns.Select(c => c.Name)], query.Rows(report).Select(row => report.Columns.Select(c => c.Value(row)).ToArray()));
    }

    private TableReply Compute(CustomReport report, CustomParameters parameters, IReadOnlyList<SandboxFault> faults)
    {
        var cap = parameters["limit"] is { } limit ? (int)Math.Clamp(PhpCast.ToInt(limit), 0, RowCap) : RowCap;
        var raw = faults.Any(f => f.Kind == SandboxFaultKinds.RawLineBreaks);
        var quoted = report.Columns.Select(c => report.Quoted.Contains(c.Name)).ToArray();
        var table = new TableReply { Header = [.. report.Columns.Select(c => c.Name)] };
        foreach (var row in new CustomQuery(report, parameters, store).Rows(report).Take(cap))
            table.Rows.Add([.. report.Columns.Select((column, i) => Print(column.Value(row), quoted[i], raw))]);
        return table;
    }

    private static string Print(Cell cell, bool quoted, bool rawLineBreaks)
    {
        var text = TableReply.Print(cell);
        if (quoted || !rawLineBreaks)
            text = text.Replace('\r', ' ').Replace('\n', ' ');
        return quoted ? "\"" + text.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : text;
    }

    /// <summary>Exact, case-sensitive names; unknown ones are ignored.</summary>
    private static void Exclude(TableReply table, string? fields)
    {
        foreach (var field in (fields ?? "").Split(','))
        {
            var index = table.Header.IndexOf(field);
            if (index < 0)
                continue;
            table.Header.RemoveAt(index);
            for (var i = 0; i < table.Rows.Count; i++)
                table.Rows[i] = [.. table.Rows[i][..index], .. table.Rows[i][(index + 1)..]];
        }
    }

    private static byte[] Write(TableReply table)
    {
        var output = new StringBuilder("\uFEFF").AppendJoin(',', table.Header).Append('\n');
        foreach (var row in table.Rows)
            output.AppendJoin(',', row.Select(cell => cell.Replace(',', ' '))).Append('\n');
        return Encoding.UTF8.GetBytes(output.ToString());
    }
}
