using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Etl.Core.Checks;

namespace Etl.Landing.Sql.Ledger;

/// <summary>
/// How values stand in the ledger: instants as ISO text in UTC (same width per writer, readable by a person), states and
/// outcomes as lower-case words, checks as JSON. Only the end of a lease is a number, because the database computes it.
/// </summary>
internal static class LedgerText
{
    public static string Of(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Words for a person, which may quote what a service sent: without NUL, which PostgreSQL stores in no text.</summary>
    [return: NotNullIfNotNull(nameof(words))]
    public static string? Words(string? words) => words?.Replace('\0', '\uFFFD');

    public static DateTimeOffset Instant(string text) =>
        DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);

    public static DateTimeOffset? InstantOrNull(string? text) => text is null ? null : Instant(text);

    public static string Of<T>(T value)
        where T : struct, Enum => Enum.GetName(value)!.ToLowerInvariant();

    public static T Read<T>(string text)
        where T : struct, Enum => Enum.Parse<T>(text, ignoreCase: true);

    public static string Of(IReadOnlyList<CheckResult> checks) => JsonSerializer.Serialize(
        checks.Select(c => new StoredCheck(c.Name, Of(c.Verdict), c.Detail)));

    public static IReadOnlyList<CheckResult> Checks(string json) =>
        [.. JsonSerializer.Deserialize<StoredCheck[]>(json)!.Select(c => new CheckResult(c.name, Read<Verdict>(c.verdict), c.detail))];

#pragma warning disable IDE1006 // The property names are the JSON names.
    private sealed record StoredCheck(string name, string verdict, string detail);
#pragma warning restore IDE1006
}
