using Etl.Kaltura.Reports;

namespace Etl.Kaltura.Completeness;

/// <summary>What to do next.</summary>
internal enum Step
{
    /// <summary>Ask for a page, <see cref="Judgement.Page"/> of <see cref="Judgement.Size"/> rows, or for the file.</summary>
    Page,
    /// <summary>Ask for a page or the file without handing its rows on.</summary>
    Again,
    /// <summary>Ask for the totals, or how many there are.</summary>
    Totals,
    /// <summary>All rows came.</summary>
    Whole,
    /// <summary>There are none, which is proven.</summary>
    Empty,
    /// <summary>As many rows came as a request can reach: there may be more.</summary>
    Capped,
    /// <summary>Begin again, if the budget allows; otherwise it failed.</summary>
    Restart,
    /// <summary>It failed, and would again.</summary>
    Refuse,
}

/// <summary>What <see cref="CompletenessRule"/> says of the facts.</summary>
/// <param name="Step">What to do next.</param>
/// <param name="Word">Of an end, why it is one, for the proof; of a fault, its code; otherwise empty.</param>
internal sealed record Judgement(Step Step, string Word)
{
    /// <summary>Page to ask for, or the faulty one; 0 for a file.</summary>
    public int Page { get; init; }

    /// <summary>Rows to ask for.</summary>
    public int Size { get; init; }

    /// <summary>What is wrong, as the end of a sentence that names the pull.</summary>
    public string Found { get; init; } = "";

    /// <summary>Why to begin again.</summary>
    public RestartKind Why { get; init; }

    /// <summary>True when the same may be right a moment later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>Page size that the server showed, for <see cref="RestartKind.Clamp"/>.</summary>
    public int? ShownSize { get; init; }

    /// <summary>What a careful reader of the proof should know; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>The exception of <see cref="Step.Restart"/> and <see cref="Step.Refuse"/>, naming pull and part.</summary>
    public Exception Fault(PullContext pull, string part)
    {
        var fault = pull.Fault(Word, $"{(part.Length == 0 ? "" : $"part {part}: ")}{Found}", IsTransient, Page > 0 ? Page : null);
        return Step == Step.Restart ? new RestartException(Why, fault, ShownSize) : fault;
    }
}
