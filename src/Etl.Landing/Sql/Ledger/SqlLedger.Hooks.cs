using Dapper;
using Etl.Core.Hooks;

namespace Etl.Landing.Sql.Ledger;

public abstract partial class SqlLedger : IHookInbox
{
    /// <summary>Stores a hook unless its id is there.</summary>
    private protected virtual string InsertHook =>
        """
        INSERT INTO etl_hook (job, hook, label, forced, taken_at, ask_at, passed_on)
        VALUES (@Job, @Id, @Label, @forced, @taken, @ask, 0) ON CONFLICT (job, hook) DO NOTHING
        """;

    /// <inheritdoc/>
    public Task<bool> TryKeepAsync(KeptHook hook, CancellationToken cancellation) =>
        WriteAsync($"keep a hook of '{hook.Job}'", async (connection, transaction) =>
        {
            await connection.ExecuteAsync(
                "DELETE FROM etl_hook WHERE passed_on = 1 AND taken_at < @old", new { old = LedgerText.Of(hook.TakenAt - IHookInbox.Memory) }, transaction);
            var kept = await connection.ExecuteAsync(
                InsertHook,
                new { hook.Job, hook.Id, hook.Label, forced = hook.Force ? 1 : 0, taken = LedgerText.Of(hook.TakenAt), ask = LedgerText.Of(hook.AskAt) },
                transaction);
            return kept == 1;
        }, cancellation);

    /// <inheritdoc/>
    public Task<IReadOnlyList<KeptHook>> WaitingAsync(DateTimeOffset now, CancellationToken cancellation) =>
        ReadAsync<IReadOnlyList<KeptHook>>("list hooks that wait", async connection =>
        {
            var rows = await connection.QueryAsync<HookRow>(
                $"SELECT {HookRow.Columns} FROM etl_hook WHERE passed_on = 0 AND ask_at <= @now ORDER BY taken_at", new { now = LedgerText.Of(now) });
            return [.. rows.Select(r => r.ToRecord())];
        }, cancellation);

    /// <inheritdoc/>
    public Task PassedOnAsync(IReadOnlyList<KeptHook> hooks, CancellationToken cancellation) =>
        WriteAsync("note that hooks were passed on", async (connection, transaction) =>
        {
            await connection.ExecuteAsync("UPDATE etl_hook SET passed_on = 1 WHERE job = @Job AND hook = @Id", hooks.Select(h => new { h.Job, h.Id }), transaction);
        }, cancellation);

    private sealed class HookRow
    {
        public const string Columns = "job AS Job, hook AS Id, label AS Label, forced AS Forced, taken_at AS TakenAt, ask_at AS AskAt";

        public string Job { get; set; } = "";
        public string Id { get; set; } = "";
        public string? Label { get; set; }
        public long Forced { get; set; }
        public string TakenAt { get; set; } = "";
        public string AskAt { get; set; } = "";

        public KeptHook ToRecord() => new(Job, Id, Label, Forced != 0, LedgerText.Instant(TakenAt), LedgerText.Instant(AskAt));
    }
}
