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

    /// <summary>The variable in which a child finds the connection of its table.</summary>
    public const string ConnectionVariable = "ETL_CONNECTION_WAREHOUSE";

    /// <summary>
    /// Makes a worker for the <c>parquet</c> or <c>table</c> target of a data folder, or with <paramref name="connection"/> for a table
    /// elsewhere. A table's mode may stand behind a colon: <c>table:history</c>.
    /// </summary>
    public Worker(string data, string kind, string? connection = null)
    {
        _area = new ParquetStagingArea(data);
        LandSpec land = kind.Split(':') switch
        {
            ["parquet"] => new ParquetLandSpec { Dataset = "plays" },
            ["table"] => new TableLandSpec { Table = "plays", Key = ["object_id"] },
            ["table", var mode] => new TableLandSpec { Table = "plays", Key = ["object_id"], Mode = Enum.Parse<LandMode>(mode, ignoreCase: true) },
            _ => throw new ArgumentException($"'{kind}' is no kind of target.", nameof(kind)),
        };
        var settings = new ConnectionSettings(name => name == ConnectionVariable ? connection : null, data);
        Target = new TargetFactory(data, settings, TimeProvider.System).Create(land, severalAccounts: false);
    }

    public ITarget Target { get; }

    public IStagingArea Area => _area;

    /// <summary>Stages the pull unless it waits already, and lands it.</summary>
    public async Task<LandingReceipt> LandAsync(string pull, long fence, int rows)
    {
        using var staged = _area.Open(pull) ?? Stage(pull, fence, rows);
        return await Target.LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
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
