using System.CommandLine;
using System.Globalization;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Model;
using Etl.Kaltura.Events.Queue;

namespace Etl.Cli.Events;

/// <summary><c>etl events play</c>: simulated viewers of one entry.</summary>
internal static class PlayCommand
{
    public static Command Create(GlobalOptions globals)
    {
        var entry = new Option<string>("--entry") { Description = "Entry that is played.", Required = true, HelpName = "ID" };
        var duration = GlobalOptions.Number("--duration", "Length of the entry in seconds.", 600, 1, 86_400);
        var users = GlobalOptions.Number("--users", "Viewers.", 50, 1, 100_000);
        var speed = GlobalOptions.Number("--speed", "Seconds of playback per second; 0 plays as fast as it can be queued.", 1, 0, 1_000_000);
        var seed = GlobalOptions.Number("--seed", "Same seed, same viewers.", 1, 0, int.MaxValue);
        var options = new DeliveryOptions();
        var command = new Command("play", "Simulate viewers of an entry, with pauses, seeks, drops and replays, and send what their players would.") { entry, duration, users, speed, seed };
        options.AddTo(command);
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var began = TimeProvider.System.GetUtcNow();
                var model = new ViewerModelOptions
                {
                    Api = options.ApiOrBest(result, host), PartnerId = host.Events.Settings.PartnerId, EntryId = result.GetRequiredValue(entry),
                    Duration = TimeSpan.FromSeconds(result.GetValue(duration)), Viewers = result.GetValue(users), Seed = result.GetValue(seed),
                    // Sessions of another run are others, also with the same seed.
                    Label = string.Create(CultureInfo.InvariantCulture, $"play-{began.ToUnixTimeSeconds()}"),
                };
                var delivery = new Delivery(host, terminal, options.Read(result));
                var sent = await delivery.RunAsync((queue, stop) => Player.PlayAsync(ViewerModel.Play(model), result.GetValue(speed), delivery, queue, tally: null, stop), cancellation).ConfigureAwait(false);
                return delivery.Tell(sent);
            }
        });
        return command;
    }
}

/// <summary>Plays a model's events into the queue at their speed.</summary>
internal static class Player
{
    private const int BatchEvents = 500;

    /// <summary>Appends each event when its time has come. The events carry the time at which they do, by the clock (the system's by default).</summary>
    public static async Task PlayAsync(
        IEnumerable<TimedEvent> events, int speed, Delivery delivery, EventQueue queue, EventTally? tally, CancellationToken cancellation, TimeProvider? clock = null)
    {
        clock ??= TimeProvider.System;
        var began = clock.GetUtcNow();
        List<EventLine> batch = [];
        foreach (var (at, e) in events)
        {
            var due = speed == 0 ? began : began + at / speed;
            if (batch.Count >= BatchEvents || (batch.Count > 0 && due > clock.GetUtcNow()))
            {
                await delivery.AppendAsync(queue, batch, input: 0, isEnd: false, waitsForEver: false, cancellation).ConfigureAwait(false);
                batch = [];
            }
            if (due - clock.GetUtcNow() is { Ticks: > 0 } wait) await Task.Delay(wait, cancellation).ConfigureAwait(false);
            tally?.Add(e);
            batch.Add(new EventLine(0, Timed(e, clock.GetUtcNow(), began), []));
        }
        if (batch.Count > 0) await delivery.AppendAsync(queue, batch, input: 0, isEnd: false, waitsForEver: false, cancellation).ConfigureAwait(false);
    }

    private static KalturaEvent Timed(KalturaEvent e, DateTimeOffset now, DateTimeOffset began) => e.Api == EventCatalog.Default.StatsCollect
        ? e.With("eventTimestamp", now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture))
        : e.With("sessionStartTime", began.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture));
}
