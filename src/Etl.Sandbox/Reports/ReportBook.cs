using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Engine;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Reports;

/// <summary>
/// The report types that the sandbox computes. Every other known type answers <c>INTERNAL_SERVERL_ERROR</c>, as the real service does
/// for what it cannot run; unknown numbers answer <c>INVALID_ENUM_VALUE</c>.
/// </summary>
internal sealed class ReportBook
{
    /// <summary>Types whose totalCount is given with any filter type (wire facts 3.7).</summary>
    private static readonly int[] Forced = [1, 13, 21, 22, 23, 25, 38, 47, 20003, 20005, 20006, 20007, 20015, 20022];

    /// <summary>getGraphs of these types is an empty list, not an error.</summary>
    private static readonly int[] GraphlessWithoutError = [42, 63, 10014, 40012, 60004, 60006, 60010, 60013, 60018];

    /// <summary>Constants of the server that are not in the public enumeration.</summary>
    private static readonly int[] NotPublic = [8, 10, 200, 202, 300];

    /// <summary>Reports over all accounts of a parent, and the report of one account whose rows they have.</summary>
    private static readonly (int Type, int Of)[] AllAccounts =
    [
        (20001, 2), (20002, 6), (20003, 13), (20004, 17), (20005, 21), (20006, 22), (20007, 23), (20008, 32), (20009, 33), (20010, 34), (20011, 35),
        (20012, 36), (20013, 37), (20014, 30), (20015, 38), (20016, 39), (20017, 41), (20019, 45), (20022, 25),
    ];

    private readonly Dictionary<int, ReportDefinition> _computed;
    private readonly CatalogueData _catalogue;

    public ReportBook(CatalogueData catalogue)
    {
        _catalogue = catalogue;
        var own = Define().ToDictionary(d => d.Id);
        var all = AllAccounts.Select(v => own[v.Of] with { Declared = catalogue.Require(v.Type), AllAccounts = true });
        _computed = own.Values.Concat(all).ToDictionary(d => d.Id, d => d with { CountForced = Forced.Contains(d.Id) || d.Source == ReportSource.Join });
    }

    public IEnumerable<int> ComputedTypes => _computed.Keys.Order();

    public ReportDefinition? Find(int type) => _computed.GetValueOrDefault(type);

    /// <summary>Whether the number is a value of the public enumeration.</summary>
    public bool IsKnown(int type) => Array.IndexOf(NotPublic, type) < 0 && _catalogue.Find(type) is { InPublicEnum: true };

    public static bool HasEmptyGraphList(int type) => Array.IndexOf(GraphlessWithoutError, type) >= 0;

    private IEnumerable<ReportDefinition> Define()
    {
        foreach (var type in new[] { 1, 3, 38, 45, 47 })
            yield return Player(type, store => new EntryGrouping(store));
        yield return Player(2, store => new EntryGrouping(store)) with { Graphs = GraphShape.MetricNames };
        yield return Player(24, store => new EntryGrouping(store)) with
        {
            FixedPlayback = [PlaybackKind.Live, PlaybackKind.Dvr],
            HourlyGraphs = true,
        };
        yield return Player(12, store => new EntryGrouping(store));

        foreach (var type in new[] { 11, 13, 15 })
            yield return Player(type, store => new UserGrouping(store, byOwner: false)) with { FriendlyEmail = type != 15 };
        yield return Player(14, store => new UserGrouping(store, byOwner: false)) with { Graphs = GraphShape.MetricNames };

        yield return Player(4, _ => new PlaceGrouping(PlaceLevel.Country, nameIsKey: true)) with
        {
            ObjectIds = ObjectIdMeaning.Country,
            DrillDown = _ => new RegionDrilldown(),
            DrillDownLabels = ["object_id", "location_name"],
        };
        yield return Map(36, PlaceLevel.Country);
        yield return Map(37, PlaceLevel.Region);
        yield return Map(30, PlaceLevel.City);

        yield return Player(6, store => OpenGrouping.OfPage(store, p => p.Domain)) with
        {
            ObjectIds = ObjectIdMeaning.Domain,
            DrillDown = store => OpenGrouping.OfPage(store, p => p.Url),
            DrillDownLabels = ["referrer"],
        };
        yield return Player(21, _ => ValueGrouping.OfAgent(a => a.Device)) with
        {
            ObjectIds = ObjectIdMeaning.Device,
            DrillDown = _ => ValueGrouping.OfAgent(a => a.Os),
            DrillDownLabels = ["os"],
            Graphs = GraphShape.LinesByDate,
        };
        yield return Player(22, _ => ValueGrouping.OfAgent(a => a.Os)) with
        {
            ObjectIds = ObjectIdMeaning.OperatingSystem,
            DrillDown = _ => ValueGrouping.OfAgent(a => a.Browser),
            DrillDownLabels = ["browser"],
            Graphs = GraphShape.Labels,
        };
        yield return Player(23, _ => ValueGrouping.OfAgent(a => a.Browser)) with { Graphs = GraphShape.Labels };
        yield return Player(32, _ => ValueGrouping.OfAgent(a => a.OsFamily)) with { Graphs = GraphShape.Labels };
        yield return Player(33, _ => ValueGrouping.OfAgent(a => a.BrowserFamily)) with { Graphs = GraphShape.Labels };
        yield return Player(25, _ => new ContextGrouping());
        yield return Player(29, store => OpenGrouping.OfCustomVar(store, 0)) with { ObjectIds = ObjectIdMeaning.CustomVar1 };
        yield return Player(58, store => OpenGrouping.OfCustomVar(store, 1)) with { ObjectIds = ObjectIdMeaning.CustomVar2 };
        yield return Player(59, store => OpenGrouping.OfCustomVar(store, 2)) with { ObjectIds = ObjectIdMeaning.CustomVar3 };

        yield return Player(34, null) with { KnownUsersAreViewers = true, YearsDropDate = true };
        yield return Player(35, null);
        yield return Player(52, null);
        yield return Player(40, store => new ApplicationDomainGrouping(store)) with { ObjectIds = ObjectIdMeaning.Ignored, AnyPlayback = true };

        yield return Lifecycle(5, store => new UserGrouping(store, byOwner: true));
        yield return Lifecycle(20, store => new UserGrouping(store, byOwner: true));
        yield return Lifecycle(7, store => new SourceGrouping(store)) with { ObjectIds = ObjectIdMeaning.Source };
        yield return Lifecycle(41, store => new SourceGrouping(store));
        yield return Lifecycle(39, store => new UserGrouping(store, byOwner: true)) with { Source = ReportSource.Join, FriendlyEmail = true };
        yield return Lifecycle(17, store => new UserGrouping(store, byOwner: true)) with { Source = ReportSource.Usage };
        yield return Lifecycle(18, null) with { Source = ReportSource.Usage, YearsDropDate = true };
    }

    private ReportDefinition Map(int type, PlaceLevel level) =>
        Player(type, _ => new PlaceGrouping(level)) with { KnownUsersAreViewers = true };

    private ReportDefinition Player(int type, Func<EventStore, Grouping>? group) => new() { Declared = _catalogue.Require(type), Group = group };

    private ReportDefinition Lifecycle(int type, Func<EventStore, Grouping>? group) =>
        Player(type, group) with { Source = ReportSource.Lifecycle, AnyPlayback = true };
}
