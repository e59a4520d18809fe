namespace Etl.Cli.Demo.Patterns;

/// <summary>A pattern of the guides: the job that does it, and how its demo is played and judged.</summary>
/// <param name="Number">Its number in the guide: <c>15.4</c>.</param>
/// <param name="Name">The job's name: <c>compliance-training</c>. The file is <c>jobs/patterns/&lt;number&gt;-&lt;name&gt;.yaml</c>.</param>
/// <param name="Title">What it is, in a few words.</param>
/// <param name="Check">Compares what the job made with what the sandbox says happened.</param>
internal sealed record Pattern(string Number, string Name, string Title, Func<PatternBench, Task> Check)
{
    /// <summary>Sends events before the job runs, for patterns that live of them; the sandbox's clock is then put forward by hand.</summary>
    public Func<PatternBench, Task>? Prepare { get; init; }

    /// <summary>What is shown of the outcome: a heading, and a query over the warehouse.</summary>
    public IReadOnlyList<(string Heading, string Sql)> Shows { get; init; } = [];

    /// <summary>What the shown figures mean.</summary>
    public string Meaning { get; init; } = "";

    /// <summary>The job's file.</summary>
    public string File => $"{Number}-{Name}.yaml";
}
