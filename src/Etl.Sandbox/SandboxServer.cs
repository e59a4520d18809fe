using System.Net;
using Etl.Sandbox.Accounts;
using Etl.Sandbox.Catalogue;
using Etl.Sandbox.Collect;
using Etl.Sandbox.Dispatch;
using Etl.Sandbox.Events;
using Etl.Sandbox.Exports;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Etl.Sandbox;

/// <summary>
/// A Kaltura-compatible analytics service, by default on the loopback address: sessions, report tables, totals and graphs over generated playback.
/// Every number comes from one set of events, so tables, totals, graphs and <c>/sandbox/truth</c> agree by construction.
/// </summary>
/// <remarks>
/// <para>Services: <c>session</c> start, get, end, startWidgetSession; <c>appToken.startSession</c>; <c>report</c> getTable, getTotal, getGraphs,
/// getBaseTotal, getUrlForReportAsCsv, serve, getCsv, getCsvFromStringParams; <c>multirequest</c>;
/// lists of baseEntry, elasticsearch_esearch (searchEntry), caption_captionAsset, entryServerNode, user;
/// <c>stats.collect</c> and <c>analytics.trackEvent</c> (also as <c>/collect</c>), whose events all of this then counts beside the generated ones;
/// <c>eventnotification_eventnotificationtemplate</c>; <c>liveReports.getEvents</c> (ENTRY_TIME_LINE), <c>beacon_beacon.list</c>. Formats: JSON, XML, JSONP. Beside them
/// the reports microservice and, of the messaging service, <c>message/send</c>, which sends nothing.</para>
/// <para>Child accounts (<see cref="SandboxOptions.Children"/>) have data, secrets and sessions of their own; a session of the parent acts for them
/// with <c>partnerId</c>, report 42 lists them, and reports 20001 to 20022 run over the parent and all of them. An account without
/// children is a family of one.</para>
/// <para>What it serves of the reports that a job may name, by the action of the source; a test walks through the catalogue and compares:</para>
/// <code>
/// table         66 of 213: 1-7, 11-15, 17, 18, 20-25, 29, 30, 32-42, 45, 47, 52, 58, 59, 10001-10008, 10011, 20001-20017, 20019, 20022
/// total         66 of 217: 1-7, 11-15, 17, 18, 20-25, 29, 30, 32-42, 45, 47, 52, 58, 59, 10001-10008, 10011, 20001-20017, 20019, 20022
/// graphs        47 of 130: 1-3, 5-7, 11-15, 17, 18, 20-25, 29, 32-35, 38-40, 45, 47, 52, 58, 59, 20001-20011, 20015, 20016, 20019, 20022
/// base-total    2 of 2: 17, 18
/// csv           56 of 209: 1-7, 11-15, 17, 18, 20-25, 29, 30, 32-41, 45, 47, 52, 58, 59, 20001-20017, 20019, 20022
/// custom-csv    12 of 16: 3006-3010, 3030, 3035, 3037, 4021, 6000-6002
/// microservice  9 of 9: attachment, chatModeration, chatUserActivity, groupChatTranscripts, moderatorTranscripts, pollsActivity, privateTranscripts, registration, reportsEnrichment
/// </code>
/// <para>All other types of the public enumeration answer <c>INTERNAL_SERVERL_ERROR</c>, as the real service does for what it cannot run.</para>
/// <para>Unlike the real engine, distinct counts are exact and top lists complete; the faults bring the rest (drift, gaps, duplicates).</para>
/// </remarks>
public sealed class SandboxServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly EventStore _store;
    private readonly Collector _collector;
    private readonly FaultBook _faults;

    private SandboxServer(WebApplication app, EventStore store, Collector collector, FaultBook faults, SandboxOptions options)
    {
        _app = app;
        _store = store;
        _collector = collector;
        _faults = faults;
        Options = options;
        var listens = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/");
        BaseUrl = options.Host is { } host ? new UriBuilder(Uri.UriSchemeHttp, host, listens.Port).Uri : listens;
    }

    /// <summary>Where the service listens; <c>/api_v3</c>, <c>/api/v1/report</c> (the microservice) and <c>/sandbox</c> are below it.</summary>
    public Uri BaseUrl { get; }

    /// <summary>What it was started with.</summary>
    public SandboxOptions Options { get; }

    /// <summary>Sentences about what was repaired in the data folder; empty when all was whole.</summary>
    public IReadOnlyList<string> Notices => _collector.Notices;

    /// <summary>Events that are kept.</summary>
    public long Received => _collector.Log.Count;

    /// <summary>Takes events, for tests that bring more than a network carries in their time.</summary>
    internal Collector Collector => _collector;

    /// <summary>First second with generated data.</summary>
    public DateTimeOffset DataStart => DateTimeOffset.FromUnixTimeSeconds(_store.Start);

    /// <summary>End of the generated data, exclusive.</summary>
    public DateTimeOffset DataEnd => DateTimeOffset.FromUnixTimeSeconds(_store.End);

    /// <summary>Starts listening; returns when calls are accepted.</summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="IOException">The port is taken, or the data folder cannot be used.</exception>
    public static async Task<SandboxServer> StartAsync(SandboxOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();

        var catalogue = CatalogueData.Load();
        var faults = new FaultBook(options.Faults);
        var address = new ServerAddress();
        var accounts = new AccountBook(options, faults, address, catalogue);
        var collector = new Collector(accounts, options);
        var api = new ApiEndpoint(new Dispatcher(accounts, collector, faults), options);

        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            if (options.Host is null) kestrel.Listen(IPAddress.Loopback, options.Port);
            else kestrel.ListenAnyIP(options.Port);
            // Endless drips are a fault we make ourselves.
            kestrel.Limits.MinResponseDataRate = null;
        });
        // Stopping must not wait for a fault that never ends.
        builder.Services.Configure<Microsoft.Extensions.Hosting.HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        var app = builder.Build();
        app.Run(context => Route(context, api, accounts));
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await collector.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        var server = new SandboxServer(app, accounts.Parent.Store, collector, faults, options);
        address.Value = server.BaseUrl.ToString().TrimEnd('/');
        return server;
    }

    /// <summary>Puts a fault in force, as <c>POST /sandbox/faults</c> does.</summary>
    /// <exception cref="ArgumentException">The kind is not known.</exception>
    public void AddFault(SandboxFault fault) => _faults.Add(fault);

    /// <summary>Removes all faults.</summary>
    public void ClearFaults() => _faults.Clear();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        await _collector.DisposeAsync().ConfigureAwait(false);
    }

    private static async Task Route(HttpContext context, ApiEndpoint api, AccountBook accounts)
    {
        try
        {
            // Players put a slash too much in front.
            var path = new PathString("/" + context.Request.Path.Value!.TrimStart('/'));
            if (path.StartsWithSegments("/api_v3", StringComparison.OrdinalIgnoreCase) || path.StartsWithSegments("/collect", StringComparison.OrdinalIgnoreCase))
                await api.HandleAsync(context).ConfigureAwait(false);
            else if (path.StartsWithSegments("/api/v1/report", StringComparison.OrdinalIgnoreCase))
                await accounts.Parent.Microservice.HandleAsync(context).ConfigureAwait(false);
            else if (path.StartsWithSegments("/api/v1/message", StringComparison.OrdinalIgnoreCase))
                await accounts.Parent.Messaging.HandleAsync(context).ConfigureAwait(false);
            else if (path.StartsWithSegments("/sandbox", StringComparison.OrdinalIgnoreCase))
            {
                var asked = context.Request.Query["account"].ToString();
                var account = asked.Length == 0 ? accounts.Parent : accounts.Find(PhpCast.ToInt(asked));
                if (account is null)
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                else
                    await account.Control.HandleAsync(context).ConfigureAwait(false);
            }
            else
                context.Response.StatusCode = StatusCodes.Status404NotFound;
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The caller went away; nobody is left to answer.
        }
    }
}
