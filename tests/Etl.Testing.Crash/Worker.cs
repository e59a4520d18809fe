using System.Globalization;
using Etl.Core.Columns;
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
    /// Makes a worker for a target of a data folder: <c>parquet</c>, <c>blob</c> (a dataset in the store <c>lake</c>) or <c>table</c>, whose mode
    /// may stand behind a colon: <c>table:history</c>. <c>table:derive</c> has another table made of it.
    /// </summary>
    /// <param name="data">The data folder.</param>
    /// <param name="kind">Which target.</param>
    /// <param name="settings">Values of variables; null for none.</param>
    public Worker(string data, string kind, Func<string, string?>? settings = null)
    {
        _area = new ParquetStagingArea(data);
        LandSpec land = kind.Split(':') switch
        {
            ["parquet"] => new ParquetLandSpec { Dataset = "plays" },
            ["blob"] => new ParquetLandSpec { Dataset = "plays", Store = "lake" },
            ["table"] => new TableLandSpec { Table = "plays", Key = ["object_id"] },
            ["table", "derive"] => new TableLandSpec
            {
                Table = "plays", Key = ["object_id"],
                Derive = [new DeriveSpec { Table = "derived", From = ["plays"], Sql = new Dictionary<string, string> { ["sqlite"] = "SELECT _window, count(*) AS many FROM plays GROUP BY _window" } }],
            },
            ["table", var mode] => new TableLandSpec { Table = "plays", Key = ["object_id"], Mode = Enum.Parse<LandMode>(mode, ignoreCase: true) },
            _ => throw new ArgumentException($"'{kind}' is no kind of target.", nameof(kind)),
        };
        Target = new TargetFactory(data, new ConnectionSettings(settings ?? (_ => null), data), TimeProvider.System).Create(land, severalAccounts: false);
    }

    /// <summary>A worker whose table is elsewhere, where a connection is given.</summary>
    public static Worker WithConnection(string data, string kind, string? connection) =>
        new(data, kind, name => name == ConnectionVariable ? connection : null);

    public ITarget Target { get; }

    public IStagingArea Area => _area;

    /// <summary>Stages the pull unless it waits already, and lands it.</summary>
    public async Task<LandingReceipt> LandAsync(string pull, long fence, int rows)
    {
        using var staged = _area.Open(pull) ?? Stage(pull, fence, rows);
        return await Target.LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
    }

    /// <summary>Stages a pull of text that does not compress and lands it; says how far the process's peak memory rose in the landing, and the file's bytes.</summary>
    public async Task<(long Growth, long Bytes)> LandNoiseAsync(string pull, long fence, int megabytes)
    {
        using var staged = StageNoise(pull, fence, megabytes);
        GC.Collect();
        // What the kernel counts as the peak begins anew.
        await File.WriteAllTextAsync("/proc/self/clear_refs", "5");
        var before = PeakBytes();
        var receipt = await Target.LandAsync(new LandingOrder(staged.Key, Keys.Day(), staged.Stamp), staged, default);
        return (PeakBytes() - before, receipt.Bytes!.Value);
    }

    /// <summary>The same with a difference of one row to the published pull, where there is one, and with the pull's record.</summary>
    public async Task<LandingReceipt> RestateAsync(string pull, long fence, int rows)
    {
        using var staged = _area.Open(pull) ?? Stage(pull, fence, rows);
        var order = new LandingOrder(staged.Key, Keys.Day(), staged.Stamp) { Record = Keys.Record(staged.Stamp, staged.Key) };
        if (await FindAsync() is { } published && published.Pull != pull) order = order with { Restatement = Difference(staged, published.Pull) };
        return await Target.LandAsync(order, staged, default);
    }

    /// <summary>Stages a pull for each of some days, waits to be told, and lands all of them at once, each with its record.</summary>
    /// <param name="labels">The days.</param>
    /// <param name="whenStaged">Ends when the landings may begin.</param>
    public async Task LandDaysAsync(IReadOnlyList<string> labels, Func<Task> whenStaged)
    {
        var staged = labels.Select(label => Stage("of-" + label, 1, 10, label)).ToList();
        await whenStaged();
        await Task.WhenAll(staged.Select(pull => Task.Run(() => Target.LandAsync(
            new LandingOrder(pull.Key, Keys.Day(pull.Key.Label), pull.Stamp) { Record = Keys.Record(pull.Stamp, pull.Key) }, pull, default))));
        foreach (var pull in staged) pull.Dispose();
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

    private static long PeakBytes() =>
        long.Parse(File.ReadLines("/proc/self/status").First(l => l.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;

    private IStagedPull StageNoise(string pull, long fence, int megabytes)
    {
        const int rowsOfMegabyte = 1024;
        var schema = new TableSchema([new Column("noise", ColumnType.Text)]);
        var random = new Random(20_261_119);
        var text = new byte[1024];
        using (var writer = _area.Begin(Keys.Key(), Keys.Day(), pull, Keys.Noon, schema, withAccount: false))
        {
            var batch = new RowBatch(schema);
            for (var written = 0; written < megabytes; written++)
            {
                batch.Clear();
                for (var row = 0; row < rowsOfMegabyte; row++)
                {
                    // Any byte below 128 is UTF-8.
                    random.NextBytes(text);
                    for (var i = 0; i < text.Length; i++) text[i] &= 0x7F;
                    batch.Text(0).Append(text);
                }
                writer.Write(batch);
            }
            writer.Complete(Keys.Stamp(pull, fence, (long)megabytes * rowsOfMegabyte, "hash-of-" + pull));
        }
        return _area.Open(pull)!;
    }

    private IStagedPull Stage(string pull, long fence, int rows, string label = "2026-11-19")
    {
        using (var writer = _area.Begin(Keys.Key(label), Keys.Day(label), pull, Keys.Noon, Plays.Schema, withAccount: false))
        {
            // Two batches, so that "half staged" is a state.
            writer.Write(Plays.Batch(rows / 2, plays: fence * 10_000));
            writer.Write(Plays.Batch(rows - rows / 2, plays: fence * 10_000 + 5_000));
            writer.Complete(Keys.Stamp(pull, fence, rows, "hash-of-" + pull));
        }
        return _area.Open(pull)!;
    }
}
