using System.Globalization;
using System.Text.Json;
using Etl.Sandbox.Actions;
using Etl.Sandbox.Collect;
using Etl.Sandbox.Custom;
using Etl.Sandbox.Events;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Lists;
using Etl.Sandbox.Live;
using Etl.Sandbox.Microservice;
using Etl.Sandbox.Notifications;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace Etl.Sandbox.Dispatch;

/// <summary>
/// What the real service does not have, below <c>/sandbox</c>, for the account of the sandbox or the child named by <c>account=</c>:
/// <code>
/// GET    /sandbox/health                        {"status":"ok","entries":..,"from":..,"to":..,"reports":[..]}
/// GET    /sandbox/truth?report=&amp;from=&amp;to=&amp;tz=   every row, JSON lines (see TruthWriter)
/// GET    /sandbox/truth-base?report=&amp;from=&amp;to=   the base totals of 17 and 18, JSON lines
/// GET    /sandbox/truth-custom?id=&amp;params=      every row of a custom report, JSON lines: values as they are, no cap
/// GET    /sandbox/truth-list?of=                  every object of the entries, captions, nodes or users, JSON lines
/// GET    /sandbox/microservice                  {"generated":n,"jobs":[{"sessionId","reportName","parameters","status","served"}]}
/// GET    /sandbox/truth-microservice?session=   every row of a generated report, JSON lines, whatever its state
/// GET    /sandbox/truth-live?from=&amp;to=           the live and DVR sessions that touch a range: entry, type, start, heartbeats
/// GET    /sandbox/truth-realtime?report=&amp;from=&amp;to=&amp;interval=   every row of a realtime report, JSON lines
/// GET    /sandbox/truth-beacons?from=&amp;to=        every beacon of the log with updatedAt in [from, to), JSON lines
/// POST   /sandbox/beacons                       {"severity":4[,"from":unix]} what health beacons say from then on; from now by default
/// GET    /sandbox/actions                       what was changed by calls, JSON lines: call, entryId, id; of messages also templateId and to
/// GET    /sandbox/events?from=&amp;to=&amp;after=&amp;most=   received events by the time of their coming in [from, to), JSON lines; go on after the last id
/// GET    /sandbox/faults                        what is in force
/// POST   /sandbox/faults                        {"kind","action","times","skip","report","account","page","parameter"} or a list of them
/// DELETE /sandbox/faults                        none any more
/// POST   /sandbox/restate                       {"kind":"late"|"withdrawn"|"emptied","from","to"[,"entry"][,"every"]} or "day":"YYYYMMDD" (UTC)
/// POST   /sandbox/notifications                 {"entry","status":"2"[,"at"]} an entry gets a status: posted to the active templates that it concerns
/// POST   /sandbox/notifications                 {"pass":60} lets seconds pass, so that what failed is posted again; {"again":true} posts everything once more
/// </code>
/// </summary>
internal sealed class ControlEndpoint(
    EventStore store, FaultBook faults, TruthWriter truth, ReportBook book, CustomAction custom, Assets assets, JobBook jobs, ReportsEndpoint microservice,
    Timeline timeline, RealtimeReports realtime, Beacons beacons, Notifier notifier, ActionBook actions, RawEvents events,
    TimeProvider clock)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private static readonly string[] LiveColumns = ["entry_id", "playback_type", "start", "heartbeats"];

    public async Task HandleAsync(HttpContext context)
    {
        try
        {
            var path = context.Request.Path.Value!.TrimEnd('/').ToLowerInvariant();
            var verb = context.Request.Method;
            switch (path)
            {
                case "/sandbox/health":
                    await WriteAsync(context, new { status = "ok", entries = store.Entries.Count, users = store.Users.Count, from = store.Start, to = store.End, reports = book.ComputedTypes }).ConfigureAwait(false);
                    break;
                case "/sandbox/truth":
                    await truth.WriteAsync(context).ConfigureAwait(false);
                    break;
                case "/sandbox/truth-base":
                    await truth.WriteBaseAsync(context).ConfigureAwait(false);
                    break;
                case "/sandbox/truth-custom":
                    await TruthOfCustomAsync(context).ConfigureAwait(false);
                    break;
                case "/sandbox/truth-list":
                    var kind = context.Request.Query["of"].ToString();
                    await WriteLinesAsync(context, assets.All(kind) ?? throw new ArgumentException($"List '{kind}' is not known; known are: entries, captions, nodes, users.")).ConfigureAwait(false);
                    break;
                case "/sandbox/truth-microservice":
                    var session = context.Request.Query["session"].ToString();
                    var job = microservice.Truth(session) ?? throw new ArgumentException($"No report was generated with the session id '{session}'.");
                    await RowLines.WriteAsync(context, job.Columns, job.Rows).ConfigureAwait(false);
                    break;
                case "/sandbox/microservice":
                    await WriteAsync(context, new
                    {
                        generated = jobs.All().Count,
                        jobs = jobs.All().Select(j => new { j.SessionId, j.ReportName, j.Parameters, status = jobs.StatusOf(j).Word, j.Served }),
                    }).ConfigureAwait(false);
                    break;
                case "/sandbox/truth-live":
                    var (from, to) = (PhpCast.ToInt(context.Request.Query["from"]), PhpCast.ToInt(context.Request.Query["to"]));
                    await RowLines.WriteAsync(context, LiveColumns, timeline.Sessions(from, to)).ConfigureAwait(false);
                    break;
                case "/sandbox/truth-beacons":
                    await WriteLinesAsync(context, beacons.Log(PhpCast.ToInt(context.Request.Query["from"]), PhpCast.ToInt(context.Request.Query["to"]))).ConfigureAwait(false);
                    break;
                case "/sandbox/beacons" when HttpMethods.IsPost(verb):
                    using (var body = await JsonDocument.ParseAsync(context.Request.Body).ConfigureAwait(false))
                    {
                        var told = body.RootElement.Deserialize<HealthBody>(Json) ?? throw new ArgumentException("The health has no content.");
                        beacons.Tell(told.From ?? clock.GetUtcNow().ToUnixTimeSeconds(), told.Severity);
                    }
                    await WriteAsync(context, new { status = "ok" }).ConfigureAwait(false);
                    break;
                case "/sandbox/events":
                    var asked = context.Request.Query;
                    await WriteLinesAsync(context, events.Page(PhpCast.ToInt(asked["from"]), asked["to"].Count > 0 ? PhpCast.ToInt(asked["to"]) : long.MaxValue / 1_000,
                        PhpCast.ToInt(asked["after"]), asked["most"].Count > 0 ? (int)Math.Clamp(PhpCast.ToInt(asked["most"]), 1, RawEvents.MostPerPage) : RawEvents.MostPerPage).Objects).ConfigureAwait(false);
                    break;
                case "/sandbox/truth-realtime":
                    await truth.WriteRealtimeAsync(context, realtime).ConfigureAwait(false);
                    break;
                case "/sandbox/actions":
                    await WriteLinesAsync(context, actions.Calls).ConfigureAwait(false);
                    break;
                case "/sandbox/faults" when HttpMethods.IsPost(verb):
                    foreach (var fault in await ReadFaultsAsync(context.Request).ConfigureAwait(false))
                        faults.Add(fault);
                    await WriteAsync(context, faults.List()).ConfigureAwait(false);
                    break;
                case "/sandbox/faults":
                    if (HttpMethods.IsDelete(verb))
                        faults.Clear();
                    await WriteAsync(context, faults.List()).ConfigureAwait(false);
                    break;
                case "/sandbox/restate" when HttpMethods.IsPost(verb):
                    store.Restate(await ReadRestatementAsync(context.Request).ConfigureAwait(false));
                    await WriteAsync(context, new { status = "ok" }).ConfigureAwait(false);
                    break;
                case "/sandbox/notifications" when HttpMethods.IsPost(verb):
                    await NotifyAsync(context).ConfigureAwait(false);
                    break;
                default:
                    context.Response.StatusCode = StatusCodes.Status404NotFound;
                    break;
            }
        }
        catch (Exception error) when (error is ArgumentException or JsonException or FormatException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(error.Message, context.RequestAborted).ConfigureAwait(false);
        }
    }

    private async Task NotifyAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body).ConfigureAwait(false);
        var asked = body.RootElement.Deserialize<NotifyBody>(Json) ?? throw new ArgumentException("The notification has no content.");
        var all = asked.Entry is { } entry
            ? await notifier.HappenAsync(entry, asked.Status ?? "2", asked.At).ConfigureAwait(false)
            : await notifier.PassAsync(TimeSpan.FromSeconds(asked.Pass), asked.Again).ConfigureAwait(false);
        await WriteAsync(context, all.Select(n => new { n.JobId, n.Url, n.Answers, n.State })).ConfigureAwait(false);
    }

    private Task TruthOfCustomAsync(HttpContext context)
    {
        var query = context.Request.Query;
        try
        {
            var (columns, rows) = custom.Truth(PhpCast.ToInt(query["id"]), query["params"]);
            return RowLines.WriteAsync(context, columns, rows);
        }
        catch (ApiException error)
        {
            throw new ArgumentException($"Custom report '{query["id"]}' lacks a parameter: '{query["params"]}'.", error);
        }
    }

    private static async Task WriteLinesAsync(HttpContext context, IEnumerable<ApiObject> items)
    {
        context.Response.ContentType = "application/x-ndjson; charset=utf-8";
        foreach (var item in items)
            await context.Response.WriteAsync(Wire.JsonSerializer.Serialize(item) + "\n", context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task<List<SandboxFault>> ReadFaultsAsync(HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body).ConfigureAwait(false);
        return body.RootElement.ValueKind == JsonValueKind.Array
            ? body.RootElement.Deserialize<List<SandboxFault>>(Json)!
            : [body.RootElement.Deserialize<SandboxFault>(Json)!];
    }

    private static async Task<Restatement> ReadRestatementAsync(HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body).ConfigureAwait(false);
        var asked = body.RootElement.Deserialize<RestateBody>(Json) ?? throw new ArgumentException("The restatement has no content.");
        if (!Enum.TryParse<RestatementKind>(asked.Kind, ignoreCase: true, out var kind))
            throw new ArgumentException($"Restatement kind '{asked.Kind}' is not known; known are: late, withdrawn, emptied.");
        var (from, to) = (asked.From, asked.To);
        if (asked.Day is { } day)
        {
            var start = DateTime.ParseExact(day.Replace("-", "", StringComparison.Ordinal), "yyyyMMdd", CultureInfo.InvariantCulture);
            from = new DateTimeOffset(start, TimeSpan.Zero).ToUnixTimeSeconds();
            to = from + 86_400;
        }
        if (from >= to)
            throw new ArgumentException($"The restated range from {from} to {to} is empty; expected unix seconds or a day.");
        return new Restatement(kind, from, to, asked.Entry, asked.Every ?? 10);
    }

    private static Task WriteAsync(HttpContext context, object value)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(System.Text.Json.JsonSerializer.Serialize(value, Json), context.RequestAborted);
    }

    private sealed record NotifyBody(string? Entry, string? Status, long? At, int Pass, bool Again);

    private sealed record HealthBody(int Severity, long? From);

    private sealed record RestateBody(string? Kind, long From, long To, string? Day, string? Entry, int? Every);
}
