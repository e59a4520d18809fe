using System.Data.Common;
using System.Globalization;

namespace Etl.Testing.Ledger;

/// <summary>
/// A ledger as it stands after years: jobs of one source and account with a window for each day, each pulled and landed several times, with the records that
/// a real pull leaves (proof, checks, columns). Of the jobs with odd numbers one window in 100 is parked and a fifth was restated; of the others none was
/// restated and the oldest window alone is parked, so that what needs a look is far back. Nothing is due, so a server over it rests.
/// </summary>
/// <param name="Jobs">How many jobs; see <see cref="Name"/>.</param>
/// <param name="Windows">Windows of each job, the newest that of <paramref name="Last"/>.</param>
/// <param name="Pulls">Pulls of each window, all owed ones.</param>
/// <param name="Last">Day of the newest window, in UTC.</param>
public sealed record ManyWindows(int Jobs, int Windows, int Pulls, DateOnly Last)
{
    /// <summary>The account of all of them.</summary>
    public const string Account = "101";

    /// <summary>True to write the log of each pull too, which only the page of one window reads; it makes two thirds of all rows.</summary>
    public bool WithSteps { get; init; }

    /// <summary>Rows that each window publishes.</summary>
    public const int Rows = 523;

    private const int Patience = 600; // seconds

    private const string Checks = """[{"name":"quarantine","verdict":"pass","detail":"Every row could be typed."},{"name":"totals","verdict":"pass","detail":"5 sums equal the service\u0027s totals."},{"name":"bounds","verdict":"pass","detail":"6 totals lie within the bounds of their rows."},{"name":"keys","verdict":"pass","detail":"510 keys, each once. 13 rows without a resolved key are exempt."},{"name":"empty","verdict":"pass","detail":"523 rows."},{"name":"shrink","verdict":"pass","detail":"Nothing to compare with."},{"name":"schema","verdict":"pass","detail":"14 columns, all known."}]""";

    private const string Proof = """{"version":1,"chains":[{"part":"","pages":[{"number":1,"asked":12000,"rows":523,"totalCount":523,"bytes":61765,"sha256":"fdcc836846aead4ce269749ece931c832e125c825053ea9dd880579fc679b16c"}],"stop":"short-page-matches-total"}],"restarts":[],"splits":[],"notes":[],"knownEmpty":false,"gaps":null,"totals":{"unique_known_users":522,"unique_videos":173,"count_plays":2257,"sum_time_viewed":33262.837983333,"count_loads":3548,"count_viral":69,"unique_viewers":810,"sum_view_period":38747.5},"calls":1,"bytes":62158}""";

    private const string Columns = """[{"name":"name","type":"Text","key":true},{"name":"full_name","type":"Text"},{"name":"unique_videos","type":"Int64"},{"name":"count_plays","type":"Int64"},{"name":"sum_time_viewed","type":"Double"},{"name":"avg_time_viewed","type":"Double"},{"name":"avg_view_drop_off","type":"Double"},{"name":"count_loads","type":"Int64"},{"name":"load_play_ratio","type":"Double"},{"name":"avg_completion_rate","type":"Double"},{"name":"count_viral","type":"Int64"},{"name":"total_completion_rate","type":"Int64"},{"name":"sum_view_period","type":"Double"},{"name":"avg_view_period_time","type":"Double"}]""";

    private static readonly string[] s_states = ["leased", "pulling", "pulled", "staged", "committing", "landed"];

    /// <summary>Name of a job, from zero.</summary>
    public static string Name(int job) => string.Create(CultureInfo.InvariantCulture, $"job-{job:00}");

    /// <summary>Label of a window, from zero for the newest.</summary>
    public string Label(int window) => Last.AddDays(-window).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>Fills an empty ledger.</summary>
    /// <param name="connection">An open connection to SQLite or PostgreSQL; the ledger's tables are there.</param>
    public async Task FillAsync(DbConnection connection)
    {
        // SQLite and PostgreSQL spell only days differently. Rows lie in the order of the nights, as they would have come.
        var isSqlite = connection.GetType().Name.StartsWith("Sqlite", StringComparison.Ordinal);
        var parked = $"CASE WHEN CASE WHEN j % 2 = 0 THEN n = {Windows - 1} ELSE n % 100 = 7 END THEN";
        string Day(string days) => isSqlite ? $"date('{Label(0)}', (0 - ({days})) || ' days')" : $"to_char(date '{Label(0)}' - ({days})::int, 'YYYY-MM-DD')";
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(
            $"""
            INSERT INTO etl_window (job, source, account, label, from_utc, to_utc, state, fence, settled, landed_pull, landed_rows, landed_hash, landed_fence, landed_at,
                definition_hash, equal_pulls, failures, reason)
            WITH RECURSIVE day (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM day WHERE n < {Windows - 1}), job (j) AS (SELECT 0 UNION ALL SELECT j + 1 FROM job WHERE j < {Jobs - 1})
            SELECT 'job-' || substr('0' || j, length('0' || j) - 1), 'main', '{Account}', label, label || 'T00:00:00.0000000Z', tomorrow || 'T00:00:00.0000000Z',
                {parked} 'parked' ELSE 'landed' END, {Pulls}, {Pulls}, 'p-' || label || '-{Pulls}', {Rows}, 'hash', {Pulls}, tomorrow || 'T03:00:00.0000000Z', 'definition',
                1, {parked} 5 ELSE 0 END, {parked} 'The totals: the rows hold 2,257 plays, the service says 2,300.' END
            FROM (SELECT n, {Day("n")} AS label, {Day("n - 1")} AS tomorrow FROM day) d CROSS JOIN job
            ORDER BY n DESC, j
            """);
        await RunAsync("INSERT INTO etl_job (job, source, account, first_label) SELECT job, source, account, min(label) FROM etl_window GROUP BY job, source, account");
        await RunAsync(
            $"""
            INSERT INTO etl_pull (pull, job, source, account, label, fence, started_at, ended_at, row_count, content_hash, definition_hash, schema_json, proof_json, checks_json, quarantined)
            WITH RECURSIVE turn (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM turn WHERE k < {Pulls})
            SELECT 'p-' || label || '-' || k, job, source, account, label, k, substr(landed_at, 1, 11) || '02:59:58.0000000Z', landed_at, {Rows}, 'hash', 'definition', '{Columns}', '{Proof}', '{Checks}', 0
            FROM etl_window CROSS JOIN turn ORDER BY label, k, job
            """);
        await RunAsync(
            $"""
            INSERT INTO etl_landing_log (pull, job, source, account, label, target, location, fence, row_count, byte_count, outcome, landed_at, restated_added, restated_removed, restated_changed)
            SELECT pull, job, source, account, label, 'parquet:' || job, '/var/lib/etl/parquet/' || job || '/date=' || label || '/data.parquet', fence, {Rows}, 27565, 'landed', ended_at,
                CASE WHEN restates THEN 2 END, CASE WHEN restates THEN 0 END, CASE WHEN restates THEN 3 END
            FROM (SELECT p.*, fence > 1 AND substr(label, 9, 2) IN ('01', '06', '11', '16', '21', '26') AND substr(job, length(job)) IN ('1', '3', '5', '7', '9') AS restates FROM etl_pull p) p ORDER BY id
            """);
        if (WithSteps) await RunAsync(
            $"""
            INSERT INTO etl_step (job, source, account, label, fence, owner, state, pull, detail, at_utc)
            SELECT job, source, account, label, fence, 'host/4711/639309259041083172/1', state, pull, '', ended_at
            FROM etl_pull CROSS JOIN (SELECT 1 AS s, '{s_states[0]}' AS state {string.Concat(s_states.Skip(1).Select((w, i) => $"UNION ALL SELECT {i + 2}, '{w}' "))}) s ORDER BY id, s
            """);
        await transaction.CommitAsync();
        // PostgreSQL does this by itself within minutes.
        if (isSqlite) return;
        await using var vacuum = connection.CreateCommand();
        (vacuum.CommandText, vacuum.CommandTimeout) = ("VACUUM ANALYZE", Patience);
        await vacuum.ExecuteNonQueryAsync();

        async Task RunAsync(string sql)
        {
            await using var command = connection.CreateCommand();
            (command.CommandText, command.CommandTimeout, command.Transaction) = (sql, Patience, transaction);
            await command.ExecuteNonQueryAsync();
        }
    }
}
