using System.CommandLine;
using Etl.Core.Catalog;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Core.Hooks;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Raw;
using Etl.Core.Runs;
using Etl.Core.Scheduling;
using Etl.Core.Sources;
using Etl.Core.Targets;
using Etl.Kaltura;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Hooks;
using Etl.Kaltura.Reports;
using Etl.Landing;
using Etl.Landing.Audit;
using Etl.Landing.Connections;
using Etl.Landing.Exports.Profiles;
using Etl.Landing.Quarantine;
using Etl.Landing.Raw;
using Etl.Landing.Sql.Ledger;
using Etl.Landing.Sql.SqlServer;
using Etl.Landing.Staging;
using Etl.Pipeline.Jobs;
using Etl.Pipeline.Personal;
using Etl.Pipeline.Running;
using Etl.Scheduling;

namespace Etl.Cli.Composition;

/// <summary>Puts the rooms together for one command. Everything is made when it is first asked for.</summary>
internal sealed class EtlHost : IAsyncDisposable
{
    private static readonly Lazy<ICatalog> s_catalog = new(() => new KalturaCatalog());

    private readonly string _jobsFolder;
    private readonly string _dataFolder;
    private readonly Func<string, string?> _settings;
    private readonly Lazy<KalturaConnection> _kaltura;
    private readonly Lazy<KalturaSourceFactory> _sources;
    private readonly Lazy<KalturaConnection> _planning;
    private readonly Lazy<KalturaSourceFactory> _planningSources;
    private readonly ConnectionSettings _connections;
    private readonly Lazy<TargetFactory> _targets;
    private readonly List<KalturaConnection> _replays = [];
    private SqlLedger? _ledger;
    private ExportParts? _exports;

    private EtlHost(string jobsFolder, string dataFolder, Func<string, string?> settings)
    {
        _jobsFolder = jobsFolder;
        _dataFolder = Path.GetFullPath(dataFolder);
        _settings = settings;
        _kaltura = new(() => new KalturaConnection(KalturaSettings.FromLookup(_settings), clock: null, new LedgerCallBudget(() => _ledger)));
        _sources = new(() => new KalturaSourceFactory(_kaltura.Value, Catalog));
        _planning = new(() => new KalturaConnection(KalturaSettings.FromLookup(_settings, needCredential: false)));
        _planningSources = new(() => new KalturaSourceFactory(_planning.Value, Catalog, looksAhead: true));
        _connections = new ConnectionSettings(_settings, _dataFolder);
        _targets = new(() => new TargetFactory(
            _dataFolder, _connections, TimeProvider.System, warning => Console.Error.WriteLine(warning), AuditParts.HostOf(_settings, new RawStore(_dataFolder, TimeProvider.System))));
    }

    /// <summary>The catalogue; needs no settings.</summary>
    public static ICatalog Catalog => s_catalog.Value;

    public ISourceFactory Sources => _sources.Value;

    public ILiveSourceFactory LiveSources => _sources.Value;

    /// <summary>Live sources for looking ahead only.</summary>
    public ILiveSourceFactory PlanningLiveSources => _planningSources.Value;

    /// <summary>Sources for looking ahead only: they need the account's id and no credential.</summary>
    public ISourceFactory PlanningSources => _planningSources.Value;

    public KalturaConnection Kaltura => _kaltura.Value;

    /// <summary>For sending events: they need the account's id, and a credential only where they are to be of a user.</summary>
    public KalturaConnection Events => _planning.Value;

    /// <summary>Proves what is posted to a server's hooks.</summary>
    public IHookVerifier HookVerifier => new KalturaHookVerifier(_settings, TimeProvider.System);

    /// <summary>Sources that answer from a recording, with the settings of this host but for credentials, which they do not need.</summary>
    public ISourceFactory SourcesOver(IRawRecording recording) =>
        new KalturaSourceFactory(Kept(KalturaConnection.Over(KalturaSettings.FromLookup(_settings, needCredential: false), recording)), Catalog);

    public ITargetFactory Targets => _targets.Value;

    /// <summary>Value of a setting by its environment name, or null.</summary>
    public string? Setting(string name) => _settings(name);

    /// <summary>Audit logs of this host.</summary>
    public AuditLogs AuditLogs => new(_dataFolder, _connections, TimeProvider.System, Console.Error.WriteLine);

    public IQuarantineStore Quarantine => new QuarantineStore(_dataFolder);

    /// <summary>Profiles of CRM importers: ready-made ones and those of the jobs folder.</summary>
    public ICrmProfiles Profiles => new CrmProfiles(_jobsFolder);

    public string DataFolder => _dataFolder;

    /// <summary>A setting by its environment name, or null.</summary>
    public string? FindSetting(string name) => _settings(name);

    public string ParquetFolder => Path.Combine(_dataFolder, "parquet");

    public string WarehousePath => Path.Combine(_dataFolder, "warehouse.db");

    public string LedgerPath => Path.Combine(_dataFolder, "ledger.db");

    /// <summary>The host of an ordinary command.</summary>
    public static EtlHost Open(GlobalOptions globals, ParseResult result) =>
        new(result.GetValue(globals.Jobs)!, result.GetValue(globals.Data)!, AppSettings.Load().Find);

    /// <summary>A host that talks to a sandbox and keeps everything in a subfolder of the data folder.</summary>
    public static EtlHost Open(
        GlobalOptions globals, ParseResult result, string subfolder, Uri service, int partnerId, string adminSecret, IReadOnlyDictionary<string, string>? more = null) =>
        new(result.GetValue(globals.Jobs)!, Path.Combine(result.GetValue(globals.Data)!, subfolder), name => name switch
        {
            "KALTURA_SERVICE_URL" or "KALTURA_REPORTS_URL" or "KALTURA_MESSAGING_URL" or "KALTURA_ANALYTICS_URL" => service.ToString(),
            "KALTURA_PARTNER_ID" => partnerId.ToString(System.Globalization.CultureInfo.InvariantCulture),
            "KALTURA_ADMIN_SECRET" => adminSecret,
            _ => more?.GetValueOrDefault(name),
        });

    /// <summary>Job files with all their faults.</summary>
    public JobSet ReadJobs(string? path = null) => JobFileReader.Load(path ?? _jobsFolder, Catalog, new KalturaSourceRules(Catalog), _targets.Value, Profiles);

    /// <summary>All jobs.</summary>
    /// <exception cref="EtlException">A file has faults; the message lists all of them.</exception>
    public IReadOnlyList<JobDefinition> Jobs()
    {
        var set = ReadJobs();
        set.ThrowIfFaulty();
        return set.Jobs;
    }

    /// <summary>All jobs, for who looks again and again.</summary>
    public JobFolder WatchedJobs() => new(_jobsFolder, Jobs, TimeProvider.System);

    /// <summary>One job by name.</summary>
    /// <exception cref="EtlException">It has faults or does not exist.</exception>
    public JobDefinition Job(string name) => ReadJobs().Get(name);

    /// <summary>The ledger, made when it does not exist.</summary>
    public async Task<SqlLedger> LedgerAsync(CancellationToken cancellation) =>
        _ledger ??= await LedgerFactory.OpenAsync(_connections, cancellation).ConfigureAwait(false);

    /// <summary>The ledger for commands that must not touch anything: an empty one in memory when there is none yet.</summary>
    public async Task<ILedger> LedgerForReadingAsync(CancellationToken cancellation) =>
        _connections.Ledger() is { Kind: "sqlite" } file && !File.Exists(file.Rest)
            ? new EmptyLedger()
            : await LedgerAsync(cancellation).ConfigureAwait(false);

    /// <summary>What a run works with.</summary>
    /// <param name="observer">Watches.</param>
    /// <param name="cancellation">Stops the opening.</param>
    /// <param name="planningOnly">True when nothing will be pulled: then no credential is needed.</param>
    public async Task<PipelineParts> PartsAsync(IRunObserver observer, CancellationToken cancellation, bool planningOnly = false)
    {
        // Missing settings must be found before the ledger makes its folder: a usage fault touches nothing.
        var sources = planningOnly ? PlanningSources : Sources;
        var lease = LeaseSettings.Read(_settings);
        return new PipelineParts
        {
            Ledger = await LedgerAsync(cancellation).ConfigureAwait(false),
            Sources = planningOnly ? sources : new TreatedSources(sources, id => PersonalKeys.Read(_settings, id)),
            Targets = Targets,
            Staging = new ParquetStagingArea(_dataFolder),
            Quarantine = Quarantine,
            Raw = new RawStore(_dataFolder, TimeProvider.System, Console.Error.WriteLine),
            Observer = observer,
            Lease = lease,
            Exporter = await ExportsAsync(cancellation).ConfigureAwait(false),
        };
    }

    /// <summary>What makes the exports of jobs; made with the ledger.</summary>
    public async Task<ExportParts> ExportsAsync(CancellationToken cancellation) => _exports ??= new ExportParts(this, await LedgerAsync(cancellation).ConfigureAwait(false));

    /// <summary>Exit code that the exports of this command ask for.</summary>
    public int ExportExitCode => _exports?.ExitCode ?? ExitCode.Done;

    /// <summary>
    /// The alarm clock of this host. A ledger on a database server is shared by many nodes, and so is the store of alarms and waiting work beside
    /// it; with a ledger in a file they live in memory, since whatever was missed is found in the ledger.
    /// </summary>
    /// <exception cref="EtlException">This build does not have the engine.</exception>
    public IJobScheduler Scheduler(string engine, int workers, Action<string> warn)
    {
        var ledger = _connections.Ledger();
        var store = ledger.Kind switch
        {
            "postgres" => new SchedulerStore(SchedulerStoreKind.Postgres, ledger.Rest),
            "sqlserver" => new SchedulerStore(SchedulerStoreKind.SqlServer, SqlServerSettings.Complete(ledger.Rest)),
            _ => SchedulerStore.Memory,
        };
        return Schedulers.Create(engine, new SchedulerSettings(store, workers), warn);
    }

    public async ValueTask DisposeAsync()
    {
        _exports?.Dispose();
        if (_ledger is not null) await _ledger.DisposeAsync().ConfigureAwait(false);
        if (_kaltura.IsValueCreated) _kaltura.Value.Dispose();
        if (_planning.IsValueCreated) _planning.Value.Dispose();
        foreach (var replay in _replays) replay.Dispose();
    }

    private KalturaConnection Kept(KalturaConnection replay)
    {
        _replays.Add(replay);
        return replay;
    }
}
