using System.Text;
using System.Text.Json;
using Etl.Sandbox.Faults;
using Etl.Sandbox.Reports;
using Etl.Sandbox.Sessions;
using Etl.Sandbox.Wire;
using Microsoft.AspNetCore.Http;

namespace Etl.Sandbox.Microservice;

/// <summary>
/// The reports microservice (wire facts 9, guide 004 section 10), below <c>/api/v1/report</c>:
/// <code>
/// POST generate  {"reportName","reportParameters"}      -> {"sessionId"}
/// POST serve     {"sessionId","statusOnly":true}        -> {"status"}, and {"error"} with it when it failed
/// POST serve     {"sessionId"}                          -> the CSV, or the status while it is not completed
/// Authorization: Bearer session token
/// errors: {"statusCode","error","message": text or list} with that status
/// </code>
/// Nothing of it is in the public server code but the form of errors. Ours are: the word <c>failed</c>, 404 for an unknown session id,
/// 400 for faulty parameters, 403 without <c>virtualeventid</c>, and the file: UTF-8 without BOM, line feeds, quotes only where needed.
/// </summary>
internal sealed class ReportsEndpoint(SessionBook sessions, FaultBook faults, JobBook jobs, JobReports reports)
{
    private static readonly string[] JobFaults = [SandboxFaultKinds.StuckPending, SandboxFaultKinds.JobFailed, SandboxFaultKinds.UnknownStatus];
    private static readonly char[] Special = ['"', ',', '\n', '\r'];

    public async Task HandleAsync(HttpContext context)
    {
        var action = context.Request.Path.Value!.TrimEnd('/').ToLowerInvariant() switch
        {
            "/api/v1/report/generate" => "generate",
            "/api/v1/report/serve" => "serve",
            _ => null,
        };
        var hits = action is null ? [] : faults.Take("microservice", action, null, null);
        var answer = action is null || !HttpMethods.IsPost(context.Request.Method)
            ? Answer.Error(404, "Not Found", $"Cannot {context.Request.Method} {context.Request.Path.Value}")
            : await RunAsync(context, action, hits).ConfigureAwait(false);
        context.Response.StatusCode = answer.Status;
        context.Response.ContentType = answer.ContentType;
        await AnswerWriter.WriteAsync(context, answer.Body, hits).ConfigureAwait(false);
    }

    private async Task<Answer> RunAsync(HttpContext context, string action, List<SandboxFault> hits)
    {
        if (Refuse(hits) is { } refusal)
            return refusal;
        if (Open(context) is not { } session)
            return Answer.Error(401, "Unauthorized", "Invalid or missing KS");
        if (session.Type != 2)
            return Answer.Error(403, "Forbidden", "The KS lacks the permission for reports");
        JsonElement body;
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
            body = document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return Answer.Error(400, "Bad Request", "The body is not JSON");
        }
        if (body.ValueKind != JsonValueKind.Object)
            return Answer.Error(400, "Bad Request", "The body is not an object");
        return action == "generate" ? Generate(body, session, hits) : Serve(body);
    }

    private static Answer? Refuse(List<SandboxFault> hits)
    {
        foreach (var hit in hits)
        {
            switch (hit.Kind)
            {
                case SandboxFaultKinds.ActionBlocked: return Answer.Error(429, "Too Many Requests", "Too many requests");
                case SandboxFaultKinds.InternalError: return Answer.Error(500, "Internal Server Error", "Internal server error");
                case SandboxFaultKinds.ExpiredSession: return Answer.Error(401, "Unauthorized", "Invalid or missing KS");
            }
        }
        return null;
    }

    private KalturaSession? Open(HttpContext context)
    {
        var header = context.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.Ordinal))
            return null;
        try
        {
            return sessions.Open(header["Bearer ".Length..].Trim());
        }
        catch (ApiException)
        {
            return null;
        }
    }

    private Answer Generate(JsonElement body, KalturaSession session, List<SandboxFault> hits)
    {
        var name = body.TryGetProperty("reportName", out var text) ? text.ToString() : "";
        if (!JobReports.Names.Contains(name))
            return Answer.Error(400, "Bad Request", [$"reportName must be one of: {string.Join(", ", JobReports.Names)}"]);
        if (JobReports.NeedsEvent(name) && session.PrivilegeValue("virtualeventid") is not { Length: > 0 })
            return Answer.Error(403, "Forbidden", "The KS lacks the privilege virtualeventid");
        body.TryGetProperty("reportParameters", out var node);
        var parameters = new JobParameters(node);
        reports.Find(name, parameters);
        if (parameters.Faults.Count > 0)
            return Answer.Error(400, "Bad Request", [.. parameters.Faults]);
        return Answer.Json(200, new { sessionId = jobs.Add(name, node, hits.FirstOrDefault(h => JobFaults.Contains(h.Kind))).SessionId });
    }

    private Answer Serve(JsonElement body)
    {
        if (jobs.Find(body.TryGetProperty("sessionId", out var id) ? id.ToString() : null) is not { } job)
            return Answer.Error(404, "Not Found", "Report session not found");
        var (word, error) = jobs.StatusOf(job);
        var statusOnly = body.TryGetProperty("statusOnly", out var flag) && flag.ValueKind == JsonValueKind.True;
        if (statusOnly || word != "completed")
            return error is null ? Answer.Json(200, new { status = word }) : Answer.Json(200, new { status = word, error });
        job.CountServed();
        return new Answer(200, "text/csv", Encoding.UTF8.GetBytes(Write(Table(job))));
    }

    /// <summary>The rows of a job, for the file and for comparing; null when nobody generated it.</summary>
    public JobTable? Truth(string? sessionId) => jobs.All().FirstOrDefault(j => j.SessionId == sessionId) is { } job ? Table(job) : null;

    private JobTable Table(ReportJob job) => reports.Find(job.ReportName, new JobParameters(job.Parameters));

    private static string Write(JobTable table)
    {
        var output = new StringBuilder().AppendJoin(',', table.Columns).Append('\n');
        foreach (var row in table.Rows)
            output.AppendJoin(',', row.Select(cell => Quote(TableReply.Print(cell)))).Append('\n');
        return output.ToString();
    }

    private static string Quote(string cell) =>
        cell.AsSpan().IndexOfAny(Special) < 0 ? cell : "\"" + cell.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    private sealed record Answer(int Status, string ContentType, byte[] Body)
    {
        public static Answer Json(int status, object value) =>
            new(status, "application/json; charset=utf-8", System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(value));

        /// <summary><paramref name="message"/> is a text or a list of texts.</summary>
        public static Answer Error(int status, string error, object message) => Json(status, new { statusCode = status, error, message });

        public static Answer Error(int status, string error, string[] messages) => Error(status, error, (object)messages);
    }
}
