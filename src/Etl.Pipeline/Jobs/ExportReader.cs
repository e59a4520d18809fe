using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Text;
using Etl.Pipeline.Jobs.Yaml;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the <c>export:</c> items of a job's <c>land:</c> list.</summary>
/// <param name="catalog">Knows columns.</param>
/// <param name="profiles">Knows profiles; null does not judge their names and headers.</param>
/// <param name="job">Name of the job; null when it could not be read.</param>
/// <param name="live">True for a live job, which has no exports.</param>
/// <param name="faults">Takes the faults.</param>
internal sealed class ExportReader(ICatalog catalog, ICrmProfiles? profiles, string? job, bool live, FaultList faults)
{
    /// <summary>Key of the item's kind.</summary>
    public const string Kind = "export";

    private const string Example = "Write 'export: { name: leads, profile: csv, people: { main: { email: email } }, columns: { Email: email } }', for example.";

    private static readonly string[] s_keys =
        ["name", "profile", "by", "people", "windows", "duplicates", "measures", "score", "columns", "leave", "delta", "accept", "raw", "deliver"];

    private readonly List<ExportSpec> _exports = [];

    /// <summary>Exports that could be read so far.</summary>
    public IReadOnlyList<ExportSpec> Exports => _exports;

    /// <summary>Reads one item; the rows of each of its sources land. Empty when it could not be read.</summary>
    /// <param name="item">The item.</param>
    /// <param name="kind">Its key <see cref="Kind"/>.</param>
    /// <param name="from">Its sources; empty where none could be read, which was reported.</param>
    public IReadOnlyList<LandDraft> Read(YamlMap item, YamlEntry kind, IReadOnlyList<SourceDraft> from)
    {
        if (live)
        {
            faults.AtKey(kind, "A live job has no 'export': it has no night after which its leads would be complete. Export from a job of days.");
            return [];
        }
        if (kind.Value is YamlText { IsNothing: true })
        {
            faults.AtKey(kind, $"'{Kind}' has no value. {Example}");
            return [];
        }
        if (MapFields.MapOf(kind, $"'{Kind}'", faults) is not { } map || from.Count == 0) return [];
        foreach (var misplaced in map.Entries.Where(e => e.Key == "from")) faults.AtKey(misplaced, $"'from' stands beside '{Kind}', not in it.");
        var fields = new MapFields(map, "an export", map.Entries.Any(e => e.Key == "from") ? [.. s_keys, "from"] : s_keys, faults);
        fields.Require("name", "Files begin with it: 'name: leads', for example.");
        fields.Require("profile", "It says how the receiver wants its file: 'profile: salesforce-lead', for example.");
        fields.Require("people", "It says where the sources name the person: 'people: { main: { email: email } }', for example.");
        fields.Require("columns", "It says what the file has, header first: 'columns: { Email: email }', for example.");
        var spec = Spec(fields, from);
        if (spec is null || job is null) return [];
        _exports.Add(spec);
        return [.. spec.Sources.Select(s => new LandDraft(new ExportRowsLandSpec { From = s.Source, Job = job, Export = spec.Name }, item))];
    }

    private ExportSpec? Spec(MapFields fields, IReadOnlyList<SourceDraft> from)
    {
        var name = fields.Named("name", Names.IsExport, Names.ExportRule);
        if (name is not null && _exports.Any(e => e.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
        {
            faults.At(fields.Find("name")!.Value, $"Two exports of this job are called '{name}'.");
            name = null;
        }
        var by = fields.Choice("by", LeadBy.Email, ("email", LeadBy.Email), ("user", LeadBy.User));
        var columns = new ExportColumnReader(catalog, from, faults);
        var measures = columns.Measures(fields);
        var score = new ScoreReader(faults).Read(fields, measures);
        var people = People(fields, from, by, columns);
        var profile = Profile(fields);
        var cells = columns.Columns(fields, measures, hasScore: fields.Has("score"));
        if (profile is not null && fields.Find("columns") is { Value: YamlMap map }) Judge(profile, map);
        var spec = new ExportSpec
        {
            Name = name ?? "",
            Profile = fields.Text("profile") ?? "",
            Sources = people,
            By = by,
            Windows = fields.Has("windows") ? fields.Whole("windows", 1, JobReader.MostLookback, 1) : null,
            Measures = [.. measures.Select(m => m.Measure).OfType<LeadMeasure>()],
            Score = score,
            Columns = cells,
            Leave = Leave(fields, columns),
            Duplicates = fields.Choice("duplicates", DuplicateRule.Latest, ("latest", DuplicateRule.Latest), ("first", DuplicateRule.First)),
            Delta = fields.Flag("delta", true),
            AcceptAtOnce = fields.Choice("accept", true, ("at-once", true), ("ack", false)),
            Raw = fields.Flag("raw", false),
            Deliver = new DeliveryReader(faults).Read(fields),
        };
        return name is null || people.Count == 0 || cells.Count == 0 ? null : spec;
    }

    // A hashed user id still tells people apart; a hashed address is none any more, and masked ones are many people's.
    private void Treated(MapFields person, SourceDraft source, string key, params Treatment[] lost)
    {
        if (person.Find(key) is { Value: YamlText column } entry && source.Spec?.Personal.FirstOrDefault(r => r.Column == column.Value && lost.Contains(r.Treatment)) is not null)
            faults.At(entry.Value, $"'pii' changes column '{column.Value}', so nobody can be found by it. {(key == "email" ? "Write 'allow' for it, or find people by 'user'." : "Write 'allow' or 'hmac' for it.")}");
    }

    private List<ExportSource> People(MapFields fields, IReadOnlyList<SourceDraft> from, LeadBy by, ExportColumnReader columns)
    {
        var people = new List<ExportSource>();
        if (fields.Map("people") is not { } map) return people;
        var names = from.Select(s => s.Name).ToList();
        foreach (var entry in map.Entries.Where(e => !names.Contains(e.Key)))
            faults.AtKey(entry, $"'{entry.Key}' is not a source of this export. Expected {Words.Or(names)}.{Nearest.Hint(entry.Key, names)}");
        foreach (var source in from)
        {
            if (map.Entries.FirstOrDefault(e => e.Key == source.Name) is not { } entry)
            {
                faults.At(map, $"'people' does not say where source '{source.Name}' names the person. Write '{source.Name}: {{ email: email }}' or '{{ user: object_id }}', for example.");
                continue;
            }
            if (MapFields.MapOf(entry, $"'{entry.Key}'", faults) is not { } named) continue;
            var person = new MapFields(named, $"a source of 'people'", ["email", "user"], faults);
            if (named.Entries.Count == 0) faults.At(named, $"Source '{source.Name}' names nobody. Give the column of its 'email', its 'user', or both.");
            people.Add(new ExportSource(source.Name, Column(person, "email"), Column(person, "user")));
            Treated(person, source, "email", Treatment.Drop, Treatment.Mask, Treatment.Hmac);
            Treated(person, source, "user", Treatment.Drop, Treatment.Mask);

            string? Column(MapFields person, string key)
            {
                if (person.Text(key) is not { } column) return null;
                columns.Check(source, column, person.Find(key)!.Value);
                return column;
            }
        }
        if (people.Count < from.Count || people.Count == 0) return people;
        var (own, other) = by == LeadBy.Email ? ("email", "user") : ("user", "email");
        if (people.All(p => (by == LeadBy.Email ? p.Email : p.User) is null))
            faults.At(map, $"No source names people by '{own}', which the export goes by. Give one its '{own}' column, or write 'by: {other}'.");
        else if (people.All(p => p.Email is null || p.User is null) && people.FirstOrDefault(p => (by == LeadBy.Email ? p.Email : p.User) is null) is { } lost)
            faults.At(map, $"Source '{lost.Source}' names people by '{other}' only, and no source has both, so its rows would find no lead. Join a source that has both 'email' and 'user'.");
        return people;
    }

    private LeadFilter Leave(MapFields fields, ExportColumnReader columns)
    {
        if (fields.Map("leave") is not { } map) return new LeadFilter();
        var leave = new MapFields(map, "a map of who is left out", ["domains", "suppression", "consent"], faults);
        return new LeadFilter
        {
            Domains = [.. leave.UniqueTexts("domains", d => IsDomain(d) ? null : $"'{d}' is not a domain. Expected one such as 'example.com'.").Select(d => d.ToLowerInvariant())],
            Suppression = leave.Text("suppression"),
            Consent = leave.Text("consent") is { } text ? columns.Source(text, leave.Find("consent")!.Value) : null,
        };
    }

    private CrmProfile? Profile(MapFields fields)
    {
        if (fields.Text("profile") is not { } name || profiles is null) return null;
        var place = fields.Find("profile")!.Value;
        try
        {
            if (profiles.Find(name) is { } profile) return profile;
            faults.At(place, $"'{name}' is not a profile. Expected {Words.Or(profiles.Names)}, or the name of a file in 'schemas/crm/' beside the jobs.{Nearest.Hint(name, profiles.Names)}");
        }
        catch (EtlException fault)
        {
            faults.At(place, fault.Message);
        }
        return null;
    }

    private void Judge(CrmProfile profile, YamlMap columns)
    {
        var headers = columns.Entries.Select(e => e.Key).ToList();
        foreach (var missing in profile.RequiredHeaders.Where(h => !headers.Contains(h)))
            faults.At(columns, $"Profile '{profile.Name}' takes no row without '{missing}'. Add a column of that header.");
        foreach (var group in profile.OneOf.Where(g => !g.Any(headers.Contains)))
            faults.At(columns, $"Profile '{profile.Name}' takes no row without {Words.Or(group)}. Add a column of such a header.");
        if (profile.AllowsOtherHeaders) return;
        var known = profile.Headers.Select(h => h.Name).ToList();
        foreach (var entry in columns.Entries.Where(e => !known.Contains(e.Key)))
            faults.AtKey(entry, $"'{entry.Key}' is not a header of profile '{profile.Name}', which takes no others.{Nearest.Hint(entry.Key, known)}");
    }

    private static bool IsDomain(string text) =>
        text.Length <= 253 && !text.StartsWith('.') && !text.EndsWith('.') && text.Contains('.', StringComparison.Ordinal) && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c is '@' or '/' or ',' or ';');
}
