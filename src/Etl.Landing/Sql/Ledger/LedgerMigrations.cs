namespace Etl.Landing.Sql.Ledger;

/// <summary>
/// The ledger's tables as numbered steps. A step that shipped is never edited: a change is a new step at the end.
/// The words in braces are the few types that databases spell differently.
/// </summary>
internal static class LedgerMigrations
{
    /// <summary>Number of the newest step; the version of a ledger that this build writes.</summary>
    public static int Latest => s_steps.Length;

    /// <summary>Picks windows that wait for a person or a better night. Who asks for them in these very words is answered by an index of their own.</summary>
    public const string Attention = "state IN ('held', 'failed', 'unknown', 'parked')";

    private const string Tally = "CREATE INDEX ix_etl_window_tally ON etl_window (job, source, account, state, landed_rows, to_utc)";

    private static readonly string[][] s_steps =
    [
        // 1: the tables.
        [
            """
            CREATE TABLE etl_job (
                job {name} NOT NULL, source {name} NOT NULL, account {name} NOT NULL,
                first_label {name} NOT NULL,
                PRIMARY KEY (job, source, account))
            """,
            """
            CREATE TABLE etl_window (
                job {name} NOT NULL, source {name} NOT NULL, account {name} NOT NULL, label {name} NOT NULL,
                from_utc {name} NOT NULL, to_utc {name} NOT NULL,
                state {name} NOT NULL,
                fence BIGINT NOT NULL, owner {name} NULL, lease_until BIGINT NULL,
                settled BIGINT NOT NULL,
                landed_pull {name} NULL, landed_rows BIGINT NULL, landed_hash {name} NULL,
                landed_fence BIGINT NOT NULL, landed_at {name} NULL, definition_hash {name} NULL,
                held_pull {name} NULL,
                equal_pulls BIGINT NOT NULL, failures BIGINT NOT NULL, reason {text} NULL,
                PRIMARY KEY (job, source, account, label))
            """,
            """
            CREATE TABLE etl_pull (
                id {identity}, pull {name} NOT NULL,
                job {name} NOT NULL, source {name} NOT NULL, account {name} NOT NULL, label {name} NOT NULL,
                fence BIGINT NOT NULL, started_at {name} NOT NULL, ended_at {name} NOT NULL,
                row_count BIGINT NOT NULL, content_hash {name} NOT NULL, definition_hash {name} NOT NULL,
                schema_json {text} NOT NULL, proof_json {text} NOT NULL, checks_json {text} NOT NULL,
                quarantined BIGINT NOT NULL)
            """,
            """
            CREATE TABLE etl_landing_log (
                id {identity}, pull {name} NOT NULL,
                job {name} NOT NULL, source {name} NOT NULL, account {name} NOT NULL, label {name} NOT NULL,
                target {name} NOT NULL, location {text} NOT NULL, fence BIGINT NOT NULL,
                row_count BIGINT NOT NULL, byte_count BIGINT NULL, outcome {name} NOT NULL, landed_at {name} NOT NULL)
            """,
            """
            CREATE TABLE etl_step (
                id {identity},
                job {name} NOT NULL, source {name} NOT NULL, account {name} NOT NULL, label {name} NOT NULL,
                fence BIGINT NOT NULL, owner {name} NOT NULL, state {name} NOT NULL, pull {name} NULL,
                detail {text} NOT NULL, at_utc {name} NOT NULL)
            """,
        ],
        // 2: the history of one window is read by its key, and a pull is recorded once.
        [
            "CREATE UNIQUE INDEX ux_etl_pull ON etl_pull (job, source, account, label, pull)",
            "CREATE INDEX ix_etl_landing_log ON etl_landing_log (job, source, account, label)",
            "CREATE INDEX ix_etl_step ON etl_step (job, source, account, label)",
        ],
        // 3: at most one handle of an unfinished request per window.
        [
            """
            CREATE TABLE etl_handle (
                job {name} NOT NULL, source {name} NOT NULL, account {name} NOT NULL, label {name} NOT NULL,
                definition_hash {name} NOT NULL, handle {text} NULL, made_at {name} NOT NULL,
                not_before {name} NULL, reason {text} NULL,
                PRIMARY KEY (job, source, account, label))
            """,
        ],
        // 4: how many rows a landing restated.
        [
            "ALTER TABLE etl_landing_log ADD restated_added BIGINT NULL",
            "ALTER TABLE etl_landing_log ADD restated_removed BIGINT NULL",
            "ALTER TABLE etl_landing_log ADD restated_changed BIGINT NULL",
        ],
        // 5: strikes against a window.
        [
            "ALTER TABLE etl_window ADD strikes BIGINT DEFAULT 0 NOT NULL",
        ],
        // 6: who watches asks for the newest of a job.
        [
            "CREATE INDEX ix_etl_window_newest ON etl_window (job, from_utc)",
            "CREATE INDEX ix_etl_window_state ON etl_window (job, state)",
            "CREATE INDEX ix_etl_pull_newest ON etl_pull (job, id)",
            "CREATE INDEX ix_etl_landing_newest ON etl_landing_log (job, id)",
        ],
        // 7: what is remembered of alerts, and their messages.
        [
            """
            CREATE TABLE etl_alert (
                job {name} NOT NULL, alert {name} NOT NULL, account {name} NOT NULL,
                version BIGINT NOT NULL, state_json {text} NOT NULL,
                PRIMARY KEY (job, alert, account))
            """,
            """
            CREATE TABLE etl_outbox (
                id {identity}, message_id {name} NOT NULL,
                job {name} NOT NULL, alert {name} NOT NULL, account {name} NOT NULL,
                channel {name} NOT NULL, kind {name} NOT NULL, subject {text} NOT NULL, body {text} NOT NULL,
                state {name} NOT NULL, tries BIGINT NOT NULL, fault {text} NULL,
                made_at BIGINT NOT NULL, due_at BIGINT NOT NULL, at_utc {name} NOT NULL,
                owner {name} NULL, owned_until BIGINT NULL)
            """,
            "CREATE INDEX ix_etl_outbox ON etl_outbox (state, job, alert, account, channel)",
        ],
        // 8: hooks that were taken: ids that are not taken again, and questions that are not passed on yet.
        [
            """
            CREATE TABLE etl_hook (
                job {name} NOT NULL, hook {name} NOT NULL, label {name} NULL, forced BIGINT NOT NULL,
                taken_at {name} NOT NULL, ask_at {name} NOT NULL, passed_on BIGINT NOT NULL,
                PRIMARY KEY (job, hook))
            """,
            "CREATE INDEX ix_etl_hook ON etl_hook (passed_on, ask_at)",
        ],
        // 9: when the next calls of an account may be made.
        [
            "CREATE TABLE etl_call_budget (account {name} NOT NULL, next_at BIGINT NOT NULL, paused_until BIGINT NOT NULL, PRIMARY KEY (account))",
        ],
        // 10: what was asked for out of turn, and the servers that work on it.
        [
            "CREATE TABLE etl_batch (batch {name} NOT NULL PRIMARY KEY, asked_by {name} NOT NULL, most_at_once BIGINT NULL, asked_at {name} NOT NULL, turns BIGINT NOT NULL)",
            """
            CREATE TABLE etl_backlog (
                id {identity}, batch {name} NOT NULL,
                job {name} NOT NULL, label {name} NOT NULL, forced BIGINT NOT NULL,
                taken_by {name} NULL, not_before BIGINT NOT NULL, tries BIGINT NOT NULL)
            """,
            "CREATE UNIQUE INDEX ux_etl_backlog ON etl_backlog (job, label, forced)",
            "CREATE INDEX ix_etl_backlog ON etl_backlog (batch, taken_by)",
            "CREATE TABLE etl_cancel (id {identity}, job {name} NOT NULL, label {name} NOT NULL, told_at BIGINT NOT NULL)",
            """
            CREATE TABLE etl_server (
                name {name} NOT NULL PRIMARY KEY, engine {name} NOT NULL, workers BIGINT NOT NULL, url {text} NULL,
                started_at {name} NOT NULL, alive_until BIGINT NOT NULL)
            """,
            "CREATE TABLE etl_live (job {name} NOT NULL PRIMARY KEY, server {name} NOT NULL)",
        ],

        // 11: who must act on a window that failed.
        [
            "ALTER TABLE etl_window ADD exit_code BIGINT NULL",
        ],

        // 12: files of exports, and the last number that each export took.
        [
            "CREATE TABLE etl_export_number (job {name} NOT NULL, export {name} NOT NULL, last_number BIGINT NOT NULL, PRIMARY KEY (job, export))",
            """
            CREATE TABLE etl_export (
                job {name} NOT NULL, export {name} NOT NULL, number BIGINT NOT NULL,
                state {name} NOT NULL, made_at {name} NOT NULL, file_name {text} NOT NULL,
                byte_count BIGINT NOT NULL, row_count BIGINT NOT NULL, sha256 {name} NOT NULL,
                inputs {name} NOT NULL, leads {name} NOT NULL, batches BIGINT NOT NULL, accepted_at {name} NULL,
                PRIMARY KEY (job, export, number))
            """,
        ],

        // 13: who watches many windows reads no row of theirs to count them, and none in vain for the few that need a look.
        [
            Tally,
            $"CREATE INDEX ix_etl_window_attention ON etl_window (job, from_utc, state) WHERE {Attention}",
            "CREATE INDEX ix_etl_landing_restated ON etl_landing_log (job, id) WHERE restated_added IS NOT NULL",
        ],
    ];

    /// <summary>Statements that lead from one version to the next, in a database's own words.</summary>
    public static IEnumerable<string> StepsAfter(int version, LedgerTypes types) =>
        StepsBetween(version, Latest, types);

    /// <summary>Statements of the steps after <paramref name="version"/> up to <paramref name="to"/>.</summary>
    public static IEnumerable<string> StepsBetween(int version, int to, LedgerTypes types) =>
        s_steps[version..to].SelectMany(s => s).Where(s => types.CountsFromIndex || s != Tally).Select(types.Spell);
}

/// <summary>How a database spells the ledger's types.</summary>
/// <param name="Name">Short text that may be part of a key, compared byte by byte.</param>
/// <param name="Text">Text of any length.</param>
/// <param name="Identity">A growing 64-bit primary key.</param>
internal sealed record LedgerTypes(string Name, string Text, string Identity)
{
    /// <summary>False where windows are counted as fast without an index, which would only make leases slower.</summary>
    public bool CountsFromIndex { get; init; } = true;

    public string Spell(string sql) =>
        sql.Replace("{name}", Name, StringComparison.Ordinal)
            .Replace("{text}", Text, StringComparison.Ordinal)
            .Replace("{identity}", Identity, StringComparison.Ordinal);
}
