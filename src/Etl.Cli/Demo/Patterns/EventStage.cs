using Etl.Cli.Composition;
using Etl.Cli.Events;
using Etl.Cli.Output;

namespace Etl.Cli.Demo.Patterns;

/// <summary>What a pattern that sends events works with: viewers, a clock to put forward, and reports that need a while to know of an event.</summary>
internal sealed class EventStage(EtlHost host, Terminal terminal, SteppedClock clock)
{
    /// <summary>How long the sandbox's reports need, as the service's need 10 to 30 minutes.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromMinutes(15);

    /// <summary>Length that the entry is played with.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromMinutes(10);

    private readonly PlayedEvents _played = new(host, terminal, clock);

    /// <summary>Who played, in order.</summary>
    public List<Audience> Audiences { get; } = [];

    /// <summary>Where the clock of such a pattern begins: half an hour before the end of yesterday, UTC.</summary>
    public static DateTimeOffset Begin => new DateTimeOffset(TimeProvider.System.GetUtcNow().Date, TimeSpan.Zero).AddMinutes(-30);

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>Puts the clock forward and says why.</summary>
    public void Put(DateTimeOffset now, string why)
    {
        clock.Put(now);
        terminal.Note($"{now:yyyy-MM-dd HH:mm} UTC  {why}");
    }

    /// <summary>Viewers play an entry at this moment; every event has arrived at the collector when this is done.</summary>
    public async Task PlayAsync(string entry, int viewers, int seed, string label, CancellationToken cancellation)
    {
        var audience = await _played.PlayAsync(entry, Duration, viewers, seed, label, cancellation).ConfigureAwait(false);
        Audiences.Add(audience);
        terminal.Note($"{Now:yyyy-MM-dd HH:mm} UTC  {viewers} viewers of {entry}: {audience.Events} events sent to the collector, {audience["count_plays"]:0} plays among them.");
        terminal.Object(new { type = "played", entry, viewers, label, events = audience.Events, plays = audience["count_plays"], at = Now });
    }

    /// <summary>What the reports say of an audience, by metric.</summary>
    public Task<IReadOnlyDictionary<string, double?>> ReportedAsync(Audience audience, CancellationToken cancellation) =>
        new ReportedMetrics(host, audience.Model, audience.At).ReadAsync(cancellation);
}
