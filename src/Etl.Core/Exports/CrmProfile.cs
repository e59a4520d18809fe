namespace Etl.Core.Exports;

/// <summary>How an importer wants its file: data only, read from a profile file. See <c>docs/exports.md</c>.</summary>
public sealed record CrmProfile
{
    /// <summary>Name that job files use: letters, digits, <c>_</c>, <c>-</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for, one line.</summary>
    public required string About { get; init; }

    /// <summary>Headers that are known, spelled as the importer spells them.</summary>
    public IReadOnlyList<CrmHeader> Headers { get; init; } = [];

    /// <summary>Headers that are not in <see cref="Headers"/> may be written too: own fields of the receiver.</summary>
    public bool AllowsOtherHeaders { get; init; } = true;

    /// <summary>Groups of headers of which each row needs a value in at least one, such as <c>LeadId</c> or <c>ContactId</c>.</summary>
    public IReadOnlyList<IReadOnlyList<string>> OneOf { get; init; } = [];

    /// <summary>How bytes and cells are written.</summary>
    public CrmForm Form { get; init; } = new();

    /// <summary>Most rows of a file without its header row; null for no limit. Exports that are bigger are cut into parts.</summary>
    public long? MaxRows { get; init; }

    /// <summary>Most bytes of a file, header row included; null for no limit.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>SHA-256 of the text that it was read from, hex: the same text is the same profile.</summary>
    public string TextHash { get; init; } = "";

    /// <summary>Headers without which the importer takes no row.</summary>
    public IEnumerable<string> RequiredHeaders => Headers.Where(h => h.IsRequired).Select(h => h.Name);

    /// <summary>A known header; null for one that is not known.</summary>
    public CrmHeader? Find(string header) => Headers.FirstOrDefault(h => h.Name == header);
}

/// <summary>What an importer checks of a cell.</summary>
public enum CrmType
{
    /// <summary>Any text.</summary>
    Text,
    /// <summary>An e-mail address: one <c>@</c> with something on both sides.</summary>
    Email,
    /// <summary>A telephone number; may begin with <c>+</c>.</summary>
    Phone,
    /// <summary>An absolute http or https address, or a host name.</summary>
    Url,
    /// <summary>A number.</summary>
    Number,
    /// <summary>A calendar date.</summary>
    Date,
    /// <summary>A moment.</summary>
    DateTime,
    /// <summary>True or false.</summary>
    Boolean,
}

/// <summary>A header that an importer knows.</summary>
/// <param name="Name">Its text.</param>
/// <param name="Type">What its cells hold.</param>
public sealed record CrmHeader(string Name, CrmType Type)
{
    /// <summary>A row without a value here is refused by the importer.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Most UTF-16 code units of a cell, as importers count; null for no limit.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Values of a restricted list; empty for any value.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];
}

/// <summary>Which cells are quoted.</summary>
public enum CrmQuote
{
    /// <summary>Those that need it by RFC 4180, and defused ones.</summary>
    Needed,
    /// <summary>All text cells and headers; numbers, dates and booleans are not.</summary>
    Text,
    /// <summary>All.</summary>
    All,
}

/// <summary>How bytes and cells are written.</summary>
public sealed record CrmForm
{
    /// <summary>The file begins with the byte order mark of UTF-8.</summary>
    public bool HasByteOrderMark { get; init; }

    /// <summary>Between cells.</summary>
    public char Delimiter { get; init; } = ',';

    /// <summary>Lines end with CR LF, as RFC 4180 has it, or else with LF.</summary>
    public bool EndsLinesWithCrLf { get; init; } = true;

    /// <summary>Which cells are quoted.</summary>
    public CrmQuote Quote { get; init; } = CrmQuote.Needed;

    /// <summary>.NET format of dates, invariant culture.</summary>
    public string Date { get; init; } = "yyyy-MM-dd";

    /// <summary>.NET format of moments, in UTC, invariant culture.</summary>
    public string DateTime { get; init; } = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Text for true.</summary>
    public string True { get; init; } = "true";

    /// <summary>Text for false.</summary>
    public string False { get; init; } = "false";

    /// <summary>Digits after the point that a double is rounded to; null for as many as it takes to read the same number back.</summary>
    public int? Decimals { get; init; }
}

/// <summary>Profiles by name: the ready-made ones and those of the jobs' <c>schemas/crm/</c> folder.</summary>
public interface ICrmProfiles
{
    /// <summary>All names, ordinally.</summary>
    IReadOnlyList<string> Names { get; }

    /// <summary>A profile; null when there is none of that name.</summary>
    /// <exception cref="Errors.EtlException">Its file cannot be read, or says something that is no profile.</exception>
    CrmProfile? Find(string name);
}
