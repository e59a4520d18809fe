namespace Etl.Core.Exports;

/// <summary>One <c>export:</c> item of a job: leads joined from the rows of several sources, as files or posts for a CRM.</summary>
public sealed record ExportSpec
{
    /// <summary>Name, unique in the job: letters, digits, <c>_</c>, <c>-</c>. Files begin with it.</summary>
    public required string Name { get; init; }

    /// <summary>How the receiver wants its file: a ready-made profile, or the name of a file in <c>schemas/crm/</c>.</summary>
    public required string Profile { get; init; }

    /// <summary>Sources whose rows are joined, by name, and where they name the person. The first that has a value decides.</summary>
    public required IReadOnlyList<ExportSource> Sources { get; init; }

    /// <summary>What one row stands for: a person by e-mail, or by user id.</summary>
    public LeadBy By { get; init; } = LeadBy.Email;

    /// <summary>Windows that are joined: the latest so many closed ones; null for all that landed.</summary>
    public int? Windows { get; init; }

    /// <summary>Figures that are added up over a lead's rows, by name.</summary>
    public IReadOnlyList<LeadMeasure> Measures { get; init; } = [];

    /// <summary>How warm a lead is; null for no score.</summary>
    public ScoreSpec? Score { get; init; }

    /// <summary>Columns of the file in order.</summary>
    public required IReadOnlyList<ExportColumn> Columns { get; init; }

    /// <summary>Who is left out.</summary>
    public LeadFilter Leave { get; init; } = new();

    /// <summary>Which row of several with the same person gives a text column its value.</summary>
    public DuplicateRule Duplicates { get; init; } = DuplicateRule.Latest;

    /// <summary>Only rows that are new or changed since the last accepted export, or all of them each time.</summary>
    public bool Delta { get; init; } = true;

    /// <summary>Accepted when it was delivered; otherwise by <c>etl export ack</c>.</summary>
    public bool AcceptAtOnce { get; init; } = true;

    /// <summary>Cells that a spreadsheet would run are written as they are. Only where the receiver is no spreadsheet.</summary>
    public bool Raw { get; init; }

    /// <summary>Where it goes.</summary>
    public DeliverySpec Deliver { get; init; } = new FolderDelivery(null);
}

/// <summary>What a row of an export stands for.</summary>
public enum LeadBy
{
    /// <summary>A person by e-mail; rows that have a user id only find theirs through sources that have both.</summary>
    Email,
    /// <summary>A person by the service's user id.</summary>
    User,
}

/// <summary>Which row speaks for a person.</summary>
public enum DuplicateRule
{
    /// <summary>That of the newest window.</summary>
    Latest,
    /// <summary>That of the oldest.</summary>
    First,
}

/// <summary>A source of an export.</summary>
/// <param name="Source">Name in the job.</param>
/// <param name="Email">Its column with e-mail addresses; null when it has none.</param>
/// <param name="User">Its column with user ids; null when it has none.</param>
public sealed record ExportSource(string Source, string? Email, string? User);

/// <summary>How a measure is made.</summary>
public enum MeasureKind
{
    /// <summary>Rows.</summary>
    Count,
    /// <summary>Sum of a numeric column.</summary>
    Sum,
    /// <summary>Largest value.</summary>
    Max,
    /// <summary>Smallest value.</summary>
    Min,
}

/// <summary>A figure of a lead.</summary>
/// <param name="Name">Its name; no source has it.</param>
/// <param name="Kind">How it is made.</param>
/// <param name="Source">Rows of which source.</param>
/// <param name="Column">Its column; null for <see cref="MeasureKind.Count"/>.</param>
public sealed record LeadMeasure(string Name, MeasureKind Kind, string Source, string? Column)
{
    /// <summary>Only rows whose column has one of these values; null for all rows.</summary>
    public (string Column, IReadOnlyList<string> Values)? Where { get; init; }
}

/// <summary>A score: the weighted sum of measures, and tiers by percentile of the leads of the same cut.</summary>
/// <param name="Weights">Measure and weight.</param>
public sealed record ScoreSpec(IReadOnlyList<KeyValuePair<string, double>> Weights)
{
    /// <summary>Share of the leads that are Hot, 0 to 1.</summary>
    public double Hot { get; init; } = 0.1;

    /// <summary>Share that is Hot or Warm, 0 to 1.</summary>
    public double Warm { get; init; } = 0.4;

    /// <summary>Fewer leads than this get a score and no tier.</summary>
    public int Population { get; init; } = 20;
}

/// <summary>A column of the file.</summary>
/// <param name="Header">Header text.</param>
/// <param name="Value">Where its cells come from.</param>
public sealed record ExportColumn(string Header, ExportValue Value);

/// <summary>Where a cell comes from.</summary>
public abstract record ExportValue;

/// <summary>The same text in every row.</summary>
public sealed record ConstantValue(string Text) : ExportValue;

/// <summary>A column of a source, by the duplicate rule.</summary>
public sealed record SourceValue(string Source, string Column) : ExportValue;

/// <summary>A measure.</summary>
public sealed record MeasureValue(string Measure) : ExportValue;

/// <summary>What the export knows of a lead itself.</summary>
public sealed record LeadValue(LeadField Field) : ExportValue;

/// <summary>Fields that every lead has.</summary>
public enum LeadField
{
    /// <summary><c>email</c>: normalised.</summary>
    Email,
    /// <summary><c>user</c>: user id.</summary>
    User,
    /// <summary><c>score</c>.</summary>
    Score,
    /// <summary><c>score-parts</c>: such as <c>minutes 12 x 1 = 12; reactions 3 x 5 = 15</c>.</summary>
    ScoreParts,
    /// <summary><c>tier</c>: Hot, Warm or Cold; empty under the least population.</summary>
    Tier,
    /// <summary><c>lead-key</c>: stable id of the lead, so that a second delivery is harmless.</summary>
    Key,
}

/// <summary>Who is left out of an export.</summary>
public sealed record LeadFilter
{
    /// <summary>Domains of the sender's own people, lower case.</summary>
    public IReadOnlyList<string> Domains { get; init; } = [];

    /// <summary>File with one e-mail address, domain (<c>@example.com</c>) or user id a line; read at each cut. Relative to the jobs folder. Null for none.</summary>
    public string? Suppression { get; init; }

    /// <summary>Consent: only leads whose newest value of this column says yes; null where there is no such column.</summary>
    public SourceValue? Consent { get; init; }
}

/// <summary>Where an export goes.</summary>
public abstract record DeliverySpec;

/// <summary>A folder: under <c>&lt;data&gt;/exports/&lt;job&gt;/&lt;name&gt;</c>, or one that an SFTP server shows. Files are never half there.</summary>
/// <param name="Path">Null for the data folder.</param>
public sealed record FolderDelivery(string? Path) : DeliverySpec;

/// <summary>A named store for files.</summary>
public sealed record StoreDelivery(string Store) : DeliverySpec;

/// <summary>Signed posts in batches.</summary>
/// <param name="Webhook">Name of the receiver in the settings: <c>ETL_WEBHOOK_&lt;NAME&gt;</c>, as alerts name theirs.</param>
/// <param name="Batch">Leads a post, at least 1.</param>
public sealed record WebhookDelivery(string Webhook, int Batch = 500) : DeliverySpec;
