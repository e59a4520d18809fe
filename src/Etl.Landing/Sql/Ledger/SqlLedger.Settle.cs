using Dapper;
using Etl.Core.Ledger;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger
{
    private const string Release = "state = @state, owner = NULL, lease_until = NULL, settled = COALESCE(@settled, settled), strikes = COALESCE(@strikes, strikes), exit_code = @exit";

    private const string Failed = "failures = failures + 1, reason = @reason";

    // The pull that is landed already may be settled again after a crash: it is not one more equal pull.
    private const string SetLanded = """
        equal_pulls = CASE WHEN landed_pull = @pull THEN equal_pulls WHEN landed_hash = @hash THEN equal_pulls + 1 ELSE 1 END,
        landed_pull = @pull, landed_rows = @rows, landed_hash = @hash, landed_fence = @stampFence, definition_hash = @definition,
        held_pull = NULL, failures = 0, reason = NULL
        """;

    /// <inheritdoc/>
    public Task SettleAsync(Lease lease, Settlement settlement, CancellationToken cancellation)
    {
        var stamp = settlement.Stamp;
        var landed = settlement.State is WindowState.Landed or WindowState.Frozen && stamp is not null; // Frozen without a stamp: as it was before
        if (settlement.State is WindowState.Landed or WindowState.Held && stamp is null)
            throw new ArgumentException($"A window settled as {settlement.State} needs the stamp of its pull.", nameof(settlement));
        var change = settlement.State switch
        {
            _ when landed => SetLanded + $", landed_at = {NowText}",
            WindowState.Held => "held_pull = @pull, reason = @reason",
            WindowState.Failed => Failed,
            // Without a number of its own it is parked as it was before.
            WindowState.Parked when settlement.Strikes is not null => Failed,
            _ => "reason = @reason",
        };
        return WriteAsync($"settle window '{lease.Key}'", async (connection, transaction) =>
        {
            var parameters = With(lease, new
            {
                state = LedgerText.Of(settlement.State),
                settled = (long?)settlement.Settled,
                strikes = landed || settlement.State == WindowState.Held ? 0 : (long?)settlement.Strikes,
                reason = LedgerText.Words(settlement.Reason),
                exit = settlement.State == WindowState.Failed ? (long?)settlement.ExitCode : null,
                pull = stamp?.Pull,
                rows = stamp?.Rows,
                hash = stamp?.ContentHash,
                stampFence = stamp?.Fence,
                definition = stamp?.DefinitionHash,
            });
            await ChangeAsync(connection, transaction, lease, $"UPDATE etl_window SET {Release}, {change} WHERE {LeaseMatch}", parameters);
            if (landed || settlement.State == WindowState.Held) await DeleteHandleAsync(connection, transaction, lease);
            await AddStepAsync(connection, transaction, lease, settlement.State, stamp?.Pull, settlement.Reason ?? "");
        }, cancellation);
    }
}
