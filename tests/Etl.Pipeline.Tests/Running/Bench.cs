using System.Collections.Concurrent;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Landing;
using Etl.Landing.Connections;
using Etl.Landing.Quarantine;
using Etl.Landing.Raw;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Staging;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Testing;
using Microsoft.Data.Sqlite;

namespace Etl.Pipeline.Tests.Running;

/// <summary>A run on the real ledger, staging area and targets, with a scripted source and a clock that stands still.</summary>
internal sealed class Bench : IAsyncDisposable, IRunObserver
{
    private readonly ConcurrentQueue<(string Label, WindowState State)> _moved = new();
    private int _finished;
    private readonly bool _ownsFolder;

    private Bench(string folder, bool ownsFolder)
    {
        Folder = folder;
        _ownsFolder = ownsFolder;
        Targets = new TargetFactory(folder, new ConnectionSettings(_ => null, folder), TimeProvider.System);
    }

    public string Folder { get; }

    public FakeClock Clock { get; private init; } = new(new DateTimeOffset(2026, 11, 20, 12, 0, 0, TimeSpan.Zero));

    public ScriptedSource Source { get; private init; } = new();

    public ITargetFactory Targets { get; set; }

    public ILedger Ledger { get; private set; } = null!;

    public JobDefinition Job { get; set; } = new()
    {
        Name = "plays",
        Sources = [new SourceSpec { Action = "table", Report = "38" }],
        Window = new WindowSpec { TimeZone = "UTC", Lookback = 3 },
        Land = [new ParquetLandSpec { Dataset = "plays" }, new TableLandSpec { Table = "plays", Key = ["id"] }],
        Checks = new CheckSpec { Tolerance = 0 },
    };

    public IRawStore Raw => new RawStore(Folder, TimeProvider.System);

    public IQuarantineStore Quarantine => new QuarantineStore(Folder);

    public IStagingArea Staging => new ParquetStagingArea(Folder);

    public static async Task<Bench> OpenAsync()
    {
        var bench = new Bench(Directory.CreateTempSubdirectory("etl-bench-").FullName, ownsFolder: true);
        await bench.OpenLedgerAsync();
        return bench;
    }

    /// <summary>Another worker on the same folder, clock and source.</summary>
    public async Task<Bench> SecondWorkerAsync()
    {
        var other = new Bench(Folder, ownsFolder: false) { Clock = Clock, Source = Source, Job = Job };
        await other.OpenLedgerAsync();
        return other;
    }

    public PipelineParts Parts() => new()
    {
        Ledger = Ledger,
        Sources = Source,
        Targets = Targets,
        Staging = Staging,
        Quarantine = Quarantine,
        Raw = Raw,
        Observer = this,
        Time = Clock,
    };

    public async Task<IReadOnlyList<WindowOutcome>> RunAsync(PlanOptions? options = null, CancellationToken cancellation = default) =>
        (await new JobRunner(Parts()).RunAsync(Job, options ?? new PlanOptions(), 1, cancellation)).Outcomes;

    public Task<JobPlan> PlanAsync(PlanOptions? options = null) =>
        new DuePlanner(Ledger, Source, Clock).PlanAsync(Job, options ?? new PlanOptions(), default);

    public async Task<string[]> DueAsync() => [.. (await PlanAsync()).Due.Select(d => d.Key.Label)];

    public WindowKey Key(string label) => new(Job.Name, "main", "100", label);

    public async Task<WindowRecord> WindowAsync(string label) => (await Ledger.FindWindowAsync(Key(label), default))!;

    /// <summary>Lets a live lease run out, as if its worker had stood still for longer than it lasts.</summary>
    public async Task ExpireLeaseAsync(string label)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, "ledger.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "UPDATE etl_window SET lease_until = 0 WHERE label = $label";
        command.Parameters.AddWithValue("$label", label);
        Assert.Equal(1, await command.ExecuteNonQueryAsync());
    }

    /// <summary>Rows of one window in the warehouse as <c>id=plays</c>, sorted.</summary>
    public string[] TableRows(string label)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(Folder, "warehouse.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM sqlite_master WHERE name = 'plays'";
        if ((long)command.ExecuteScalar()! == 0) return [];
        command.CommandText = "SELECT id || '=' || plays FROM plays WHERE _window = $w ORDER BY 1";
        command.Parameters.AddWithValue("$w", label);
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(reader.GetString(0));
        return [.. rows];
    }

    /// <summary>Rows of one window in the dataset, the same way.</summary>
    public string[] ParquetRows(string label)
    {
        var path = Path.Combine(Folder, "parquet", "plays", $"date={label}", "data.parquet");
        if (!File.Exists(path)) return [];
        using var reader = Etl.Parquet.ParquetReader.Open(path);
        var batch = new Etl.Parquet.ParquetBatch(reader.Schema);
        var names = reader.Schema.Columns.Select(c => c.Name).ToList();
        int id = names.IndexOf("id"), plays = names.IndexOf("plays");
        var rows = new List<string>();
        while (reader.Read(batch, 100) > 0)
            for (var r = 0; r < batch.RowCount; r++)
            {
                var offsets = batch[id].TextOffsets;
                rows.Add($"{System.Text.Encoding.UTF8.GetString(batch[id].TextBytes[offsets[r]..offsets[r + 1]])}={batch[plays].Int64s[r]}");
            }
        return [.. rows.Order(StringComparer.Ordinal)];
    }

    /// <summary>Asserts that both targets hold exactly these rows for a window.</summary>
    public void AssertPublished(string label, params string[] rows)
    {
        Assert.Equal(rows, TableRows(label));
        Assert.Equal(rows, ParquetRows(label));
    }

    /// <summary>Asserts that nothing half done is left in the data folder.</summary>
    public void AssertNoLeftovers()
    {
        Assert.Empty(Directory.EnumerateFiles(Folder, "*.tmp", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
        Assert.Empty(Staging.List());
    }

    public async ValueTask DisposeAsync()
    {
        await Ledger.DisposeAsync();
        if (_ownsFolder) Directory.Delete(Folder, recursive: true);
    }

    public async Task OpenLedgerAsync() => Ledger = await SqliteLedger.OpenAsync(Path.Combine(Folder, "ledger.db"), default);

    public async Task LoseLedgerAsync()
    {
        await Ledger.DisposeAsync();
        foreach (var file in Directory.GetFiles(Folder, "ledger.db*")) File.Delete(file);
        await OpenLedgerAsync();
    }

    /// <summary>Windows that are over, well or not.</summary>
    public int FinishedWindows => Volatile.Read(ref _finished);

    /// <summary>States that the observer was told of one window, in order.</summary>
    public WindowState[] Moves(string label) => [.. _moved.Where(m => m.Label == label).Select(m => m.State)];

    /// <summary>Called when the observer is told of a state.</summary>
    public Action<WindowState> WhenMoved { get; set; } = _ => { };

    void IRunObserver.Planned(string job, int windows, int notDue)
    {
    }

    void IRunObserver.Moved(WindowKey key, WindowState state)
    {
        _moved.Enqueue((key.Label, state));
        WhenMoved(state);
    }

    void IRunObserver.Progressed(WindowKey key, PullProgress progress)
    {
    }

    void IRunObserver.Finished(WindowOutcome outcome) => Interlocked.Increment(ref _finished);
}
