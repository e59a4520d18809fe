using System.Reflection;
using Etl.Core.Ledger;
using Etl.Testing.Ledger;
using Etl.Testing.Simulation;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>The ledger of the simulation does what every ledger does: otherwise it would simulate something else.</summary>
public sealed class SimLedgerTests : LedgerContract
{
    private readonly IWholeLedger _ledger = OneAtATime.Over(SimLedger.Of(() => TimeProvider.System.GetUtcNow()));

    /// <summary>What the contract asks of a ledger.</summary>
    public interface IWholeLedger : ILedger, ILedgerViews;

    protected override Task<ILedger> OpenAsync() => Task.FromResult<ILedger>(_ledger);

    /// <summary>The simulation's workers take turns on one thread, so that its ledger needs no locks; the contract's threads are made to take turns too.</summary>
    public class OneAtATime : DispatchProxy
    {
        private readonly Lock _turn = new();
        private SimLedger _inner = null!;

        public static IWholeLedger Over(SimLedger inner)
        {
            var ledger = Create<IWholeLedger, OneAtATime>();
            ((OneAtATime)(object)ledger)._inner = inner;
            return ledger;
        }

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            lock (_turn) return targetMethod!.Invoke(_inner, BindingFlags.DoNotWrapExceptions, null, args, null);
        }
    }
}
