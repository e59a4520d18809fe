using System.Text.Json;
using System.Text.Json.Serialization;
using Etl.Core.Alerts;
using Etl.Core.Ledger;
using Etl.Core.Windows;

namespace Etl.Landing.Sql.Ledger;

/// <summary>An alert as it is stored: the state as JSON beside its key and version. Members that a newer build adds have defaults, so an older state is read as it is.</summary>
internal sealed class AlertRow
{
    private static readonly JsonSerializerOptions s_json = new(JsonSerializerDefaults.Web)
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    };

    public string Job { get; set; } = "";
    public string Alert { get; set; } = "";
    public string Account { get; set; } = "";
    public long Version { get; set; }
    public string StateJson { get; set; } = "";

    public static string Write(AlertState state) => JsonSerializer.Serialize(state, s_json);

    public AlertState ToState() => JsonSerializer.Deserialize<AlertState>(StateJson, s_json)! with { Key = new AlertKey(Job, Alert, Account), Version = Version };
}

internal sealed class StandingRow
{
    public string Source { get; set; } = "";
    public string Account { get; set; } = "";
    public string? FirstLabel { get; set; }
    public string? LandedUntil { get; set; }
    public long Held { get; set; }
    public long Failed { get; set; }
    public long Attempts { get; set; }
    public long Parked { get; set; }

    public JobStanding ToStanding(string job) =>
        new(new JobKey(job, Source, Account), FirstLabel, LedgerText.InstantOrNull(LandedUntil), (int)Held, (int)Failed, (int)Attempts, (int)Parked);
}

internal sealed class LandedRow
{
    public string Label { get; set; } = "";
    public string FromUtc { get; set; } = "";
    public string ToUtc { get; set; } = "";
    public string Pull { get; set; } = "";
    public long RowTotal { get; set; }

    public LandedWindow ToWindow(JobKey job) => new(
        new WindowKey(job.Job, job.Source, job.Account, Label), LedgerText.Instant(FromUtc), LedgerText.Instant(ToUtc), Pull, RowTotal);
}

/// <summary>A message of the outbox, or how many of an alert stand alike.</summary>
internal sealed class OutboxRow
{
    public long Id { get; set; }
    public string MessageId { get; set; } = "";
    public string Job { get; set; } = "";
    public string Alert { get; set; } = "";
    public string Account { get; set; } = "";
    public string Channel { get; set; } = "";
    public string Kind { get; set; } = "";
    public string Subject { get; set; } = "";
    public string Body { get; set; } = "";
    public string State { get; set; } = "";
    public long Tries { get; set; }
    public string? Fault { get; set; }
    public long Age { get; set; }
    public string AtUtc { get; set; } = "";
    public long Number { get; set; }

    public AlertKey Key => new(Job, Alert, Account);

    public OutboxItem ToItem(string owner) => new(Id, owner, (int)Tries, TimeSpan.FromMilliseconds(Age), new AlertMessage
    {
        Id = MessageId, Key = Key, Channel = Channel, Kind = LedgerText.Read<AlertMessageKind>(Kind), Subject = Subject, Body = Body,
    });

    public AlertDelivery ToDelivery() =>
        new(Channel, LedgerText.Read<AlertMessageKind>(Kind), LedgerText.Read<OutboxState>(State), LedgerText.Instant(AtUtc), Fault);
}
