using Etl.Core.Alerts;
using Etl.Core.Exports;
using Etl.Core.Windows;

namespace Etl.Core.Jobs;

/// <summary>A job: what to pull, in which windows, how to check it and where to land it. One YAML file in <c>jobs/</c>.</summary>
public sealed record JobDefinition
{
    /// <summary>Default of <see cref="Raw"/>: a week, so that nightly jobs can be replayed and no disk fills for ever.</summary>
    public static readonly TimeSpan DefaultRaw = TimeSpan.FromDays(7);

    /// <summary>Raw replies of pulls that failed on their data are kept at least this long, whatever <see cref="Raw"/> says.</summary>
    public static readonly TimeSpan LeastFailedRaw = TimeSpan.FromDays(7);

    /// <summary>Default of <see cref="Freeze"/>, in pulls.</summary>
    public const int DefaultFreeze = 3;

    /// <summary>Default of <see cref="Attempts"/>.</summary>
    public const int DefaultAttempts = 5;

    /// <summary>Name: lower-case letters, digits and hyphens; unique over all files.</summary>
    public required string Name { get; init; }

    public string About { get; init; } = "";

    /// <summary>When it fires; null for jobs run by hand.</summary>
    public ScheduleSpec? Schedule { get; init; }

    /// <summary>Sources by name; a job with one <c>source:</c> has it under <see cref="SourceSpec.MainName"/>.</summary>
    public required IReadOnlyList<SourceSpec> Sources { get; init; }

    public required WindowSpec Window { get; init; }

    /// <summary>Where pulls land; every item takes rows of one source.</summary>
    public required IReadOnlyList<LandSpec> Land { get; init; }

    /// <summary>Tables that follow from landed ones, in the order in which they are made.</summary>
    public IReadOnlyList<DeriveSpec> Derive { get; init; } = [];

    /// <summary>What it changes at the service, where a person asks for it.</summary>
    public IReadOnlyList<ActionSpec> Actions { get; init; } = [];

    /// <summary>Leads that are made of what has landed; the rows that they need land by items of <see cref="Land"/>.</summary>
    public IReadOnlyList<ExportSpec> Exports { get; init; } = [];

    public CheckSpec Checks { get; init; } = new();

    /// <summary>
    /// Sources that are pulled a second time in the same way because they land in an audit log: all of these, but for those whose rows move
    /// between any two pulls. Empty where the job says itself what <c>checks.second-path</c> is.
    /// </summary>
    public IReadOnlyList<string> PulledTwice { get; init; } = [];

    /// <summary>What happens to columns that the schema does not know.</summary>
    public SchemaPolicy Schema { get; init; } = SchemaPolicy.Evolve;

    /// <summary>
    /// How long the raw replies of complete pulls are kept for replay; zero keeps none. Longer costs disk: roughly a fifth
    /// to a tenth of the bytes that the service sent, once for equal replies.
    /// </summary>
    public TimeSpan Raw { get; init; } = DefaultRaw;

    /// <summary>
    /// How many latest pulls with the same content make a window frozen: it is not pulled any more, and a forced pull that differs is held;
    /// null never. Fewer settles sooner and stops more late changes for a person's word; windows are pulled <see cref="WindowSpec.Lookback"/>
    /// times anyway, so more than that is never reached without force.
    /// </summary>
    public int? Freeze { get; init; } = DefaultFreeze;

    /// <summary>
    /// How many attempts in a row may fail by a fault of the window itself, or kill their process, before the window is parked; null never. Fewer spares
    /// the service and the log; more survives troubles that come back a few times and then go.
    /// </summary>
    public int? Attempts { get; init; } = DefaultAttempts;

    /// <summary>When people are told.</summary>
    public IReadOnlyList<AlertRule> Alerts { get; init; } = [];

    /// <summary>What a hook asks of the job; null when the job takes none.</summary>
    public HookAim? Hooks { get; init; }

    /// <summary>True for a job that is polled while time passes instead of asked for windows of the past.</summary>
    public bool IsLive => Window.Every == WindowUnit.Minute;

    /// <summary>True when pulls of a source land in an audit log, which takes their raw replies too.</summary>
    public bool IsAudited(string source) => Land.Any(l => l is AuditLandSpec && l.From == source);

    /// <summary>The way by which windows of a source are pulled a second time; null for once only.</summary>
    public SecondPathKind? SecondPathOf(string source) => Checks.SecondPath ?? (PulledTwice.Contains(source, StringComparer.Ordinal) ? SecondPathKind.Same : null);

    /// <summary>The file it was read from, for messages.</summary>
    public string File { get; init; } = "";

    /// <summary>SHA-256 of the text it was read from, hex: the same text is the same job.</summary>
    public string TextHash { get; init; } = "";
}

/// <summary>A recurring trigger.</summary>
/// <param name="Cron">Five fields, or six with leading seconds.</param>
/// <param name="TimeZone">IANA id.</param>
public sealed record ScheduleSpec(string Cron, string TimeZone);

/// <summary>What a hook asks of a job.</summary>
public enum HookAim
{
    /// <summary>Look what is due.</summary>
    Due,
    /// <summary>Pull the window that holds the event's time: at once, even if it has landed, or when it closes.</summary>
    Window,
}

/// <summary>What becomes of a column that neither the catalogue nor an earlier landing knows, and of one that is not sent any more.</summary>
public enum SchemaPolicy
{
    /// <summary>Add the new one, as text. The one that is gone lands as null, with a warning.</summary>
    Evolve,
    /// <summary>Hold the pull.</summary>
    Hold,
    /// <summary>Keep the values of the new one in <c>_extra</c>. The one that is gone lands as null, with a warning.</summary>
    Ignore,
}

/// <summary>How time is cut for a job.</summary>
public sealed record WindowSpec
{
    /// <summary>Default of <see cref="Lookback"/>, in windows.</summary>
    public const int DefaultLookback = 3;

    /// <summary>Default of <see cref="Settle"/>.</summary>
    public static readonly TimeSpan DefaultSettle = TimeSpan.FromHours(2);

    /// <summary>Default of <see cref="Settle"/> in a live job: a point is seen by polls until 110 seconds after its time.</summary>
    public static readonly TimeSpan LiveSettle = TimeSpan.FromMinutes(2);

    public WindowUnit Every { get; init; } = WindowUnit.Day;

    /// <summary>IANA id of the zone whose days are cut.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>How many of the latest closed windows every run pulls again; at least 1.</summary>
    public int Lookback { get; init; } = DefaultLookback;

    /// <summary>
    /// How long after its end a window closes. In a live job: how long a minute waits for late points before it lands. Shorter lands
    /// sooner and lands again when a point comes late; longer costs nothing but the wait.
    /// </summary>
    public TimeSpan Settle { get; init; } = DefaultSettle;
}

/// <summary>What to do when a check fails.</summary>
public enum CheckPolicy
{
    Hold,
    Warn,
    Off,
}

/// <summary>Other ways to the rows of a source, for the check <c>second-path</c>.</summary>
public enum SecondPathKind
{
    /// <summary>A table as a report file.</summary>
    Csv,
    /// <summary>A report file as a table.</summary>
    Table,
    /// <summary>The same way in the opposite order and, for a table, on smaller pages.</summary>
    Order,
    /// <summary>The same way once more.</summary>
    Same,
}

/// <summary>The checks of a pull.</summary>
public sealed record CheckSpec
{
    /// <summary>Default of <see cref="Tolerance"/>: 0.1 %.</summary>
    public const double DefaultTolerance = 0.001;

    /// <summary>Default of <see cref="ShrinkShare"/>: 50 %.</summary>
    public const double DefaultShrinkShare = 0.5;

    /// <summary>Sums of additive columns against the service's own totals.</summary>
    public CheckPolicy Totals { get; init; } = CheckPolicy.Hold;

    /// <summary>Allowed relative difference between a sum and its total, 0 to 1.</summary>
    public double Tolerance { get; init; } = DefaultTolerance;

    /// <summary>No key twice.</summary>
    public CheckPolicy Keys { get; init; } = CheckPolicy.Hold;

    /// <summary>A pull with fewer rows than (1 - share) of the landed one is held; null switches the check off.</summary>
    public double? ShrinkShare { get; init; } = DefaultShrinkShare;

    /// <summary>A known-empty pull over landed rows: <see cref="CheckPolicy.Hold"/>, or <see cref="CheckPolicy.Off"/> to accept it.</summary>
    public CheckPolicy Empty { get; init; } = CheckPolicy.Hold;

    /// <summary>A pull with more rows in quarantine than this is held; with fewer it warns. Null switches the check off.</summary>
    public QuarantineLimit? Quarantine { get; init; } = QuarantineLimit.Default;

    /// <summary>Pull the window again by another path and hold it when the rows differ; null switches the check off.</summary>
    public SecondPathKind? SecondPath { get; init; }
}
