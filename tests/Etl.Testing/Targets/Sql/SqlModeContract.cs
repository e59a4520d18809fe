using Etl.Core.Columns;
using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Testing.Rows;

namespace Etl.Testing.Targets.Sql;

/// <summary>What the suites of single modes share: a bench, and pulls made of a few words.</summary>
public abstract class SqlModeContract : IAsyncLifetime
{
    protected const string Table = "content";

    private SqlBench? _bench;
    private int _pulls;

    protected SqlBench Bench => _bench!;

    protected abstract LandMode Mode { get; }

    protected TableLandSpec Land => new() { Table = Table, Key = ["object_id"], Mode = Mode };

    protected abstract Task<SqlBench> OpenBenchAsync();

    public async Task InitializeAsync() => _bench = await OpenBenchAsync();

    public async Task DisposeAsync()
    {
        if (_bench is not null) await _bench.DisposeAsync();
    }

    /// <summary>A pull of one window: ids with their plays; a null id is a key that the service could not resolve.</summary>
    protected IStagedPull Pull(string label, long fence, params (string? Id, long Plays)[] rows) => Pull(label, fence, "101", withAccount: false, rows);

    protected IStagedPull Pull(string label, long fence, string account, bool withAccount, params (string? Id, long Plays)[] rows)
    {
        var batch = new RowBatch(Plays.Schema);
        foreach (var (id, plays) in rows)
        {
            AllTypes.Text(batch, 0, id);
            AllTypes.Fixed<long>(batch, 1, plays);
        }
        return Pull(label, fence, batch, account, withAccount);
    }

    protected IStagedPull Pull(string label, long fence, RowBatch batch, string account = "101", bool withAccount = false)
    {
        var id = $"p{Interlocked.Increment(ref _pulls):0000}";
        return new MemoryStagedPull(Keys.Key(label, account: account), Keys.Stamp(id, fence, batch.RowCount, "hash-of-" + id), batch.Schema, [batch], withAccount);
    }

    protected Task<LandingReceipt> LandAsync(IStagedPull pull) => Bench.LandAsync(Land, pull);

    /// <summary>Lands a pull and disposes of it.</summary>
    protected async Task<LandingReceipt> LandAsync(string label, long fence, params (string? Id, long Plays)[] rows)
    {
        using var pull = Pull(label, fence, rows);
        return await LandAsync(pull);
    }

    /// <summary>The table's rows as <c>id=plays</c> with further columns behind, in order.</summary>
    protected IReadOnlyList<string> Rows(string table = Table, params Column[] more) =>
        Bench.Lines(table, new TableSchema([.. Plays.Schema.Columns, .. more]))
            .Select(l => string.Join(' ', l.Split('|').Select(c => c[(c.IndexOf('=', StringComparison.Ordinal) + 1)..]))).Order(StringComparer.Ordinal).ToList();
}
