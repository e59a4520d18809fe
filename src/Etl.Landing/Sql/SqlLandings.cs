using System.Globalization;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing.Parquet;

namespace Etl.Landing.Sql;

/// <summary>
/// <c>etl_landing</c>: one row per table and window, written in the transaction that writes the rows, so that the record and the rows cannot
/// disagree. The target is the table's name in its own schema, whatever the connection is called.
/// </summary>
internal sealed class SqlLandings(SqlSession session, SqlTable table)
{
    /// <summary>Its columns. Builds before modes wrote neither <c>from_utc</c> nor <c>columns</c>.</summary>
    public static readonly SqlOwnTable Table = new(
        "etl_landing",
        ["target", "window"],
        [
            ("pull", ColumnType.Text), ("fence", ColumnType.Int64), ("rows", ColumnType.Int64), ("hash", ColumnType.Text), ("at", ColumnType.Timestamp),
        ],
        Later: [("from_utc", ColumnType.Timestamp), ("columns", ColumnType.Text)]);

    private readonly SqlDialect _dialect = session.Dialect;

    /// <summary>The record table, quoted.</summary>
    public string Quoted { get; } = session.Dialect.Quote(table.Beside(Table.Name));

    private string Window => _dialect.Quote("window");

    /// <exception cref="EtlException">The name is somebody else's table or view.</exception>
    public async Task<bool> ExistAsync(CancellationToken cancellation) => await Table.FindAsync(session, table, cancellation) is not null;

    /// <exception cref="EtlException">The name is somebody else's table or view.</exception>
    public Task MakeAsync(CancellationToken cancellation) => Table.MakeAsync(session, table, cancellation);

    public async Task<PublishedPull?> FindAsync(WindowKey key, CancellationToken cancellation)
    {
        var rows = await session.QueryAsync<(string Pull, long Fence, long Rows, string Hash)>(
            $"SELECT pull, fence, {_dialect.Quote("rows")}, hash FROM {Quoted} WHERE target = @target AND {Window} = @window",
            new { target = table.Name, window = key.ToString() },
            cancellation);
        return rows.Count == 0 ? null : new PublishedPull(rows[0].Pull, rows[0].Fence, rows[0].Rows, rows[0].Hash);
    }

    /// <summary>The columns with which a window landed; null where an older build recorded it.</summary>
    public async Task<TableSchema?> ColumnsAsync(WindowKey key, CancellationToken cancellation)
    {
        if (await Table.FindAsync(session, table, cancellation) is not { } there || there.All(c => c.Name != "columns")) return null;
        var json = await session.ScalarAsync<string?>(
            $"SELECT {_dialect.Quote("columns")} FROM {Quoted} WHERE target = @target AND {Window} = @window", new { target = table.Name, window = key.ToString() }, cancellation);
        return json is null ? null : SchemaText.Read(json);
    }

    /// <summary>
    /// When the next window behind an instant begins that landed here for the account: until then holds what landed at the instant. Null when there is none.
    /// </summary>
    public async Task<DateTimeOffset?> NextAsync(DateTimeOffset from, string? account, CancellationToken cancellation)
    {
        // job/source/account/label: with three slashes in all, the third part is the account.
        var match = account is null ? "" : $" AND {Window} LIKE @match";
        var next = await session.ScalarAsync<object?>(
            $"SELECT min(from_utc) FROM {Quoted} WHERE target = @target AND from_utc > @from{match}",
            new { target = table.Name, from = _dialect.Instant(from), match = $"%/%/{account}/%" },
            cancellation);
        return next is null or DBNull ? null : _dialect.ReadInstant(next);
    }

    /// <summary>
    /// Refuses a window beside windows of another length from the same job (days beside months, say): a reader of the table would count their
    /// rows twice.
    /// </summary>
    /// <exception cref="EtlException">The table has windows of another length.</exception>
    public async Task RefuseMixtureAsync(WindowKey key, CancellationToken cancellation)
    {
        var prefix = key.ToString()[..^key.Label.Length];
        var label = _dialect.Substring(Window, (prefix.Length + 1).ToString(CultureInfo.InvariantCulture));
        var (low, high) = key.Label.Length switch { <= 7 => (0, 7), <= 10 => (8, 10), _ => (11, 1_000) };
        var other = await session.ScalarAsync<string?>(
            $"""
            SELECT min({label}) FROM {Quoted}
            WHERE target = @target AND {_dialect.Substring(Window, "1", prefix.Length)} = @prefix AND NOT ({_dialect.Length(Window)} BETWEEN @low AND @high)
            """,
            new { target = table.Name, prefix, low = prefix.Length + low, high = prefix.Length + high },
            cancellation);
        if (other is not null)
            throw new EtlException(
                FaultKind.Usage,
                $"Could not land window '{key}' in table '{table}': the table also has window '{other}', of another length, and a reader would count rows twice. "
                + "Name another table in the job, or delete the old rows there and in 'etl_landing'. Nothing was changed.") { Code = "mixed-layout" };
    }

    /// <summary>
    /// Writes the account of its record into each row that landed before the table told accounts apart. Otherwise the first landing of an account
    /// that was added would take another one's rows for its own older ones.
    /// </summary>
    public async Task TellAccountsAsync(CancellationToken cancellation)
    {
        var windows = await session.QueryAsync<string>($"SELECT {Window} FROM {Quoted} WHERE target = @target", new { target = table.Name }, cancellation);
        var (account, label) = (_dialect.Quote(SystemColumns.Account.Name), _dialect.Quote(SystemColumns.Window.Name));
        foreach (var window in windows)
        {
            // job/source/account/label
            var parts = window.Split('/');
            await session.ExecuteAsync(
                $"UPDATE {_dialect.Quote(table)} SET {account} = @account WHERE {label} = @label AND {account} IS NULL",
                new { account = parts[^2], label = parts[^1] },
                cancellation);
        }
    }

    /// <summary>Forgets what is recorded of a table that is not there any more.</summary>
    public Task ForgetAsync(CancellationToken cancellation) =>
        session.ExecuteAsync($"DELETE FROM {Quoted} WHERE target = @target", new { target = table.Name }, cancellation);

    /// <summary>
    /// Records a landing. Records of the same rows under another key (a job that was renamed, say) go in the same breath: their rows have just
    /// been replaced.
    /// </summary>
    public async Task RecordAsync(WindowKey key, DateTimeOffset from, bool rowsHaveAccount, PullStamp stamp, TableSchema schema, DateTimeOffset at, CancellationToken cancellation)
    {
        var tail = rowsHaveAccount ? $"/{key.Account}/{key.Label}" : "/" + key.Label;
        await session.ExecuteAsync(
            $"DELETE FROM {Quoted} WHERE target = @target AND {_dialect.Length(Window)} > @length AND {_dialect.Substring(Window, $"{_dialect.Length(Window)} - @length + 1")} = @tail",
            new { target = table.Name, tail, length = tail.Length },
            cancellation);
        await Table.PutAsync(
            session,
            table,
            new Dictionary<string, object?>
            {
                ["target"] = table.Name,
                ["window"] = key.ToString(),
                ["pull"] = stamp.Pull,
                ["fence"] = stamp.Fence,
                ["rows"] = stamp.Rows,
                ["hash"] = stamp.ContentHash,
                ["at"] = _dialect.Instant(at),
                ["from_utc"] = _dialect.Instant(from),
                ["columns"] = SchemaText.Write(schema),
            },
            cancellation);
    }
}
