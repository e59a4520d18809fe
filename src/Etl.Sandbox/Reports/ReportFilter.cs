using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Wire;

namespace Etl.Sandbox.Reports;

/// <summary>
/// The report filter as the service understands it: unknown fields are dropped without an error, and so are the four end-user fields
/// unless the object names <c>KalturaEndUserReportInputFilter</c> (wire facts 1.2 and 3.5).
/// </summary>
internal sealed class ReportFilter
{
    private const string EndUserType = "KalturaEndUserReportInputFilter";
    private static readonly string[] Intervals = ["days", "months", "years", "hours", "minutes", "ten_minutes", "ten_seconds"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>The subtype was named: totalCount is then 0 for unforced types.</summary>
    public bool IsEndUser { get; private init; }

    /// <summary>Unix seconds; 0 is "not set".</summary>
    public long FromDate { get; private set; }

    public long ToDate { get; private set; }

    public long EntryCreatedFrom { get; private set; }

    public long EntryCreatedTo { get; private set; }

    public Interval Interval { get; private set; }

    public int TimeZoneOffset { get; private set; }

    public bool SearchInTags => PhpCast.ToBool(this["searchInTags"]);

    /// <summary>A text field; null when it is absent or empty.</summary>
    public string? this[string field] => _values.TryGetValue(field, out var value) && value.Length > 0 ? value : null;

    public static ReportFilter Read(ParamNode node, CatalogueData catalogue, long now)
    {
        var filter = new ReportFilter
        {
            IsEndUser = string.Equals(node.TextOf("objectType"), EndUserType, StringComparison.OrdinalIgnoreCase),
        };
        foreach (var (name, value) in node.Children)
        {
            // `field__null=` sets a field to null; so does a JSON null.
            if (value.Text is null || !catalogue.Fields.TryGetValue(name, out var field))
                continue;
            if (field.DeclaredIn == EndUserType && !filter.IsEndUser)
                continue;
            if (field.ApiType != "time" && !PhpCast.IsXmlText(value.Text))
                throw ApiException.BadCharacter(name);
            filter.Set(name, value.Text, now);
        }
        return filter;
    }

    private void Set(string name, string text, long now)
    {
        switch (name)
        {
            case "fromDate":
                FromDate = PhpCast.ToTime(text, now);
                break;
            case "toDate":
                ToDate = PhpCast.ToTime(text, now);
                break;
            case "entryCreatedAtGreaterThanOrEqual":
                EntryCreatedFrom = PhpCast.ToTime(text, now);
                break;
            case "entryCreatedAtLessThanOrEqual":
                EntryCreatedTo = PhpCast.ToTime(text, now);
                break;
            case "timeZoneOffset":
                TimeZoneOffset = TimeBuckets.NormaliseOffset((int)Math.Clamp(PhpCast.ToInt(text), -100_000, 100_000));
                break;
            case "interval":
                var index = Array.IndexOf(Intervals, text);
                if (index < 0)
                    throw ApiException.Enum(text, "interval", "KalturaReportInterval");
                Interval = (Interval)index;
                break;
            default:
                _values[name] = text;
                break;
        }
    }
}
