using Etl.Core.Alerts;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Pipeline.Serving;

namespace Etl.Server;

/// <summary>What the page, the API and the webhooks work with, put together by the composition root.</summary>
public sealed record ServerParts
{
    /// <summary>What they want of the running server.</summary>
    public required IServerDesk Desk { get; init; }

    /// <summary>What they show of one window.</summary>
    public required ILedger Ledger { get; init; }

    /// <summary>What they show of many windows; the ledger itself.</summary>
    public required ILedgerViews Views { get; init; }

    /// <summary>What was asked for out of turn, and who works on it; null where it is not kept.</summary>
    public IBacklog? Backlog { get; init; }

    /// <summary>What happens in this process while they look.</summary>
    public required RunFeed Feed { get; init; }

    /// <summary>How the alerts stand; null where the ledger keeps none.</summary>
    public IAlertStore? Alerts { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
