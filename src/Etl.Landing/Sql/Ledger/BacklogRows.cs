using Etl.Core.Scheduling;

namespace Etl.Landing.Sql.Ledger;

/// <summary>An item of the backlog as it is stored; the look at what is due has an empty label.</summary>
internal sealed class BacklogRow
{
    /// <summary>Of the column <c>forced</c>, which is 0 for a plain item.</summary>
    public const long Forced = 1, Again = 2;

    public long Id { get; set; }
    public string Batch { get; set; } = "";
    public string Job { get; set; } = "";
    public string Label { get; set; } = "";
    public long Force { get; set; }
    public string AskedBy { get; set; } = "";
    public long? MostAtOnce { get; set; }
    public string AskedAt { get; set; } = "";
    public string? TakenBy { get; set; }
    public long Tries { get; set; }

    /// <summary>Items of the batch that were struck out as done.</summary>
    public long Turns { get; set; }

    public WorkItem Item => new(Job, Label.Length == 0 ? null : Label, Force == Forced, Force == Again);

    public BacklogItem ToItem() => new(Item, Batch, AskedBy, (int?)MostAtOnce, LedgerText.Instant(AskedAt)) { Id = Id, TakenBy = TakenBy, BatchDone = (int)Turns };
}

internal sealed class ServerRow
{
    public string Name { get; set; } = "";
    public string Engine { get; set; } = "";
    public long Workers { get; set; }
    public string? Url { get; set; }
    public string StartedAt { get; set; } = "";

    public ServerRecord ToRecord() => new(Name, Engine, (int)Workers, Url, LedgerText.Instant(StartedAt));
}

internal sealed class CancelRow
{
    public long Id { get; set; }
    public string Job { get; set; } = "";
    public string Label { get; set; } = "";

    public CancelOrder ToOrder() => new(Id, Job, Label);
}
