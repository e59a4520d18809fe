using Etl.Core.Ledger;
using Etl.Testing.Ledger;
using Etl.Testing.Simulation;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>The ledger of the simulation does what every ledger does: otherwise it would simulate something else.</summary>
public sealed class SimLedgerTests : LedgerContract
{
    private readonly SimLedger _ledger = SimLedger.Of(() => TimeProvider.System.GetUtcNow());

    protected override Task<ILedger> OpenAsync() => Task.FromResult<ILedger>(_ledger);
}
