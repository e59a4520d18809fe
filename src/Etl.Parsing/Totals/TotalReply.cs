using System.Text;

namespace Etl.Parsing;

/// <summary>A getTotal reply: one row of text cells under a header.</summary>
/// <param name="Header">Names; null when the service left everything out.</param>
/// <param name="Cells">As many cells; empty ones are empty text. Null when <c>data</c> was null or absent.</param>
/// <param name="Error">The error object that came instead.</param>
public sealed record TotalReply(IReadOnlyList<string>? Header, IReadOnlyList<string>? Cells, ServiceError? Error)
{
    /// <summary>
    /// True when the service says there is nothing: no header at all, or every cell empty or zero. False for an error and for a header
    /// whose data is missing, which is the service's encoding failure.
    /// </summary>
    public bool IsEmptyOrZero =>
        Error is null && (Header is null ? Cells is null : Cells is not null && Cells.All(c => c.Length == 0 || (TryNumber(c, out var value) && value == 0)));

    /// <summary>The cells that are numbers, by name.</summary>
    public IReadOnlyDictionary<string, double> Numbers
    {
        get
        {
            var numbers = new Dictionary<string, double>(StringComparer.Ordinal);
            for (var i = 0; i < (Cells?.Count ?? 0); i++)
                if (TryNumber(Cells![i], out var value)) numbers[Header![i]] = value;
            return numbers;
        }
    }

    private static unsafe bool TryNumber(string cell, out double value)
    {
        value = 0;
        if (cell.Length is 0 or > 400) return false;
        Span<byte> bytes = stackalloc byte[cell.Length * 3];
        var length = Encoding.UTF8.GetBytes(cell, bytes);
        fixed (byte* start = bytes) return NumberCell.TryDouble(start, length, out value);
    }
}
