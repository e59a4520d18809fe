using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Text;

namespace Etl.Pipeline.Jobs;

/// <summary>What was read from job files: the jobs that can be run and every fault that was found.</summary>
/// <param name="Jobs">Jobs without any fault, in the order of their files. A job that shares its name or a landing with another is not among them.</param>
/// <param name="Faults">All faults of all files, ordered by file, line and column.</param>
public sealed record JobSet(IReadOnlyList<JobDefinition> Jobs, IReadOnlyList<JobFault> Faults)
{
    /// <summary>Finds a job that can be run.</summary>
    /// <exception cref="EtlException">It has faults (the message lists them) or does not exist (the message names the nearest).</exception>
    public JobDefinition Get(string name)
    {
        var job = Jobs.FirstOrDefault(j => j.Name == name);
        if (job is not null) return job;

        var own = Faults.Where(f => f.Job == name).ToList();
        if (own.Count > 0) throw Fault("bad-job", $"Job '{name}' has {Count(own)}:{Lines(own)}");

        var hint = Nearest.Hint(name, Jobs.Select(j => j.Name));
        var unread = Faults.Where(f => f.Job is null).ToList();
        throw Fault("unknown-job", unread.Count == 0
            ? $"There is no job '{name}'.{hint}"
            : $"There is no job '{name}' among the files that could be read.{hint}{Lines(unread)}");
    }

    /// <summary>Stops when any file has a fault.</summary>
    /// <exception cref="EtlException">The message lists every fault, one to a line.</exception>
    public void ThrowIfFaulty()
    {
        if (Faults.Count > 0) throw Fault("bad-job", $"The job files have {Count(Faults)}:{Lines(Faults)}");
    }

    private static EtlException Fault(string code, string message) => new(FaultKind.Usage, message) { Code = code };

    private static string Count(IReadOnlyList<JobFault> faults) => faults.Count == 1 ? "1 fault" : $"{faults.Count} faults";

    private static string Lines(IEnumerable<JobFault> faults) => string.Concat(faults.Select(f => $"\n{f}"));
}
