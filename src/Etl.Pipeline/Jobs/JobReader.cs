using System.Globalization;
using Etl.Core.Catalog;
using Etl.Core.Exports;
using Etl.Core.Jobs;
using Etl.Core.Windows;
using Etl.Pipeline.Jobs.Yaml;
using Etl.Pipeline.Live;

namespace Etl.Pipeline.Jobs;

/// <summary>Reads the map of one job file into a job (form: design section 8, <c>schemas/job.schema.json</c>).</summary>
internal sealed class JobReader(ICatalog catalog, ISourceRules? rules, ICrmProfiles? profiles, FaultList faults)
{
    /// <summary>The most windows that <c>lookback</c> may name.</summary>
    public const int MostLookback = 3660;

    /// <summary>The most that <c>attempts</c> may be; who wants more wants <c>off</c>.</summary>
    public const int MostAttempts = 1000;

    private static readonly string[] s_keys = ["job", "about", "schedule", "source", "sources", "window", "land", "derive", "checks", "schema", "freeze", "attempts", "raw", "pii", "alerts", "hooks", "actions"];

    /// <summary>Reads a job.</summary>
    public JobDraft Read(YamlMap root)
    {
        var draft = new JobDraft(faults);
        var job = new MapFields(root, "a job", s_keys, faults);
        job.Require("job", "Write 'job: nightly-content', for example.");
        draft.Name = job.Named("job", Names.IsJob, Names.JobRule);
        draft.NamePlace = job.Find("job")?.Value.Place ?? root.Place;

        var about = job.Text("about") ?? "";
        var window = Window(job);
        var schedule = Schedule(job, window.TimeZone);
        if (window.Every == WindowUnit.Minute && job.Find("schedule") is { } firing)
            faults.AtKey(firing, "A live job is not fired by a schedule: it runs while somebody watches. Leave 'schedule' out and run it with '--for 2h'.");
        var sources = new PersonalReader(faults).Read(job, Sources(job, window.Every == WindowUnit.Minute), window.Every == WindowUnit.Minute);
        var exports = new ExportReader(catalog, profiles, draft.Name, window.Every == WindowUnit.Minute, faults);
        draft.Land = new LandReader(sources, exports, faults).Read(job);
        var derive = new DeriveReader(faults).Read(job, draft);
        var checks = Checks(job, sources);
        var policy = job.Choice("schema", SchemaPolicy.Evolve, ("evolve", SchemaPolicy.Evolve), ("hold", SchemaPolicy.Hold), ("ignore", SchemaPolicy.Ignore));

        var raw = job.Text("raw") == "off"
            ? TimeSpan.Zero
            : job.Parsed("raw", JobDefinition.DefaultRaw, Measures.Duration, $"{Measures.DurationForm[..^1]}, or off.");

        var live = window.Every == WindowUnit.Minute;
        var freeze = CountOrOff(job, "freeze", JobDefinition.DefaultFreeze, MostLookback, "equal pulls", live);
        var attempts = CountOrOff(job, "attempts", JobDefinition.DefaultAttempts, MostAttempts, "attempts", live);
        var alerts = new AlertsReader(catalog, sources, draft.Land, faults).Read(job);

        var hooks = job.Choice<HookAim?>("hooks", null, ("due", HookAim.Due), ("window", HookAim.Window));
        if (hooks is not null && window.Every == WindowUnit.Minute)
            faults.AtKey(job.Find("hooks")!, "A live job is polled all the time, so there is nothing that a hook could ask for. Leave 'hooks' out.");

        var actions = new ActionsReader(faults).Read(job, live);
        if (draft.Name is not null)
            draft.Job = new JobDefinition
            {
                Name = draft.Name,
                About = about.Trim(),
                Schedule = schedule,
                Sources = [.. sources.Where(s => s.Spec is not null).Select(s => s.Spec!)],
                Window = window,
                Land = [.. draft.Land.Select(l => l.Spec)],
                Exports = exports.Exports,
                Derive = derive,
                Checks = checks,
                PulledTwice = live ? [] : PulledTwice(job, sources, draft.Land),
                Schema = policy,
                Freeze = freeze,
                Attempts = attempts,
                Alerts = alerts,
                // What 'pii' takes out stands in raw replies.
                Raw = sources.Any(s => s.Spec?.IsTreated == true) ? TimeSpan.Zero : raw,
                Hooks = hooks,
                Actions = actions,
                File = faults.File,
            };
        return draft;
    }

    private int? CountOrOff(MapFields job, string key, int fallback, int most, string what, bool live)
    {
        if (live)
        {
            if (job.Find(key) is { } entry) faults.AtKey(entry, $"A live minute cannot be asked for again, so a live job has no '{key}'. Leave it out.");
            return null;
        }
        if (job.Text(key) == "off") return null;
        return job.Parsed<int>(
            key,
            fallback,
            text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n >= 1 && n <= most ? n : null,
            string.Create(CultureInfo.InvariantCulture, $"Expected a whole number of {what} from 1 to {most}, or off."));
    }

    private WindowSpec Window(MapFields job)
    {
        var spec = new WindowSpec();
        if (job.Map("window") is not { } map) return spec;
        var window = new MapFields(map, "a window", ["every", "timezone", "lookback", "settle"], faults);
        var every = window.Choice("every", spec.Every, ("minute", WindowUnit.Minute), ("hour", WindowUnit.Hour), ("day", WindowUnit.Day), ("month", WindowUnit.Month));
        if (every == WindowUnit.Minute) return LiveWindow(window);
        return spec with
        {
            Every = every,
            TimeZone = Zone(window) ?? spec.TimeZone,
            Lookback = window.Whole("lookback", 1, MostLookback, spec.Lookback),
            Settle = window.Parsed("settle", spec.Settle, Measures.Duration, Measures.DurationForm),
        };
    }

    private WindowSpec LiveWindow(MapFields window)
    {
        if (Zone(window) is { } zone && zone != "UTC")
            faults.At(window.Find("timezone")!.Value, "Live minutes are cut in UTC: in other zones two minutes of the night that repeats an hour would have one label. Leave 'timezone' out.");
        if (window.Find("lookback") is { } lookback)
            faults.AtKey(lookback, "A live minute cannot be asked for again, so a live job has no 'lookback'. Leave it out; 'settle' says how long a minute waits for late points.");
        var settle = window.Parsed("settle", WindowSpec.LiveSettle, Measures.Duration, Measures.DurationForm);
        if (settle > LiveRunner.LateBound)
            faults.At(window.Find("settle")!.Value, "A live minute waits for at most 10m: no point is shown for longer.");
        return new WindowSpec { Every = WindowUnit.Minute, Lookback = 1, Settle = settle };
    }

    private ScheduleSpec? Schedule(MapFields job, string windowZone)
    {
        if (job.Map("schedule") is not { } map) return null;
        var schedule = new MapFields(map, "a schedule", ["cron", "timezone"], faults);
        schedule.Require("cron", "Write 'cron: \"15 2 * * *\"' for a quarter past two every night, for example.");
        var zone = Zone(schedule) ?? windowZone;
        if (schedule.Text("cron") is not { } cron) return null;
        if (CronFields.FindFault(cron) is { } fault) faults.At(schedule.Find("cron")!.Value, fault);
        return new ScheduleSpec(cron, zone);
    }

    private string? Zone(MapFields fields)
    {
        if (fields.Text("timezone") is not { } zone) return null;
        if (TimeZones.FindFault(zone) is not { } fault) return zone;
        faults.At(fields.Find("timezone")!.Value, fault);
        return null;
    }

    private List<SourceDraft> Sources(MapFields job, bool live)
    {
        var reader = new SourceReader(catalog, rules, faults);
        if (job.Has("source") && job.Has("sources"))
            faults.AtKey(job.Node.Entries.First(e => e.Key == "sources"), "A job has 'source' or 'sources', not both.");
        else if (!job.Has("source") && !job.Has("sources"))
            job.Require("source", "Write 'source: { report: 38, action: table }', for example, or 'sources' for several.");

        var drafts = new List<SourceDraft>();
        if (job.Map("source") is { } one) drafts.Add(reader.Read(SourceSpec.MainName, one, named: false));
        if (job.Map("sources") is not { } several)
        {
            drafts.ForEach(d => reader.AskLive(d, live));
            return drafts;
        }
        if (several.Entries.Count == 0) faults.At(several, "'sources' names no source.");
        foreach (var entry in several.Entries)
        {
            if (!Names.IsJob(entry.Key)) faults.AtKey(entry, $"'{entry.Key}' is not a name for a source. {Names.JobRule}");
            if (entry.Value is YamlText { IsNothing: true }) faults.AtKey(entry, $"Source '{entry.Key}' is empty.");
            else if (MapFields.MapOf(entry, $"Source '{entry.Key}'", faults) is { } map) drafts.Add(reader.Read(entry.Key, map, named: true));
            else drafts.Add(new SourceDraft(entry.Key, entry.Value, null, null, Named: true));
        }
        drafts.ForEach(d => reader.AskLive(d, live));
        return drafts;
    }

    private CheckSpec Checks(MapFields job, List<SourceDraft> sources)
    {
        var spec = new CheckSpec();
        if (job.Map("checks") is not { } map) return spec;
        var checks = new MapFields(map, "checks", ["totals", "tolerance", "keys", "shrink", "empty", "quarantine", "second-path"], faults);
        (string, CheckPolicy)[] policies = [("hold", CheckPolicy.Hold), ("warn", CheckPolicy.Warn), ("off", CheckPolicy.Off)];
        return spec with
        {
            Totals = checks.Choice("totals", spec.Totals, policies),
            Tolerance = checks.Parsed("tolerance", spec.Tolerance, Measures.Share, $"{Measures.PercentForm}."),
            Keys = checks.Choice("keys", spec.Keys, policies),
            ShrinkShare = checks.Text("shrink") == "off"
                ? null
                : checks.Parsed("shrink", spec.ShrinkShare!.Value, Measures.Share, $"{Measures.PercentForm}, or off."),
            Empty = checks.Choice("empty", spec.Empty, ("hold", CheckPolicy.Hold), ("accept", CheckPolicy.Off)),
            Quarantine = checks.Text("quarantine") == "off"
                ? null
                : checks.Parsed("quarantine", spec.Quarantine!.Value, Measures.Limit, $"{Measures.LimitForm}, or off."),
            SecondPath = SecondPath(checks, sources),
        };
    }

    // What an audit log says of a window for good is pulled twice, unless the job says something else.
    private List<string> PulledTwice(MapFields job, List<SourceDraft> sources, IReadOnlyList<LandDraft> land)
    {
        if (job.Find("checks")?.Value is YamlMap checks && checks.Entries.Any(e => e.Key == "second-path")) return [];
        var audited = land.Where(l => l.Spec is AuditLandSpec).Select(l => l.Spec.From).ToHashSet(StringComparer.Ordinal);
        return [.. sources.Select(s => s.Spec).OfType<SourceSpec>().Where(s => audited.Contains(s.Name) && rules?.FindSecondPathFault(s, SecondPathKind.Same) is null).Select(s => s.Name)];
    }

    private SecondPathKind? SecondPath(MapFields checks, List<SourceDraft> sources)
    {
        const string Key = "second-path";
        var kind = checks.Choice<SecondPathKind?>(
            Key, null, ("csv", SecondPathKind.Csv), ("table", SecondPathKind.Table), ("order", SecondPathKind.Order), ("same", SecondPathKind.Same), ("off", null));
        if (kind is null || rules is null) return kind;
        foreach (var source in sources)
        {
            if (source.Spec is { } spec && rules.FindSecondPathFault(spec, kind.Value) is { } fault)
                faults.At(checks.Find(Key)!.Value, source.Named ? $"Source '{source.Name}': {fault}" : fault);
        }
        return kind;
    }
}
