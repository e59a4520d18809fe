namespace Etl.Parsing;

/// <summary>How to read a table reply, and how much of it.</summary>
public sealed record ReportTableOptions
{
    /// <summary>
    /// The request's <c>responseOptions[delimiter]</c>; the service's own default is the comma. One or several characters, no <c>;</c>,
    /// which ends rows: a longer one such as <c>|~|</c> loses less, since the service replaces it inside cells by a space.
    /// </summary>
    public string Delimiter { get; init; } = "|";

    /// <summary>Rows per batch. Measured: 1,024 to 16,384 parse equally fast; fewer mean more calls of the receiver, more mean more memory.</summary>
    public int BatchRows { get; init; } = 4096;

    /// <summary>Largest body in bytes, as read from the stream; also bounds what is held back when the rows come before the header.</summary>
    public long MaxBodyBytes { get; init; } = 256L << 20;

    /// <summary>Largest cell in bytes of UTF-8.</summary>
    public int MaxCellBytes { get; init; } = 1 << 20;

    /// <summary>Most header cells.</summary>
    public int MaxColumns { get; init; } = 2000;

    /// <summary>Whether the reply's bytes are hashed: what is pulled must be proven, what is only converted need not.</summary>
    public bool Hash { get; init; } = true;

    internal void Validate()
    {
        ArgumentException.ThrowIfNullOrEmpty(Delimiter);
        if (Delimiter.Contains(';', StringComparison.Ordinal))
            throw new ArgumentException("The delimiter may not contain ';', which ends rows.", nameof(Delimiter));
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchRows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBodyBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxCellBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxColumns, 1);
    }
}
