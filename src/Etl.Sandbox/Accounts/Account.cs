using Etl.Sandbox.Actions;
using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Collect;
using Etl.Sandbox.Custom;
using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Events;
using Etl.Sandbox.Exports;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Lists;
using Etl.Sandbox.Live;
using Etl.Sandbox.Microservice;
using Etl.Sandbox.Notifications;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Sessions;

namespace Etl.Sandbox.Accounts;

/// <summary>One account: its data, sessions and services. Accounts share the catalogue and the faults, nothing else.</summary>
internal sealed class Account
{
    private readonly StepMaker _steps;

    public Account(SandboxOptions options, FaultBook faults, ServerAddress address, CatalogueData catalogue, AccountBook family)
    {
        Options = options;
        Store = new EventStore(options);
        _steps = new StepMaker(Store, EventCatalogue.Load());
        Events = new RawEvents(options.PartnerId, EventCatalogue.Load());
        Sessions = new SessionBook(options);
        var book = new ReportBook(catalogue);
        var accountCreatedAt = options.AccountCreatedAt?.ToUnixTimeSeconds() ?? Store.End - 4L * 365 * 86_400;
        var engine = new ReportEngine(Store, catalogue, accountCreatedAt, () => this == family.Parent ? family.All.Select(a => a.Store) : [Store]);
        var session = new SessionService(Sessions);
        var custom = new CustomAction(Store, options.PartnerId);
        var timeline = new Timeline(Store);
        var beacons = new Beacons(Store, options);
        var realtime = new RealtimeReports(Store, catalogue, timeline);
        var live = new LiveService(timeline, beacons, options.Clock);
        var totals = new TotalAction(engine, book);
        PlaysIn = request => totals.Compute(request with { Type = 38, Order = "", ObjectIds = null }) is var (header, cells) ? cells[header.ToList().IndexOf("count_plays")] : "0";
        var services = new Dictionary<string, ServiceCall>
        {
            ["session"] = (action, call, own, _) => session.Session(action, call, own),
            ["apptoken"] = (action, call, _, _) => session.AppToken(action, call),
            ["report"] = new ReportService(
                options, book, catalogue, engine, new ExportAction(engine, book, new ExportBook(options), Sessions, address), custom, new UsageAction(family, catalogue), realtime).Run,
            ["livereports"] = (action, call, own, _) => live.LiveReports(action, call, own),
            [RawEvents.Service] = (action, call, own, _) => Events.Run(action, call, own),
            ["beacon_beacon"] = (action, call, own, _) => live.Beacons(action, call, own),
        };
        var assets = new Assets(Store, options.PartnerId);
        foreach (var (name, call) in new ListService(Store, assets, options.Clock).Services)
            services.Add(name, call);
        var actions = new ActionBook(Store, options.PartnerId);
        services.Add("thumbasset", (action, call, own, _) => actions.Thumbnails(action, call, own));
        services.Add("reach_entryvendortask", (action, call, own, _) => actions.VendorTasks(action, call, own));
        Messaging = new MessagingEndpoint(Sessions, faults, actions, options.PartnerId);
        var templates = new TemplateBook();
        services.Add(TemplateService.Name, (action, call, own, _) => new TemplateService(templates, options.PartnerId, options.Clock).Run(action, call, own));
        var notifier = new Notifier(templates, assets, Store.Entries.Find, options.AdminSecret, options.Clock);
        Services = services;
        var jobs = new JobBook(options);
        Microservice = new ReportsEndpoint(Sessions, faults, jobs, new JobReports(Store, options.Seed));
        Control = new ControlEndpoint(Store, faults, new TruthWriter(engine, book, catalogue, options.Clock), book, custom, assets, jobs, Microservice, timeline, realtime, beacons, notifier, actions, Events, options.Clock);
    }

    public SandboxOptions Options { get; }

    public int PartnerId => Options.PartnerId;

    public EventStore Store { get; }

    public SessionBook Sessions { get; }

    /// <summary>Takes an event that was kept; called in the order of the log.</summary>
    public void Receive(long number, CollectedEvent item)
    {
        Events.Add(number);
        Store.Received.Add(_steps.Make(item));
    }

    /// <summary>What was received of this account, one by one.</summary>
    public RawEvents Events { get; }

    /// <summary>Services by name, in lower case.</summary>
    public IReadOnlyDictionary<string, ServiceCall> Services { get; }

    public ControlEndpoint Control { get; }

    public ReportsEndpoint Microservice { get; }

    public MessagingEndpoint Messaging { get; }

    /// <summary>Plays in the range of a request, as a report prints them.</summary>
    public Func<ReportRequest, string> PlaysIn { get; }
}
