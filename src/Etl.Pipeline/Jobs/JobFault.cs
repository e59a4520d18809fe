using System.Globalization;

namespace Etl.Pipeline.Jobs;

/// <summary>Something wrong in a job file.</summary>
/// <param name="File">The file, under the path that was given to the reader.</param>
/// <param name="Line">Line from one; 0 when the fault is about the file as a whole.</param>
/// <param name="Column">Column from one; 0 when the fault is about the file as a whole.</param>
/// <param name="Message">One or more whole sentences: what was found, what was expected, what to do.</param>
/// <param name="Path">JSON path of the value, such as <c>$.land[1].table.name</c>; <c>$</c> for the file.</param>
public sealed record JobFault(string File, int Line, int Column, string Message, string Path)
{
    /// <summary>Name of the job that the file defines, or null when it could not be read.</summary>
    public string? Job { get; init; }

    /// <summary>The line that people and editors read: <c>jobs/nightly.yaml:12:7: 'windw' is not a key of a job.</c></summary>
    public override string ToString() => Line == 0
        ? $"{File}: {Message}"
        : string.Create(CultureInfo.InvariantCulture, $"{File}:{Line}:{Column}: {Message}");
}
