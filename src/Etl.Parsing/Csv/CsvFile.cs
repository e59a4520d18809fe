namespace Etl.Parsing;

/// <summary>What a CSV file with a header was, beside its rows.</summary>
/// <param name="Header">Column names.</param>
/// <param name="Rows">Rows handed out.</param>
/// <param name="Bytes">Bytes of the file.</param>
public sealed record CsvFile(IReadOnlyList<string> Header, long Rows, long Bytes);
