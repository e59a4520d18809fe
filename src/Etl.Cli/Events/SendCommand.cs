using System.Buffers.Binary;
using System.CommandLine;
using System.Security.Cryptography;
using Etl.Cli.Commands;
using Etl.Cli.Composition;
using Etl.Cli.Output;
using Etl.Core.Errors;
using Etl.Kaltura.Events;
using Etl.Kaltura.Events.Queue;

namespace Etl.Cli.Events;

/// <summary><c>etl events send</c>: a file, standard input, or what waits in the queue.</summary>
internal static class SendCommand
{
    private const int BatchLines = 1_000, MaxFaultsShown = 50;

    public static Command Create(GlobalOptions globals)
    {
        var file = new Argument<string?>("FILE") { Description = "JSON lines or CSV, one event each; '-' reads standard input. Left out: what waits in the queue.", Arity = ArgumentArity.ZeroOrOne };
        var dry = new Option<bool>("--dry-run") { Description = "Check the input and show the requests; queue and send nothing." };
        var options = new DeliveryOptions();
        var command = new Command("send", "Queue events on disk and send them.") { file, dry };
        options.AddTo(command);
        command.SetAction(globals, async (result, terminal, cancellation) =>
        {
            var host = EtlHost.Open(globals, result);
            await using (host.ConfigureAwait(false))
            {
                var reading = new EventReadOptions { Api = options.Api(result), PartnerId = host.Events.Settings.PartnerId };
                var delivery = new Delivery(host, terminal, options.Read(result));
                var path = result.GetValue(file);
                if (path is not (null or "-") && !File.Exists(path)) throw new EtlException(FaultKind.Usage, $"There is no file '{path}'.") { Code = "input" };
                if (result.GetValue(dry)) return await DryAsync(path ?? throw new EtlException(FaultKind.Usage, "'--dry-run' needs a file, or '-'.") { Code = "usage" }, reading, host, delivery, terminal, cancellation).ConfigureAwait(false);
                return path switch
                {
                    null => delivery.Tell(await delivery.RunAsync((_, _) => Task.CompletedTask, cancellation).ConfigureAwait(false)),
                    "-" => await StreamAsync(reading, delivery, terminal, cancellation).ConfigureAwait(false),
                    _ => await FileAsync(path, reading, host, delivery, terminal, cancellation).ConfigureAwait(false),
                };
            }
        });
        return command;
    }

    private static async Task<int> FileAsync(string path, EventReadOptions reading, EtlHost host, Delivery delivery, Terminal terminal, CancellationToken cancellation)
    {
        // The whole file is checked first: a usage fault touches nothing.
        var events = await CheckAsync(path, reading, host, terminal, cancellation).ConfigureAwait(false);
        var input = await InputAsync(path, cancellation).ConfigureAwait(false);
        var result = await delivery.RunAsync(async (queue, stop) =>
        {
            var taken = queue.LinesTaken(input);
            if (taken == EventQueue.WholeInput)
            {
                terminal.Note($"An earlier run took '{path}' over whole; it is not taken twice, and what is left of it is sent. Once all is sent, the same file may be sent anew.");
                return;
            }
            if (taken > 0) terminal.Note($"An earlier run took '{path}' over as far as line {taken}; this one goes on behind it.");
            var stream = File.OpenRead(path);
            await using (stream.ConfigureAwait(false))
            {
                List<EventLine> batch = [];
                await foreach (var line in EventReader.ReadAsync(stream, reading, stop).ConfigureAwait(false))
                {
                    if (line.Number <= taken) continue;
                    batch.Add(line);
                    if (batch.Count < BatchLines) continue;
                    await delivery.AppendAsync(queue, batch, input, isEnd: false, waitsForEver: false, stop).ConfigureAwait(false);
                    batch = [];
                }
                await delivery.AppendAsync(queue, batch, input, isEnd: true, waitsForEver: false, stop).ConfigureAwait(false);
            }
        }, cancellation).ConfigureAwait(false);
        terminal.Note($"'{path}' holds {events} events.");
        return delivery.Tell(result);
    }

    private static async Task<int> StreamAsync(EventReadOptions reading, Delivery delivery, Terminal terminal, CancellationToken cancellation)
    {
        long bad = 0;
        var result = await delivery.RunAsync(async (queue, stop) =>
        {
            var stream = Console.OpenStandardInput();
            await using (stream.ConfigureAwait(false))
            {
                List<EventLine> batch = [];
                var lines = EventReader.ReadAsync(stream, reading, stop).GetAsyncEnumerator(stop);
                await using (lines.ConfigureAwait(false))
                {
                    while (true)
                    {
                        var next = lines.MoveNextAsync();
                        // Whoever writes slowly is not kept waiting for a full batch.
                        if (batch.Count >= BatchLines || (batch.Count > 0 && !next.IsCompleted))
                        {
                            await AppendAsync(queue, batch, stop).ConfigureAwait(false);
                            batch = [];
                        }
                        if (!await next.ConfigureAwait(false)) break;
                        var line = lines.Current;
                        if (line.Event is not null)
                        {
                            batch.Add(line);
                            continue;
                        }
                        bad++;
                        Blame(terminal, line);
                    }
                }
                if (batch.Count > 0) await AppendAsync(queue, batch, stop).ConfigureAwait(false);
            }
        }, cancellation).ConfigureAwait(false);
        return delivery.Tell(result, bad);

        async Task AppendAsync(EventQueue queue, List<EventLine> batch, CancellationToken stop)
        {
            await delivery.AppendAsync(queue, batch, input: 0, isEnd: false, waitsForEver: true, stop).ConfigureAwait(false);
            // Whoever pipes may forget what is before this line.
            terminal.Object(new { type = "queued", line = batch[^1].Number });
        }
    }

    private static async Task<int> DryAsync(string path, EventReadOptions reading, EtlHost host, Delivery delivery, Terminal terminal, CancellationToken cancellation)
    {
        var stream = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            long good = 0, bad = 0;
            await foreach (var line in EventReader.ReadAsync(stream, reading, cancellation).ConfigureAwait(false))
            {
                if (line.Event is null)
                {
                    bad++;
                    Blame(terminal, line);
                    continue;
                }
                good++;
                var (method, address, fields) = EventPreview.Of(line.Event, host.Events, delivery.SenderOptions);
                terminal.Object(new { type = "request", line = line.Number, method, address, user = line.Event.AsUser, fields = fields.ToDictionary(f => f.Key, f => f.Value) });
                terminal.Line($"line {line.Number}: {method} {address}");
                foreach (var (name, value) in fields) terminal.Line($"  {name} = {value}");
            }
            var exit = bad > 0 ? ExitCode.Usage : ExitCode.Done;
            terminal.Line($"{good} events are good, {bad} are not. Nothing was queued or sent.");
            terminal.Object(new { type = "summary", exit, good, bad });
            return exit;
        }
    }

    private static async Task<long> CheckAsync(string path, EventReadOptions reading, EtlHost host, Terminal terminal, CancellationToken cancellation)
    {
        long good = 0, bad = 0;
        var isTracked = false;
        var stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            await foreach (var line in EventReader.ReadAsync(stream, reading, cancellation).ConfigureAwait(false))
            {
                isTracked |= line.Event?.Api == EventCatalog.Default.TrackEvent;
                if (line.Event is not null) good++;
                else if (++bad <= MaxFaultsShown) Blame(terminal, line);
            }
        }
        if (bad > MaxFaultsShown) terminal.Warn($"… and {bad - MaxFaultsShown} lines more.");
        if (isTracked) DeliveryOptions.NeedAnalytics(host);
        return bad == 0 ? good : throw new EtlException(FaultKind.Usage, $"{bad} of {good + bad} events in '{path}' have faults; none was queued or sent. Mend them and send the file again.") { Code = "bad-events" };
    }

    private static void Blame(Terminal terminal, EventLine line)
    {
        foreach (var fault in line.Faults) terminal.Warn($"line {line.Number}: {fault}");
        terminal.Object(new { type = "fault", line = line.Number, faults = line.Faults });
    }

    private static async Task<ulong> InputAsync(string path, CancellationToken cancellation)
    {
        var stream = File.OpenRead(path);
        await using (stream.ConfigureAwait(false))
        {
            // Zero means none.
            return BinaryPrimitives.ReadUInt64LittleEndian(await SHA256.HashDataAsync(stream, cancellation).ConfigureAwait(false)) | 1;
        }
    }
}
