using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Etl.Core.Jobs;

/// <summary>What to pull. Dates of the window and the zone offset are not part of it: the source fills them in.</summary>
public sealed record SourceSpec
{
    /// <summary>Name of the only source of a job.</summary>
    public const string MainName = "main";

    /// <summary>Default rows asked per page: the service's cap, because one query is one snapshot.</summary>
    public const int DefaultPageSize = 12_000;

    /// <summary>Default separator of cells and of list values.</summary>
    public const string DefaultDelimiter = "|";

    public string Name { get; init; } = MainName;

    /// <summary><c>table</c>, <c>total</c>, and what later sources add.</summary>
    public required string Action { get; init; }

    /// <summary>Report id as in the catalogue (already resolved from a name).</summary>
    public string? Report { get; init; }

    /// <summary>Id of a custom CSV report, for <c>custom-csv</c>.</summary>
    public string? Custom { get; init; }

    /// <summary>Its parameters beside the dates, by name.</summary>
    public IReadOnlyDictionary<string, string> Params { get; init; } = new Dictionary<string, string>();

    /// <summary>Columns that the service shall leave out of it.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>How it takes its dates: <c>ids</c> or <c>unix</c> (<c>iso</c>, <c>unix</c> or <c>none</c> for <c>microservice</c>); null for what the catalogue knows.</summary>
    public string? Dates { get; init; }

    /// <summary>Name of a background report, for <c>microservice</c>.</summary>
    public string? Background { get; init; }

    /// <summary>Its parameters beside the dates, by name; a dot in a name leads into a group of parameters.</summary>
    public IReadOnlyDictionary<string, FilterValue> Parameters { get; init; } = new Dictionary<string, FilterValue>();

    /// <summary>Values of <see cref="Take"/>.</summary>
    public const string TakeAll = "all", TakeCreated = "created", TakeUpdated = "updated";

    /// <summary>
    /// Which entries a list takes: <c>all</c> that were created before the window's end, as they are when pulled; or those
    /// <c>created</c> or <c>updated</c> in the window.
    /// </summary>
    public string Take { get; init; } = TakeAll;

    /// <summary>Conditions that entries are searched by, beside what filters of their list can ask.</summary>
    public IReadOnlyDictionary<string, FilterValue> Search { get; init; } = new Dictionary<string, FilterValue>();

    /// <summary>Live entries that are watched, for <c>live-events</c>, <c>beacons</c> and <c>stream-status</c>.</summary>
    public IReadOnlyList<string> Entries { get; init; } = [];

    /// <summary>Which beacons: <c>health</c> or <c>diagnostics</c>.</summary>
    public string? Kind { get; init; }

    /// <summary>Only while the entries are live, for <c>live-events</c>.</summary>
    public bool LiveOnly { get; init; }

    /// <summary>Filter fields by name.</summary>
    public IReadOnlyDictionary<string, FilterValue> Filter { get; init; } = new Dictionary<string, FilterValue>();

    /// <summary><c>-column</c> descending, <c>+column</c> ascending; null for the report's default.</summary>
    public string? Order { get; init; }

    public int PageSize { get; init; } = DefaultPageSize;
    public string Delimiter { get; init; } = DefaultDelimiter;
    public IReadOnlyList<string> ObjectIds { get; init; } = [];

    /// <summary><c>days</c>, <c>months</c>, … ; null for the report's natural one in the job's window.</summary>
    public string? Interval { get; init; }

    /// <summary>Leave out empty buckets of date series.</summary>
    public bool SkipEmptyDates { get; init; } = true;

    /// <summary>Privileges added to the session, such as <c>virtualeventid:99</c>.</summary>
    public IReadOnlyList<string> Privileges { get; init; } = [];

    /// <summary>Accounts to pull from; empty for the configured one, or where <see cref="AccountsFrom"/> names a report.</summary>
    public IReadOnlyList<string> Accounts { get; init; } = [];

    /// <summary>The report that lists the accounts to pull from; null where the job lists them itself.</summary>
    public AccountReport? AccountsFrom { get; init; }

    /// <summary>
    /// True when the job speaks of accounts: rows then say theirs, also while there is one only, so that another can be added later without
    /// touching what has landed.
    /// </summary>
    public bool TellsAccounts => Accounts.Count > 0 || AccountsFrom is not null;

    /// <summary>What happens to columns with personal data.</summary>
    public IReadOnlyList<PersonalRule> Personal { get; init; } = [];

    /// <summary>
    /// True when cells are changed before they land. Nothing of such a source is kept as it was sent, so its pulls cannot be replayed.
    /// </summary>
    public bool IsTreated => Personal.Any(r => r.Treatment != Treatment.Allow);

    /// <summary>
    /// Hash of everything that decides which rows a window has: report, action, filter, parameters and zone; the delimiter
    /// too, because the service replaces it in cells. Order and page size do not count. Stored with each window; a change
    /// makes earlier windows show as <c>stale definition</c>. 16 hex digits.
    /// </summary>
    public string DefinitionHash(string timeZone)
    {
        var canonical = JsonSerializer.Serialize(new
        {
            Action,
            Report,
            Filter = Filter.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => new { f.Key, f.Value.Values }),
            ObjectIds,
            Interval,
            SkipEmptyDates,
            Privileges,
            Delimiter,
            timeZone,
        });
        // Only where they exist: the hashes of other sources stay what they were.
        if (Custom is not null)
            canonical += JsonSerializer.Serialize(new { Custom, Params = Params.OrderBy(p => p.Key, StringComparer.Ordinal), Exclude, Dates });
        if (Background is not null)
            canonical += JsonSerializer.Serialize(new { Background, Parameters = Parameters.OrderBy(p => p.Key, StringComparer.Ordinal), Dates });
        if (Take != TakeAll || Search.Count > 0)
            canonical += JsonSerializer.Serialize(new { Take, Search = Search.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => new { f.Key, f.Value.Values }) });
        if (IsTreated)
            canonical += JsonSerializer.Serialize(Personal.Where(r => r.Treatment != Treatment.Allow).OrderBy(r => r.Column, StringComparer.Ordinal).Select(r => new { r.Column, r.Treatment, r.Key }));
        if (Entries.Count > 0) canonical += JsonSerializer.Serialize(new { Entries, Kind, LiveOnly });
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))[..16];
    }
}

/// <summary>A report of a parent account whose rows are its child accounts.</summary>
/// <param name="Report">Its id.</param>
/// <param name="Except">Accounts that are left out.</param>
public sealed record AccountReport(string Report, IReadOnlyList<string> Except);

/// <summary>The value of a filter field: one text, or a list of them.</summary>
/// <param name="Values">The values in order, as text.</param>
/// <param name="IsList">True when the job file wrote a list.</param>
public sealed record FilterValue(IReadOnlyList<string> Values, bool IsList);
