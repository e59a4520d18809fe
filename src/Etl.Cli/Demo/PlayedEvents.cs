using System.Globalization;
using Etl.Cli.Composition;
using Etl.Cli.Events;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Model;

namespace Etl.Cli.Demo;

/// <summary>What simulated viewers sent.</summary>
/// <param name="Model">The viewers.</param>
/// <param name="Tally">What reports should say of them.</param>
/// <param name="Pages">Pages that they loaded.</param>
/// <param name="Clicks">Buttons that they clicked.</param>
/// <param name="Events">Events that were delivered.</param>
/// <param name="At">When, by the clock of the demo.</param>
internal sealed record Audience(ViewerModelOptions Model, EventTally Tally, int Pages, int Clicks, long Events, DateTimeOffset At)
{
    /// <summary>Expected value of a metric.</summary>
    public double this[string metric] => Tally.Expected.Single(e => e.Metric == metric).Value;
}

/// <summary>
/// Makes event data as <c>etl events play</c> does: the seeded viewer model, the queue on disk, the sender, the sandbox's collector. Each viewer loads a page
/// first, and who plays clicked a button there.
/// </summary>
internal sealed class PlayedEvents(EtlHost host, Terminal terminal, TimeProvider clock)
{
    private static readonly DeliverySettings s_settings = new(Rate: null, Concurrency: 8, QueueLimitBytes: 64L << 20, EventMethod.Post, Sign: false);

    /// <summary>Plays an entry by so many viewers and waits until the collector has every event.</summary>
    /// <exception cref="EtlException">An event was not delivered.</exception>
    public async Task<Audience> PlayAsync(string entry, TimeSpan duration, int viewers, int seed, string label, CancellationToken cancellation)
    {
        var model = new ViewerModelOptions
        {
            Api = EventCatalog.Default.TrackEvent, PartnerId = host.Events.Settings.PartnerId, EntryId = entry, Duration = duration, Viewers = viewers, Seed = seed, Label = label,
            Common = [new("kalturaApplication", "demo-portal"), new("referrer", "https://portal.example.com/watch")],
        };
        var tally = new EventTally();
        var (pages, clicks) = (0, 0);
        var delivery = new Delivery(host, terminal, s_settings);
        var sent = await delivery.RunAsync((queue, stop) => Player.PlayAsync(
            WithPages(ViewerModel.Play(model), () => pages++, () => clicks++), speed: 0, delivery, queue, tally, stop, clock), cancellation).ConfigureAwait(false);
        if (sent.Fault is { } fault) throw fault;
        if (sent.Left > 0 || sent.Refused > 0)
            throw new EtlException(FaultKind.Unreachable, string.Create(CultureInfo.InvariantCulture, $"The sandbox's collector did not take all events: {sent.Refused} were refused and {sent.Left} wait."));
        return new Audience(model, tally, pages, clicks, sent.Delivered, clock.GetUtcNow());
    }

    private static IEnumerable<TimedEvent> WithPages(IEnumerable<TimedEvent> events, Action onPage, Action onClick)
    {
        HashSet<string> seen = new(StringComparer.Ordinal), playing = new(StringComparer.Ordinal);
        foreach (var item in events)
        {
            // A replay is another session of the same viewer, on the page that is open.
            if (item.Event.AsUser is { } viewer && seen.Add(viewer))
            {
                onPage();
                yield return OnPage(item, "PAGE_LOAD");
            }
            if (item.Event is { Type.Name: "PLAY", AsUser: { } player } && playing.Add(player))
            {
                onClick();
                yield return OnPage(item, "BUTTON_CLICKED");
            }
            yield return item;
        }
    }

    private static TimedEvent OnPage(TimedEvent like, string name)
    {
        var e = like.Event;
        List<KeyValuePair<string, string>> parameters =
        [
            new("partnerId", e["partnerId"]!), new("entryId", e["entryId"]!), new("kalturaApplication", "demo-portal"), new("pageType", "entry"), new("pageName", "watch"), new("referrer", "https://portal.example.com/watch"),
        ];
        if (name == "BUTTON_CLICKED") parameters.AddRange([new("buttonType", "play"), new("buttonName", "watch now")]);
        return like with { Event = new KalturaEvent(e.Api, e.Api.Find(name)!, parameters) { AsUser = e.AsUser, Privileges = e.Privileges } };
    }
}
