using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Core.Windows;

namespace Etl.Landing.Sql;

/// <summary>
/// The rows of one window in a table: those with its label and, where the table tells accounts apart, with its account or none (rows that no
/// record speaks of, from before the table told accounts apart).
/// </summary>
internal sealed class SqlWindowRows(SqlSession session, SqlTableShape shape, WindowKey key)
{
    private readonly SqlDialect _dialect = session.Dialect;

    /// <summary>Condition that a row belongs to the window; takes <see cref="Arguments"/>.</summary>
    public string Match => $"{Column(SystemColumns.Window)} = @label" + (shape.HasAccount ? $" AND ({Column(SystemColumns.Account)} = @account OR {Column(SystemColumns.Account)} IS NULL)" : "");

    private string OfPull => $" AND {Column(SystemColumns.Pull)} = @pull";

    // Rows that this very transaction loaded are not the published ones.
    private string Others => _dialect.WrittenHere is { } here ? $" AND NOT ({here})" : "";

    /// <summary>Deletes what the window had; of <paramref name="pullOnly"/> only, when given. Rows that this transaction loaded stay.</summary>
    public async Task DeleteAsync(string pull, bool pullOnly, CancellationToken cancellation)
    {
        var rows = $"{Match}{(pullOnly ? OfPull : "")}{Others}";
        if (await session.Warehouse.RowNumberAsync(session, shape, cancellation) is { } number) rows = $"{number} IN (SELECT {number} FROM {shape.Quoted} WHERE {rows} ORDER BY {number})";
        await session.ExecuteAsync($"DELETE FROM {shape.Quoted} WHERE {rows}", Arguments(pull), cancellation);
    }

    /// <summary>
    /// True when the window holds exactly the rows that a record speaks of: no others where it is replaced as a whole, any others where every
    /// pull's rows are kept. Where rows of windows meet (merge, history) nobody can count them, and the record is trusted.
    /// </summary>
    public async Task<bool> AreThoseOfAsync(PublishedPull record, LandMode mode, CancellationToken cancellation)
    {
        if (!shape.Exists) return false;
        if (mode is LandMode.Merge or LandMode.History) return true;
        return await CountAsync(OfPull + Others, record.Pull, cancellation) == record.Rows
            && (mode == LandMode.Append || await CountAsync(Others, record.Pull, cancellation) == record.Rows);
    }

    /// <summary>Rows of the window that came with one pull, those of this transaction included.</summary>
    public Task<long> CountAsync(string pull, CancellationToken cancellation) => CountAsync(OfPull, pull, cancellation);

    private Task<long> CountAsync(string more, string pull, CancellationToken cancellation) =>
        session.ScalarAsync<long>($"SELECT count(*) FROM {shape.Quoted} WHERE {Match}{more}", Arguments(pull), cancellation);

    private object Arguments(string pull) => new { label = key.Label, account = key.Account, pull };

    private string Column(Column column) => _dialect.Quote(column.Name);
}
