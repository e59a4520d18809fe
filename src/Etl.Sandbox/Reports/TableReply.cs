using System.Text;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>A table before it is glued together; faults change it here.</summary>
internal sealed class TableReply
{
    /// <summary>Nothing at all: header, data and totalCount are absent (a label table without rows).</summary>
    public bool IsAbsent { get; init; }

    public List<string> Header { get; init; } = [];

    public List<string[]> Rows { get; init; } = [];

    public long TotalCount { get; set; }

    /// <summary>The server could not encode the text: header and count arrive, data does not.</summary>
    public bool DataIsNull { get; set; }

    /// <summary>
    /// The answer (wire facts 3.2): in every cell each occurrence of the delimiter becomes one space, then each <c>;</c>; cells are joined
    /// with the delimiter; every row ends with <c>;</c>, the last one too.
    /// </summary>
    public ApiObject ToApi(string delimiter)
    {
        if (IsAbsent)
            return new ApiObject("KalturaReportTable", ("header", null), ("data", null), ("totalCount", null));
        var data = new StringBuilder(Rows.Count * 64);
        foreach (var row in Rows)
        {
            for (var i = 0; i < row.Length; i++)
            {
                if (i > 0)
                    data.Append(delimiter);
                data.Append(Clean(row[i], delimiter));
            }
            data.Append(';');
        }
        return new ApiObject("KalturaReportTable",
            ("header", string.Join(delimiter, Header)),
            ("data", DataIsNull ? null : data.ToString()),
            ("totalCount", TotalCount));
    }

    public static string Print(Cell cell) => cell.Kind switch
    {
        CellKind.Number => PhpNumber.Format(cell.Number),
        CellKind.Null => "0",
        CellKind.Missing => "",
        _ => cell.Text,
    };

    private static string Clean(string cell, string delimiter)
    {
        if (delimiter.Length > 0 && cell.Contains(delimiter, StringComparison.Ordinal))
            cell = cell.Replace(delimiter, " ", StringComparison.Ordinal);
        return cell.Contains(';', StringComparison.Ordinal) ? cell.Replace(';', ' ') : cell;
    }
}
