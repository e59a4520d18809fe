using System.CommandLine;
using Etl.Cli.Composition;
using Etl.Core.Errors;
using Etl.Kaltura.Events;

namespace Etl.Cli.Events;

/// <summary>The options that all commands take which send events.</summary>
internal sealed class DeliveryOptions
{
    private readonly Option<string?> _api = new("--api") { Description = "stats.collect or analytics.trackEvent.", HelpName = "API" };
    private readonly Option<int> _rate = GlobalOptions.Number("--rate", "Most requests a second; 0 for no bound.", 0, 0, 100_000);
    private readonly Option<int> _concurrency = GlobalOptions.Number("--concurrency", "Requests in flight per host, each of another session.", 8, 1, 256);
    private readonly Option<int> _limit = GlobalOptions.Number("--queue-limit", "Megabytes that wait on disk before new events are refused.", 1024, 1, 1_000_000);
    private readonly Option<string> _method = new("--method") { Description = "Form of the requests: post or get.", DefaultValueFactory = _ => "post", HelpName = "post|get" };
    private readonly Option<bool> _sign = new("--sign") { Description = "Sign each analytics.trackEvent request (kalsig)." };

    public DeliveryOptions()
    {
        _api.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string?>() is { } name && EventCatalog.Default.Api(name) is null)
                r.AddError($"'--api' takes {string.Join(" or ", EventCatalog.Default.Apis.Select(a => a.Name))}, not '{name}'.");
        });
        _method.Validators.Add(r =>
        {
            if (r.GetValueOrDefault<string>() is { } name && name is not ("post" or "get")) r.AddError($"'--method' takes post or get, not '{name}'.");
        });
    }

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[_api, _rate, _concurrency, _limit, _method, _sign]) command.Add(option);
    }

    /// <summary>The API that was asked for, or null.</summary>
    public EventApi? Api(ParseResult result) => result.GetValue(_api) is { } name ? EventCatalog.Default.Api(name) : null;

    /// <summary>The API to simulate for: the one that was asked for, or the one that a host is set for.</summary>
    public EventApi ApiOrBest(ParseResult result, EtlHost host)
    {
        var best = Api(result) ?? (host.Events.Settings.AnalyticsUrl is null ? EventCatalog.Default.StatsCollect : EventCatalog.Default.TrackEvent);
        if (best == EventCatalog.Default.TrackEvent) NeedAnalytics(host);
        return best;
    }

    /// <summary>Throws where the host of <c>analytics.trackEvent</c> is not set.</summary>
    public static void NeedAnalytics(EtlHost host)
    {
        if (host.Events.Settings.AnalyticsUrl is null)
            throw new EtlException(FaultKind.Usage, "KALTURA_ANALYTICS_URL is not set, and analytics.trackEvent is served by a host of its own. Set it, such as to 'https://analytics.kaltura.com', or send by stats.collect.") { Code = "settings" };
    }

    public DeliverySettings Read(ParseResult result) => new(
        result.GetValue(_rate) is > 0 and var rate ? rate : null, result.GetValue(_concurrency), result.GetValue(_limit) * (1L << 20),
        result.GetValue(_method) == "get" ? EventMethod.Get : EventMethod.Post, result.GetValue(_sign));
}

/// <summary>How events are sent.</summary>
internal sealed record DeliverySettings(double? Rate, int Concurrency, long QueueLimitBytes, EventMethod Method, bool Sign);
