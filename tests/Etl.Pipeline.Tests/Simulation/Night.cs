using System.Globalization;
using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Etl.Pipeline.Serving;
using Etl.Testing.Simulation;

namespace Etl.Pipeline.Tests.Simulation;

/// <summary>
/// Four nights of three machines that work on 40 windows of one job: 36 are due when it begins. Every alarm rings twice, every item of work is handed to two machines,
/// processes stall beyond their leases, die and come back, replies get lost, commits arrive late, the ledger goes away, clocks are wrong, and the service changes what
/// it said. Then it becomes quiet, and everything has to be in order. How much of each happens is the seed's choice too.
/// </summary>
internal sealed class Night
{
    public const int Windows = 40;

    // Probability that a process stands still before a commit until others had time to land the window, in every fourth seed.
    private const double Overtaken = 0.05;

    private const int Machines = 3, FirstWindows = 36, Slots = 4, Attempts = 3;

    private static readonly DateTimeOffset s_start = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);
    private static readonly LeaseOptions s_lease = new();

    private readonly World _world;
    private readonly Planted _planted;
    private readonly SimService _service;
    private readonly SimLedger _ledger;
    private readonly SimLink _ledgerLink, _serviceLink;
    private readonly List<(SimStore Store, SimLink Link)> _stores = [];
    private readonly List<Machine> _machines = [];
    private readonly double _kills, _stalls;
    private readonly TimeSpan _longestStall;
    private readonly bool _overtakes;
    private readonly JobDefinition _job;
    private bool _isQuiet;
    private Action<SimProcess, string>? _script;

    private Night(int seed, Planted planted, bool keepsLog, bool isCalm = false, bool sharesDisk = false)
    {
        _world = new World(seed, s_start, keepsLog);
        _planted = planted;
        var random = _world.Random;
        _service = new SimService(_world) { Shrinks = !isCalm && random.Next(3) == 0 ? 0.15 : 0, MixesPages = planted == Planted.ResumedPages };
        Judge = new Judge(_world, _service);
        _ledger = SimLedger.Of(() => _world.Now);
        (_ledger.Leased, _ledger.Settled) = (Judge.Leased, Judge.Settled);
        double Some(double most) => isCalm || random.Next(4) == 0 ? 0 : random.NextDouble() * most;
        _kills = Some(0.002);
        _stalls = Some(0.006);
        _longestStall = s_lease.Lifetime * (1 + 3 * random.NextDouble());
        // Not drawn, so that the other seeds stay the nights that they were.
        _overtakes = !isCalm && seed % 4 == 0;
        _ledgerLink = Link("ledger", Some(0.02), Some(0.02), Some(0.01));
        _serviceLink = new SimLink(_world, "service")
        {
            Latency = (TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(isCalm ? 1 : random.Next(1, 40))), LosesRequests = Some(0.02), Before = Chaos,
            Fault = message => new EtlException(FaultKind.Unreachable, message) { Code = "away", IsTransient = true },
        };
        foreach (var name in new[] { "blob", "table" })
        {
            _stores.Add((new SimStore(name, Judge), Link(name, Some(0.03), Some(0.05), Some(0.05))));
            Judge.Stores.Add(_stores[^1].Store);
        }
        _job = new JobDefinition
        {
            Name = "plays",
            Sources = [new SourceSpec { Action = "table", Report = "38" }],
            Window = new WindowSpec { TimeZone = "UTC", Lookback = 3 },
            Land = [new ParquetLandSpec { Dataset = "plays" }, new TableLandSpec { Table = "plays", Key = ["id"] }],
            Checks = new CheckSpec { Tolerance = 0 },
            Attempts = Attempts,
            Raw = TimeSpan.Zero,
        };
        var shared = sharesDisk || (!isCalm && random.Next(3) == 0) ? new SimDisk() : null;
        for (var i = 0; i < Machines; i++)
        {
            var skew = !isCalm && random.Next(3) == 0 ? _world.Between(TimeSpan.FromMinutes(-10), TimeSpan.FromMinutes(10)) : TimeSpan.Zero;
            _machines.Add(new Machine(this, $"m{i}", shared ?? new SimDisk(), skew));
        }
    }

    public Judge Judge { get; }

    public string Fingerprint => _world.Fingerprint;

    public long Happened => _world.Happened;

    public IReadOnlyList<string> Log => _world.Log;

    /// <summary>Lives through the nights of a seed on the calling thread, which must have no synchronization context.</summary>
    public static Night Live(int seed, Planted planted = Planted.None, bool keepsLog = false)
    {
        var night = new Night(seed, planted, keepsLog);
        night.Live();
        return night;
    }

    /// <summary>
    /// Two machines and one window, without any chance: the first stands still for two leases right before it asks for something, or right after, the service says something new, and the
    /// second works on the window; then the first goes on.
    /// </summary>
    /// <param name="point">What it asks for, with <c>#</c> in place of the label.</param>
    /// <param name="isAfter">Whether it has asked when it stops, and finds the answer when it goes on.</param>
    /// <param name="sharesDisk">Whether both machines are one.</param>
    public static Night StallAt(string point, bool isAfter, bool sharesDisk)
    {
        var night = new Night(1, Planted.None, keepsLog: true, isCalm: true, sharesDisk);
        var label = Label(FirstWindows - 1);
        night._ledger.BeginJobAsync(new JobKey(night._job.Name, SourceSpec.MainName, "100"), label, default);
        night._script = (process, what) =>
        {
            if (process.Name != "m0.1" || what.Replace(label, "#", StringComparison.Ordinal) != point) return;
            night._script = null;
            if (isAfter) night._world.After(TimeSpan.FromMilliseconds(1), null, () => process.Stall(s_lease.Lifetime * 2));
            else process.Stall(s_lease.Lifetime * 2);
        };
        night._world.After(TimeSpan.Zero, null, night._machines[0].Run);
        night._world.After(s_lease.Lifetime * 1.6, null, () =>
        {
            night._service.Restate(label);
            night._machines[1].Run();
        });
        night._world.RunTo(s_start.AddHours(1));
        night.Judge.End([label], night.Find);
        return night;
    }

    /// <summary>True once the stall of <see cref="StallAt"/> has happened.</summary>
    public bool HasStalled => _script is null;

    /// <summary>Version of the service's content that each target shows of the first nights' last window.</summary>
    public IReadOnlyList<long> ShownVersions => [.. _stores.Select(s => s.Store.Find(Key(Label(FirstWindows - 1)))!.Rows[0].Plays / 1000)];

    private static string Label(int window) => s_start.AddDays(window - FirstWindows).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private SimLink Link(string name, double requests, double replies, double delays) =>
        new(_world, name) { LosesRequests = requests, LosesReplies = replies, Delays = delays, Before = Chaos };

    private void Live()
    {
        var random = _world.Random;
        var labels = Enumerable.Range(0, Windows).Select(Label).ToList();
        _ledger.BeginJobAsync(new JobKey(_job.Name, SourceSpec.MainName, "100"), labels[0], default);
        for (var i = random.Next(3); i > 0; i--) _service.Poison.Add(labels[random.Next(Windows)]);
        var nights = Windows - FirstWindows;
        var end = s_start.AddDays(nights) + TimeSpan.FromHours(4);
        for (var night = 0; night <= nights; night++)
            // A round less where windows are taken over anyway: all seeds together cost what they did.
            foreach (var hour in _overtakes ? [0, 0.7] : new[] { 0, 0.7, 2 })
                foreach (var machine in _machines)
                    for (var twice = 0; twice < 2; twice++)
                        At(s_start.AddDays(night).AddHours(hour) + _world.Between(TimeSpan.Zero, TimeSpan.FromMinutes(2)), machine.Alarm);
        for (var i = 0; i < 80; i++) AtSomeNight(() => _service.Restate(labels[random.Next(Windows)]));
        for (var i = random.Next(4); i > 0; i--) AtSomeNight(() => Away(_ledgerLink, TimeSpan.FromMinutes(12)));
        for (var i = random.Next(3); i > 0; i--) AtSomeNight(() => Away(_stores[random.Next(_stores.Count)].Link, TimeSpan.FromMinutes(20)));
        for (var i = random.Next(6); i > 0; i--) AtSomeNight(() => _machines[random.Next(Machines)].Take(new WorkItem(_job.Name, labels[random.Next(FirstWindows)], Force: true)));
        for (var i = 0; i < 300; i++) AtSomeNight(Look);
        _world.RunTo(end);

        // Quiet: nothing fails any more, and what a person would do is done.
        _isQuiet = true;
        foreach (var link in _stores.Select(s => s.Link).Append(_ledgerLink).Append(_serviceLink))
            (link.LosesRequests, link.LosesReplies, link.Delays, link.IsAway) = (0, 0, 0, false);
        for (var round = 0; round < 12 && Judge.Violations.Count == 0; round++)
        {
            foreach (var machine in _machines) At(_world.Now + _world.Between(TimeSpan.Zero, TimeSpan.FromMinutes(1)), machine.Alarm);
            if (round is 5 or 9)
                foreach (var label in labels.Where(l => Find(l) is { State: WindowState.Parked } && !_service.Poison.Contains(l)))
                    _machines[0].Take(new WorkItem(_job.Name, label, Force: true));
            _world.RunTo(_world.Now + TimeSpan.FromMinutes(20));
            if (round > 1 && labels.All(IsDone)) break;
        }
        _world.RunTo(_world.Now + TimeSpan.FromHours(1));
        if (Judge.Violations.Count == 0) Judge.End(labels, Find);

        void At(DateTimeOffset time, Action what) => _world.After(time - _world.Now, null, what);

        // Mostly while there is work, and never so late that the world ends on it.
        void AtSomeNight(Action what)
        {
            var time = s_start.AddDays(random.Next(nights + 1)) + (random.Next(4) == 0 ? _world.Between(TimeSpan.Zero, TimeSpan.FromDays(1)) : _world.Between(TimeSpan.Zero, TimeSpan.FromMinutes(70)));
            if (time < end) At(time, what);
        }

        void Look()
        {
            var key = Key(labels[random.Next(Windows)]);
            foreach (var (store, _) in _stores) Judge.Read(store, key);
        }

        bool IsDone(string label) => Find(label) is { } record
            && (_service.Poison.Contains(label) ? record.State == WindowState.Parked : record.State is WindowState.Landed or WindowState.Frozen or WindowState.Held);
    }

    private static WindowKey Key(string label) => new("plays", SourceSpec.MainName, "100", label);

    private WindowRecord? Find(string label) => _ledger.FindWindowAsync(Key(label), default).Result;

    private void Away(SimLink link, TimeSpan most)
    {
        link.IsAway = true;
        _world.After(_world.Between(TimeSpan.Zero, most), null, () => link.IsAway = false);
    }

    // What may happen to a process at each of its steps.
    private void Chaos(SimProcess process, string what)
    {
        _script?.Invoke(process, what);
        if (_isQuiet) return;
        if (_world.Chance(_kills)) process.Kill();
        else if (_overtakes && what.StartsWith("commit", StringComparison.Ordinal) && _world.Chance(Overtaken)) LetOvertake(process, what.Split(' ')[1]);
        else if (_world.Chance(_stalls)) process.Stall(_world.Between(TimeSpan.Zero, _longestStall));
    }

    // Left to chance alone, hardly ever does another worker land a window while one stands still right before its commit of it.
    private void LetOvertake(SimProcess process, string label)
    {
        _world.Note($"{process.Name}: others may have {label}");
        process.Stall(s_lease.Lifetime + _world.Between(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(15)));
        foreach (var other in _machines.Where(m => !m.Is(process)))
            _world.After(s_lease.Lifetime + _world.Between(TimeSpan.Zero, TimeSpan.FromMinutes(2)), null, () => other.Run(label));
    }

    /// <summary>Each item goes to two machines, which do not know of each other.</summary>
    private void HandOut(WorkItem item)
    {
        var first = _world.Random.Next(Machines);
        foreach (var machine in new[] { first, (first + 1 + _world.Random.Next(Machines - 1)) % Machines })
            _world.After(_world.Between(TimeSpan.Zero, TimeSpan.FromSeconds(90)), null, () => _machines[machine].Take(item));
    }

    /// <summary>A machine: one process of a server at a time, which comes back some time after it died.</summary>
    private sealed class Machine(Night night, string name, SimDisk disk, TimeSpan skew) : IRunObserver, ITargetFactory
    {
        private readonly Queue<WorkItem> _waiting = new();
        private SimProcess? _process;
        private PipelineParts _parts = null!;
        private int _starts, _running;

        public bool Is(SimProcess process) => _process == process;

        public void Alarm()
        {
            if (!IsUp()) return;
            // A server hands out what is due; a plain run does it itself.
            if (night._world.Chance(0.7)) Do(token => new JobWork(_parts, _ => night._job, EnqueueAsync, _ => { }).DoAsync(new WorkItem(night._job.Name), token));
            else Run();

            Task EnqueueAsync(WorkItem item, CancellationToken cancellation)
            {
                night.HandOut(item);
                return Task.CompletedTask;
            }
        }

        /// <summary>A plain run of the job.</summary>
        public void Run() => Run(new PlanOptions());

        /// <summary>A plain run of one window.</summary>
        public void Run(string label) => Run(new PlanOptions { From = label, To = label });

        public void Take(WorkItem item)
        {
            if (!IsUp()) return;
            _waiting.Enqueue(item);
            Next();
        }

        public string NameOf(LandSpec land) => land is TableLandSpec ? "table" : "blob";

        public ITarget Create(LandSpec land, bool severalAccounts)
        {
            var (blob, table) = (night._stores[0], night._stores[1]);
            return land is TableLandSpec ? new SimTable(table.Store, table.Link, _process!, night._planted) : new SimBlob(blob.Store, blob.Link, _process!, night._planted);
        }

        public void Planned(string job, int windows, int notDue)
        {
        }

        public void Moved(WindowKey key, WindowState state)
        {
        }

        public void Progressed(WindowKey key, PullProgress progress)
        {
        }

        public void Finished(WindowOutcome outcome)
        {
            night._world.Note($"{_process!.Name}: {outcome.Key.Label} {outcome.State} {outcome.Code} {outcome.Message}");
            night.Judge.Finished(outcome);
        }

        private void Run(PlanOptions plan)
        {
            if (IsUp()) Do(token => new JobRunner(_parts).RunAsync(night._job, plan, Slots, token));
        }

        private bool IsUp()
        {
            if (_process is { IsDead: false }) return true;
            if (_process is not null && !night._isQuiet && night._world.Chance(0.5)) return false;
            var process = _process = new SimProcess(night._world, $"{name}.{++_starts}", skew);
            _waiting.Clear();
            _running = 0;
            _parts = new PipelineParts
            {
                Ledger = new LedgerLine(night._ledger, night._ledgerLink, process),
                Sources = new SimSource(night._service, night._serviceLink, process, night._planted == Planted.FenceAfterPull),
                Targets = this,
                Staging = new SimStaging(disk, process, night.Chaos),
                Quarantine = new NoQuarantine(),
                Raw = new NoRaw(),
                Observer = this,
                Time = process,
                Owner = process.Name,
                Lease = s_lease,
                Beside = work =>
                {
                    var over = new TaskCompletionSource();
                    night._world.After(TimeSpan.Zero, process, () => Follow(work, over));
                    return over.Task;
                },
            };
            return true;
        }

        private void Next()
        {
            while (_running < Slots && _waiting.TryDequeue(out var item))
            {
                _running++;
                Do(token => new JobWork(_parts, _ => night._job, (_, _) => Task.CompletedTask, _ => { }).DoAsync(item, token), () =>
                {
                    _running--;
                    Next();
                });
            }
        }

        // Some are cancelled by a person or by a server that stops.
        private void Do(Func<CancellationToken, Task> work, Action? then = null)
        {
            var process = _process!;
            var stop = new CancellationTokenSource();
            if (!night._isQuiet && night._world.Chance(0.02)) night._world.After(night._world.Between(TimeSpan.Zero, TimeSpan.FromMinutes(3)), process, stop.Cancel);
            night._world.After(TimeSpan.Zero, process, () => _ = DoAsync());

            async Task DoAsync()
            {
                try
                {
                    await work(stop.Token).ConfigureAwait(false);
                }
                catch (EtlException)
                {
                    // The plan could not be made; the next alarm makes one.
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                }
                catch (Exception e) when (!process.IsDead)
                {
                    night.Judge.Say($"{process.Name}: {e}");
                }
                catch (Exception)
                {
                    // The last thing that a dying process did.
                }
                if (!process.IsDead) then?.Invoke();
            }
        }

        private static async void Follow(Func<Task> work, TaskCompletionSource over)
        {
            try
            {
                await work().ConfigureAwait(false);
                over.SetResult();
            }
            catch (Exception e)
            {
                over.SetException(e);
            }
        }
    }
}
