using Etl.Core.Jobs;
using Etl.Core.Targets;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Staging;
using Etl.Testing.Rows;

namespace Etl.Testing.Crash;

/// <summary>Stages and lands pulls of plays at one target, as the pipeline does.</summary>
public sealed class Worker
{
    private readonly ParquetStagingArea _area;

    /// <summary>Makes a worker for the <c>parquet</c> or <c>table</c> target of a data folder.</summary>
    public Worker(string data, string kind)
    {
        _area = new ParquetStagingArea(data);
        LandSpec land = kind == "table" ? new TableLandSpec { Table = "plays", Key = ["object_id"] } : new ParquetLandSpec { Dataset = "plays" };
        Target = new TargetFactory(data, new ConnectionSettings(_ => null, data), TimeProvider.System).Create(land, severalAccounts: false);
    }

    public ITarget Target { get; }

    public IStagingArea Area => _area;

    /// <summary>Stages the pull unless it waits already, and lands it.</summary>
    public async Task<LandingReceipt> LandAsync(string pull, long fence, int rows)
    {
        using var staged = _area.Open(pull) ?? Stage(pull, fence, rows);
        return await Target.LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
    }

    /// <summary>The same with a difference of one row to the published pull, where there is one, and with the pull's record.</summary>
    public async Task<LandingReceipt> RestateAsync(string pull, long fence, int rows)
    {
        using var staged = _area.Open(pull) ?? Stage(pull, fence, rows);
        var order = new LandingOrder(staged.Key, Keys.Day(), staged.Stamp) { Record = Keys.Record(staged.Stamp, staged.Key) };
        if (await FindAsync() is { } published && published.Pull != pull) order = order with { Restatement = Difference(staged, published.Pull) };
        return await Target.LandAsync(order, staged, default);
    }

    private IRestatement Difference(IStagedPull staged, string published)
    {
        using (var writer = _area.BeginRestatement(staged, Keys.Day(), published, Differences.Schema))
        {
            writer.Write(Differences.Batch(published, ("1_0000", "count_plays", "1", "2")));
            writer.Complete(staged.Stamp with { Rows = 1 });
        }
        return _area.OpenRestatement(staged.Stamp.Pull, published)!;
    }

    public Task<PublishedPull?> FindAsync() => Target.FindAsync(Keys.Key(), Keys.Day(), default);

    private IStagedPull Stage(string pull, long fence, int rows)
    {
        using (var writer = _area.Begin(Keys.Key(), Keys.Day(), pull, Keys.Noon, Plays.Schema, withAccount: false))
        {
            // Two batches, so that "half staged" is a state.
            writer.Write(Plays.Batch(rows / 2, plays: fence * 10_000));
            writer.Write(Plays.Batch(rows - rows / 2, plays: fence * 10_000 + 5_000));
            writer.Complete(Keys.Stamp(pull, fence, rows, "hash-of-" + pull));
        }
        return _area.Open(pull)!;
    }
}
