using Etl.Core.Columns;
using Etl.Core.Raw;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Testing.Simulation;
using Etl.Testing.Targets;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>A machine's disk: staged pulls outlive the process that made them.</summary>
internal sealed class SimDisk
{
    /// <summary>Finished pulls by id; null for one that is being written.</summary>
    public Dictionary<string, IStagedPull?> Pulls { get; } = new(StringComparer.Ordinal);

    /// <summary>Differences by pull and published pull.</summary>
    public Dictionary<(string Pull, string Previous), IRestatement> Differences { get; } = [];
}

/// <summary>The staging area of one process on its machine's disk.</summary>
/// <param name="disk">The disk.</param>
/// <param name="process">The process.</param>
/// <param name="before">Called before each step, for faults of the process.</param>
internal sealed class SimStaging(SimDisk disk, SimProcess process, Action<SimProcess, string> before) : IStagingArea
{
    public IStagingWriter Begin(WindowKey key, Window window, string pull, DateTimeOffset pulledAt, TableSchema report, bool withAccount)
    {
        Step();
        disk.Pulls[pull] = null;
        return new Writer(this, report, (rows, stamp) => disk.Pulls[pull] = new MemoryStagedPull(key, stamp, report, rows, withAccount), () =>
        {
            if (disk.Pulls.GetValueOrDefault(pull) is null) disk.Pulls.Remove(pull);
        });
    }

    public IStagedPull? Open(string pull)
    {
        Step();
        return disk.Pulls.GetValueOrDefault(pull);
    }

    public IStagingWriter BeginRestatement(IStagedPull staged, Window window, string previousPull, TableSchema difference)
    {
        Step();
        return new Writer(this, difference, (rows, stamp) =>
        {
            var table = new MemoryStagedPull(staged.Key, stamp, difference, rows);
            disk.Differences[(staged.Stamp.Pull, previousPull)] = new Difference(previousPull, table);
        }, () => { });
    }

    public IRestatement? OpenRestatement(string pull, string previousPull) => disk.Differences.GetValueOrDefault((pull, previousPull));

    public void Remove(string pull)
    {
        Step();
        disk.Pulls.Remove(pull);
        foreach (var key in disk.Differences.Keys.Where(k => k.Pull == pull).ToList()) disk.Differences.Remove(key);
    }

    /// <summary>Nothing here loses its power.</summary>
    public void Sweep()
    {
    }

    public IReadOnlyList<string> List()
    {
        Step();
        return [.. disk.Pulls.Keys];
    }

    private void Step()
    {
        if (!process.IsDead) before(process, "disk");
        process.RequireLife();
    }

    private sealed class Writer(SimStaging area, TableSchema schema, Action<IReadOnlyList<RowBatch>, PullStamp> complete, Action drop) : IStagingWriter
    {
        private readonly RowBatch _rows = new(schema);
        private bool _isOver;

        public void Write(RowBatch batch)
        {
            area.Step();
            _rows.AppendAll(batch);
        }

        public void Complete(PullStamp stamp)
        {
            area.Step();
            _isOver = true;
            complete(_rows.RowCount == 0 ? [] : [_rows], stamp);
        }

        public void Dispose()
        {
            // A dead process tidies nothing up.
            if (!_isOver && !area.IsDead) drop();
        }
    }

    private bool IsDead => process.IsDead;

    private sealed record Difference(string PreviousPull, MemoryStagedPull Table) : IRestatement
    {
        public TableSchema Schema => Table.Schema;

        public long Rows => Table.Stamp.Rows;

        public IEnumerable<RowBatch> Read() => Table.Read();
    }
}

/// <summary>Rows that cannot be typed do not occur here.</summary>
internal sealed class NoQuarantine : IQuarantineStore, IQuarantineWriter
{
    public IQuarantineWriter Begin(WindowKey key, string pull, DateTimeOffset at) => this;

    public IReadOnlyList<QuarantinedPull> List(string job) => [];

    public IReadOnlyList<QuarantinedPull> List(WindowKey key) => [];

    public IEnumerable<RefusedRow> Read(WindowKey key, string pull) => [];

    public void Remove(WindowKey key, string pull)
    {
    }

    public void Sweep(WindowKey key)
    {
    }

    public void Add(RefusedRow row) => throw new NotSupportedException();

    public void Complete()
    {
    }

    public void Dispose()
    {
    }
}

/// <summary>Replies are not kept.</summary>
internal sealed class NoRaw : IRawStore, IRawCapture
{
    public Task<IRawCapture> BeginAsync(WindowKey key, string pull, CancellationToken cancellation) => Task.FromResult<IRawCapture>(this);

    public IReadOnlyList<IRawRecording> Newest(string job, string label) => [];

    public IRawRecording? Find(WindowKey key, string pull) => null;

    public IReadOnlyList<string> Labels(string job) => [];

    public Task SweepAsync(string job, DateTimeOffset completeBefore, DateTimeOffset failedBefore, Func<IReadOnlyCollection<string>> needed, CancellationToken cancellation) =>
        Task.CompletedTask;

    public IRawReply Open(RawRequest request) => NoCapture.Instance;

    public Task<string> KeepAsync(RawHead head, CancellationToken cancellation) => Task.FromResult("nowhere");

    public void Dispose()
    {
    }
}
