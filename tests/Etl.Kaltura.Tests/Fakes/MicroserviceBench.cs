using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Sources;
using Etl.Core.Windows;
using Etl.Kaltura.Catalog;
using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Tests.Fakes;

/// <summary>A rig whose server is the reports microservice alone, with a handle that outlives pulls.</summary>
internal sealed class MicroserviceBench : IAsyncDisposable
{
    public MicroserviceBench()
    {
        Rig.Settings = Rig.Settings with { ReportsUrl = Rig.Server.Url };
        Rig.Server.Script = Service.Answer;
    }

    public Rig Rig { get; } = new();
    public BackgroundService Service { get; } = new();
    public MemoryHandles Handles { get; } = new();

    public static FilterValue List(params string[] values) => new(values, true);

    public static FilterValue Text(string value) => new([value], false);

    public static SourceSpec Spec(string name = "pollsActivity", params (string Name, FilterValue Value)[] parameters) => new()
    {
        Action = "microservice",
        Background = name,
        Parameters = (parameters.Length > 0 ? parameters : [("entries_ids", List("1_abc")), ("virtual_event_ids", List("99"))]).ToDictionary(p => p.Name, p => p.Value),
    };

    public PullRequest Request(string label = "2026-03-10", string zone = "UTC", WindowUnit unit = WindowUnit.Day, SchemaPolicy policy = SchemaPolicy.Evolve) =>
        Rig.Request(label, zone, unit, policy) with { Handles = Handles };

    public Task<PullOutcome> PullAsync(SourceSpec? spec = null, PullRequest? request = null) => Rig.PullAsync(spec ?? Spec(), request ?? Request());

    /// <summary>Another pull, into a new sink, as a later run makes it.</summary>
    public Task<PullOutcome> PullAgainAsync() =>
        new KalturaSourceFactory(Rig.Connection, KalturaCatalog.Shared).Create(Spec(), "1234567").PullAsync(Request(), new CollectingSink(), default);

    public Task<EtlException> FailAsync(SourceSpec? spec = null, PullRequest? request = null) => Rig.FailAsync(spec ?? Spec(), request ?? Request());

    public ValueTask DisposeAsync() => Rig.DisposeAsync();
}
