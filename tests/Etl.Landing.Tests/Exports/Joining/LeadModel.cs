using System.Globalization;
using Etl.Core.Exports;

namespace Etl.Landing.Tests.Exports.Joining;

/// <summary>A landed row as a test wrote it down.</summary>
/// <param name="Source">Index of its source.</param>
/// <param name="Label">Its window.</param>
/// <param name="Order">Its place among all rows of the same window and source.</param>
/// <param name="Mail">E-mail cell.</param>
/// <param name="User">User cell.</param>
/// <param name="City">A text.</param>
/// <param name="Points">A number.</param>
/// <param name="Ok">Consent.</param>
internal sealed record ModelRow(int Source, string Label, int Order, string? Mail, string? User, string? City, long? Points, string? Ok);

/// <summary>
/// What the leads of rows are, said in the plainest way: sort, group, pick. Slow, over the rows as a whole, and without any code of the join. Knows spellings
/// with blanks around and in capitals; the finer ones have tests of their own.
/// </summary>
internal sealed class LeadModel(ExportSpec export, IReadOnlyList<ModelRow> rows)
{
    private readonly bool _first = export.Duplicates == DuplicateRule.First;

    // The second source has no column of users and the third none of addresses.
    private readonly IReadOnlyList<ModelRow> _rows = [.. rows.Select(r => r with { Mail = r.Source == 2 ? null : r.Mail, User = r.Source == 1 ? null : r.User })];

    /// <summary>The leads as <c>name|other name|city of source 0|city of source 1|points|rows of source 1|least|most</c>, sorted, and what was counted.</summary>
    public (string[] Lines, LeadCounts Counts) Leads()
    {
        var all = _rows.Select(r => (Row: r, Own: Own(r), Other: Other(r))).ToList();
        var found = all.Select(r => (r.Row, r.Own, r.Other, Lead: r.Own ?? (r.Other is null ? null : Pick(all.Where(a => a.Own is not null && a.Other == r.Other).Select(a => (a.Row, Value: a.Own)))))).ToList();
        var nobody = found.Where(r => r.Lead is null).ToList();
        var anonymous = nobody.Count(r => IsNobody(r.Row.Mail) && IsNobody(r.Row.User));
        var (isInternal, suppressed, silent) = (0, 0, 0);
        var lines = new List<string>();
        foreach (var lead in found.Where(r => r.Lead is not null).GroupBy(r => r.Lead!))
        {
            var names = lead.Select(r => Mail(r.Row)).Concat(lead.Select(r => User(r.Row))).OfType<string>().Append(lead.Key).ToHashSet(StringComparer.Ordinal);
            var theirs = lead.Select(r => r.Row).ToList();
            if (names.Any(n => n.EndsWith("@our.com", StringComparison.Ordinal) || n.EndsWith(".our.com", StringComparison.Ordinal))) isInternal++;
            else if (names.Any(n => n is "b@x.com" or "u3")) suppressed++;
            else if (theirs.Where(r => r.Source == 0 && !string.IsNullOrEmpty(r.Ok)).OrderBy(Time).LastOrDefault()?.Ok is not "yes") silent++;
            else
            {
                var points = theirs.Where(r => r.Source == 1 && r.Points is not null).Select(r => r.Points!.Value).ToList();
                lines.Add(string.Join(
                    '|',
                    lead.Key,
                    Pick(lead.Where(r => r.Own is not null).Select(r => (r.Row, Value: r.Other))) ?? "-",
                    PickCity(theirs, 0), PickCity(theirs, 1),
                    points.Sum().ToString(CultureInfo.InvariantCulture), theirs.Count(r => r.Source == 1 && r.City is "Rome").ToString(CultureInfo.InvariantCulture),
                    points.Count == 0 ? "-" : points.Min().ToString(CultureInfo.InvariantCulture), points.Count == 0 ? "-" : points.Max().ToString(CultureInfo.InvariantCulture)));
            }
        }
        var leads = found.Where(r => r.Lead is not null).Select(r => r.Lead).Distinct().Count();
        return (
            [.. lines.Order(StringComparer.Ordinal)],
            new LeadCounts(_rows.Count, lines.Count, found.Count(r => r.Lead is not null) - leads, anonymous, nobody.Count - anonymous, isInternal, suppressed, silent));
    }

    // Time first, then the source, then the row.
    private static (string Label, int Source, int Order) Time(ModelRow row) => (row.Label, row.Source, row.Order);

    private static bool IsNobody(string? cell) => cell is null || cell.Trim() is "" or "Unknown" or "Error";

    private static string? Mail(ModelRow row) => !IsNobody(row.Mail) && row.Mail!.Contains('@', StringComparison.Ordinal) ? row.Mail.Trim().ToLowerInvariant() : null;

    private static string? User(ModelRow row) => !IsNobody(row.User) ? row.User!.Trim() : null;

    private string? Own(ModelRow row) => export.By == LeadBy.Email ? Mail(row) : User(row);

    private string? Other(ModelRow row) => export.By == LeadBy.Email ? User(row) : Mail(row);

    /// <summary>The first source that has a value, and in it the newest or oldest row.</summary>
    private string? Pick(IEnumerable<(ModelRow Row, string? Value)> said)
    {
        var there = said.Where(s => s.Value is not null).OrderBy(s => Time(s.Row)).ToList();
        if (there.Count == 0) return null;
        var best = there.Where(s => s.Row.Source == there.Min(t => t.Row.Source)).ToList();
        return (_first ? best[0] : best[^1]).Value;
    }

    private string PickCity(List<ModelRow> theirs, int source) =>
        Pick(theirs.Where(r => r.Source == source).Select(r => (r, string.IsNullOrEmpty(r.City) ? null : r.City))) ?? "-";
}
