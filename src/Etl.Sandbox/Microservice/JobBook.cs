using System.Globalization;
using System.Text.Json;
using Etl.Sandbox.Events;

namespace Etl.Sandbox.Microservice;

/// <summary>One generated report: asked for at a time, ready later.</summary>
internal sealed record ReportJob(string SessionId, string ReportName, JsonElement Parameters, DateTimeOffset CreatedAt, SandboxFault? Fault)
{
    private int _served;

    /// <summary>How often its file was handed out.</summary>
    public int Served => _served;

    public void CountServed() => Interlocked.Increment(ref _served);
}

/// <summary>The generated reports. Thread safe; a job's state follows from the clock alone.</summary>
internal sealed class JobBook(SandboxOptions options)
{
    private readonly Lock _gate = new();
    private readonly List<ReportJob> _jobs = [];

    public ReportJob Add(string reportName, JsonElement parameters, SandboxFault? fault)
    {
        lock (_gate)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{Prng.Hash(options.Seed, 60, _jobs.Count):x16}{Prng.Hash(options.Seed, 61, _jobs.Count):x16}");
            var job = new ReportJob(id, reportName, parameters.Clone(), options.Clock.GetUtcNow(), fault);
            _jobs.Add(job);
            return job;
        }
    }

    public List<ReportJob> All()
    {
        lock (_gate)
            return [.. _jobs];
    }

    /// <summary>Null when nobody generated it or its time is over.</summary>
    public ReportJob? Find(string? sessionId) =>
        All().FirstOrDefault(job => job.SessionId == sessionId && Age(job) < options.Microservice.KeptFor);

    /// <summary>The word of the state, and the reason when it failed.</summary>
    public (string Word, string? Error) StatusOf(ReportJob job)
    {
        var times = options.Microservice;
        var age = Age(job);
        if (age < times.PendingFor || job.Fault?.Kind == SandboxFaultKinds.StuckPending)
            return ("pending", null);
        if (age < times.PendingFor + times.InProgressFor)
            return ("in_progress", null);
        return job.Fault switch
        {
            { Kind: SandboxFaultKinds.JobFailed } fault => ("failed", fault.Parameter ?? "Query failed"),
            { Kind: SandboxFaultKinds.UnknownStatus } fault => (fault.Parameter ?? "queued_for_export", null),
            _ => ("completed", null),
        };
    }

    private TimeSpan Age(ReportJob job) => options.Clock.GetUtcNow() - job.CreatedAt;
}
