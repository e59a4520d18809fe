using System.Globalization;
using Etl.Sandbox.Reports;

namespace Etl.Sandbox.Faults;

/// <summary>Faults in the content of a table: applied to the rows before they are glued together.</summary>
internal static class TableFaults
{
    /// <summary>The request with a clamped page size.</summary>
    public static ReportRequest Before(ReportRequest request, IReadOnlyList<SandboxFault> faults)
    {
        var clamp = faults.FirstOrDefault(f => f.Kind == SandboxFaultKinds.PageClamp);
        return clamp is null ? request : request with { PageSize = Math.Min(request.PageSize, Number(clamp, 500)) };
    }

    /// <summary>How far even pages start too early.</summary>
    public static int Shift(IReadOnlyList<SandboxFault> faults) => faults.Any(f => f.Kind == SandboxFaultKinds.PageDrift) ? -1 : 0;

    /// <summary>The table with its content faults.</summary>
    public static TableReply After(TableReply reply, IReadOnlyList<SandboxFault> faults)
    {
        foreach (var fault in faults)
        {
            if (fault.Kind == SandboxFaultKinds.EmptyTable)
                return new TableReply { IsAbsent = true };
            if (!reply.IsAbsent)
                Apply(reply, fault);
        }
        return reply;
    }

    private static void Apply(TableReply reply, SandboxFault fault)
    {
        switch (fault.Kind)
        {
            case SandboxFaultKinds.DataNull:
                reply.DataIsNull = true;
                break;
            case SandboxFaultKinds.HeaderOnly:
                reply.TotalCount = Math.Max(1, reply.Rows.Count);
                reply.Rows.Clear();
                break;
            case SandboxFaultKinds.TotalCount:
                reply.TotalCount = Number(fault, 0);
                break;
            case SandboxFaultKinds.DuplicateRow when reply.Rows.Count > 0:
                reply.Rows.Insert(1, reply.Rows[0]);
                break;
            case SandboxFaultKinds.DropRow when reply.Rows.Count > 0:
                reply.Rows.RemoveAt(reply.Rows.Count / 2);
                break;
            case SandboxFaultKinds.WrongCellCount when reply.Rows.Count > 0:
                var middle = reply.Rows.Count / 2;
                reply.Rows[middle] = fault.Parameter == "extra" ? [.. reply.Rows[middle], "1"] : reply.Rows[middle][..^1];
                break;
            case SandboxFaultKinds.UnknownCell when reply.Rows.Count > 0:
                reply.Rows[0][Column(reply, fault)] = "Unknown";
                break;
            case SandboxFaultKinds.ErrorCell when reply.Rows.Count > 0:
                reply.Rows[0][Column(reply, fault)] = "Error";
                break;
            case SandboxFaultKinds.BadCell when reply.Rows.Count > 0:
                var (name, text) = fault.Parameter?.Split('=', 2) is [var left, var right] ? (left, right) : (fault.Parameter, "1,2x");
                reply.Rows[reply.Rows.Count / 2][Column(reply, fault with { Parameter = name })] = text;
                break;
            case SandboxFaultKinds.RenameColumn:
                Rename(reply, fault);
                break;
            case SandboxFaultKinds.AddColumn:
                reply.Header.Add(fault.Parameter ?? "new_metric");
                Rewrite(reply, row => [.. row, "7"]);
                break;
            case SandboxFaultKinds.RemoveColumn:
                var gone = Column(reply, fault);
                reply.Header.RemoveAt(gone);
                Rewrite(reply, row => [.. row[..gone], .. row[(gone + 1)..]]);
                break;
            case SandboxFaultKinds.ReorderColumns:
                reply.Header.Reverse();
                Rewrite(reply, row => [.. row.AsEnumerable().Reverse()]);
                break;
        }
    }

    private static void Rename(TableReply reply, SandboxFault fault)
    {
        var names = fault.Parameter?.Split('=', 2);
        var index = names is null ? reply.Header.Count - 1 : reply.Header.IndexOf(names[0]);
        if (index >= 0)
            reply.Header[index] = names is [_, var name] ? name : reply.Header[index] + "_v2";
    }

    private static void Rewrite(TableReply reply, Func<string[], string[]> change)
    {
        for (var i = 0; i < reply.Rows.Count; i++)
            reply.Rows[i] = change(reply.Rows[i]);
    }

    private static int Column(TableReply reply, SandboxFault fault)
    {
        var index = fault.Parameter is null ? -1 : reply.Header.IndexOf(fault.Parameter);
        return index < 0 ? reply.Header.Count - 1 : index;
    }

    private static long Number(SandboxFault fault, long otherwise) =>
        long.TryParse(fault.Parameter, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
