namespace Etl.Core.Alerts;

/// <summary>What an alert is about: a rule of a job at one account.</summary>
public readonly record struct AlertKey(string Job, string Alert, string Account)
{
    /// <summary><c>job/alert/account</c>.</summary>
    public override string ToString() => $"{Job}/{Alert}/{Account}";
}

/// <summary>How far a rule has come: firing or not, and what speaks for a change.</summary>
/// <param name="IsFiring">True while it fires.</param>
/// <param name="Run">Measurements in a row that speak for a change.</param>
/// <param name="RunSince">When the first of them was made; null when there is none.</param>
public readonly record struct AlertPhase(bool IsFiring, int Run = 0, DateTimeOffset? RunSince = null);

/// <summary>What was measured of one landed window.</summary>
/// <param name="Label">The window.</param>
/// <param name="From">When it begins.</param>
/// <param name="Pull">The pull that was measured.</param>
/// <param name="Value">What was measured; null for nothing.</param>
public sealed record AlertReading(string Label, DateTimeOffset From, string Pull, double? Value);

/// <summary>
/// All that is remembered of a rule at an account. It is stored as a whole: whoever changes it names the version that it was read with,
/// so of several servers that saw the same thing one tells it.
/// </summary>
public sealed record AlertState
{
    public required AlertKey Key { get; init; }

    /// <summary>Hash of the rule that it is about, see <see cref="AlertRule.Hash"/>.</summary>
    public required string RuleHash { get; init; }

    /// <summary>Grows with every change; 0 for one that is not stored yet.</summary>
    public long Version { get; init; }

    /// <summary>How far it has come.</summary>
    public AlertPhase Phase { get; init; }

    /// <summary>Since when it fires, or does not.</summary>
    public DateTimeOffset Since { get; init; }

    /// <summary>What was measured last; null for nothing.</summary>
    public double? Value { get; init; }

    /// <summary>The window that it was measured of; null for a measure of now.</summary>
    public string? Window { get; init; }

    /// <summary>Why it could not be measured; null when it could.</summary>
    public string? Fault { get; init; }

    /// <summary>What was measured of the newest landed windows, by their time.</summary>
    public IReadOnlyList<AlertReading> Readings { get; init; } = [];

    /// <summary>How far it had come before the first of <see cref="Readings"/>.</summary>
    public AlertPhase Before { get; init; }

    /// <summary>Windows that begin before this are in <see cref="Before"/> and not looked at again; null where there are none.</summary>
    public DateTimeOffset? BeforeUntil { get; init; }
}

/// <summary>An alert as people are shown it.</summary>
/// <param name="State">What is remembered.</param>
/// <param name="LastDelivery">The newest message about it that was tried; null when there was none.</param>
/// <param name="Waiting">Messages about it that wait for a channel.</param>
/// <param name="Dead">Messages about it that were given up.</param>
public sealed record AlertView(AlertState State, AlertDelivery? LastDelivery, int Waiting, int Dead);

/// <summary>A try to deliver a message.</summary>
/// <param name="Channel">The channel.</param>
/// <param name="Kind">What it said.</param>
/// <param name="State">How it stands.</param>
/// <param name="At">When it was delivered, or made where it is not.</param>
/// <param name="Fault">Why the latest try failed; null when it did not.</param>
public sealed record AlertDelivery(string Channel, AlertMessageKind Kind, OutboxState State, DateTimeOffset At, string? Fault);
