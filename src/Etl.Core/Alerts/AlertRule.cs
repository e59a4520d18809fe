using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Etl.Core.Alerts;

/// <summary>
/// A rule of a job: a measure, a comparison and a value. It fires once when it has held for long enough and resolves once when it has not
/// held for long enough. A measure is of a landed window (rows, or what the ledger says of its landing) or of now (the state of the job's windows).
/// </summary>
public sealed record AlertRule
{
    /// <summary>The most windows that <see cref="Windows"/> and <see cref="ClearWindows"/> may ask for.</summary>
    public const int MostWindows = 60;

    /// <summary>Name: lower-case letters, digits and hyphens; unique in its job.</summary>
    public required string Name { get; init; }

    /// <summary>The rule as the job file has it, for people: <c>avg(avg_view_drop_off) &lt; 0.4</c>.</summary>
    public required string When { get; init; }

    /// <summary>The source that is measured; null for all of the job, which only measures of now can be.</summary>
    public string? Source { get; init; }

    /// <summary>What is measured.</summary>
    public required AlertMeasure Measure { get; init; }

    /// <summary>The column that is measured; null where no column is.</summary>
    public string? Column { get; init; }

    /// <summary>Rows that do not fulfil it are not measured; for <see cref="AlertMeasure.Any"/> what a row is looked for. Null for all rows.</summary>
    public RowCondition? Where { get; init; }

    /// <summary>How the measured value is compared with <see cref="Threshold"/>.</summary>
    public required Comparison Is { get; init; }

    /// <summary>The value; seconds for <see cref="AlertMeasure.Late"/>, otherwise in the unit of the column or a number of windows or rows.</summary>
    public required double Threshold { get; init; }

    /// <summary>The value beyond which it resolves: once it fires, this stands in the place of <see cref="Threshold"/>.</summary>
    public required double ClearAt { get; init; }

    /// <summary>How many landed windows in a row have to fulfil it before it fires, 1 to <see cref="MostWindows"/>; for measures of a window.</summary>
    public int Windows { get; init; } = 1;

    /// <summary>How many landed windows in a row have to be well before it resolves.</summary>
    public int ClearWindows { get; init; } = 1;

    /// <summary>For how long it has to hold before it fires; for measures of now.</summary>
    public TimeSpan Time { get; init; }

    /// <summary>For how long it has to be well before it resolves.</summary>
    public TimeSpan ClearTime { get; init; }

    /// <summary>Names of the channels that are told.</summary>
    public IReadOnlyList<string> Notify { get; init; } = [AlertChannels.Log];

    /// <summary>True when the rows of a window have to be read for it.</summary>
    public bool ReadsRows => Measure <= AlertMeasure.Any;

    /// <summary>True when it is measured once for each landed window, false when it is measured as time passes.</summary>
    public bool IsOfWindow => Measure <= AlertMeasure.Restated;

    /// <summary>Hash of all that decides when it fires; a rule with another one begins anew. 16 hex digits.</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(
        new { Source, Measure, Column, Where, Is, Threshold, ClearAt, Windows, ClearWindows, Time, ClearTime }))))[..16];
}

/// <summary>What a rule measures. The order matters: rows of a window, then its landing, then the job as it stands now.</summary>
public enum AlertMeasure
{
    /// <summary>Sum of a column; of no values 0.</summary>
    Sum,
    /// <summary>Smallest value of a column; nothing where there are no values.</summary>
    Min,
    /// <summary>Largest value of a column; nothing where there are no values.</summary>
    Max,
    /// <summary>Plain mean of a column's values, each row counting the same; nothing where there are no values.</summary>
    Avg,
    /// <summary>How many rows hold a value in a column.</summary>
    Count,
    /// <summary>The value of a column in the only row of the window; nothing where there is no row.</summary>
    Value,
    /// <summary>How many rows fulfil a condition.</summary>
    Any,
    /// <summary>Rows of the landed pull.</summary>
    Rows,
    /// <summary>Rows of the landed pull that went to quarantine.</summary>
    Quarantined,
    /// <summary>Rows that the landing added, removed or changed against the pull that was published before.</summary>
    Restated,
    /// <summary>How long ago the first window after the newest landed one has closed, in seconds; 0 while none has.</summary>
    Late,
    /// <summary>Windows that are held.</summary>
    Held,
    /// <summary>Windows whose latest try failed.</summary>
    Failed,
    /// <summary>Failed tries since its last success of the window that has most of them.</summary>
    Attempts,
    /// <summary>Windows that are parked.</summary>
    Parked,
}

/// <summary>Ways to compare.</summary>
public enum Comparison
{
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// <summary>What comparisons mean.</summary>
public static class Comparisons
{
    /// <summary>True when the comparison holds.</summary>
    /// <param name="comparison">The comparison.</param>
    /// <param name="order">Below zero, zero or above zero: how the left side stands to the right one.</param>
    public static bool Holds(this Comparison comparison, int order) => comparison switch
    {
        Comparison.Less => order < 0,
        Comparison.LessOrEqual => order <= 0,
        Comparison.Greater => order > 0,
        Comparison.GreaterOrEqual => order >= 0,
        Comparison.Equal => order == 0,
        _ => order != 0,
    };

    /// <summary>As job files write it.</summary>
    public static string Sign(this Comparison comparison) => comparison switch
    {
        Comparison.Less => "<",
        Comparison.LessOrEqual => "<=",
        Comparison.Greater => ">",
        Comparison.GreaterOrEqual => ">=",
        Comparison.Equal => "=",
        _ => "!=",
    };
}

/// <summary>A condition on one column. A row whose cell is null, or no number where a number is asked for, does not fulfil it.</summary>
/// <param name="Column">The column.</param>
/// <param name="Is">How it is compared.</param>
/// <param name="Number">With this number; null where it is compared with a text.</param>
/// <param name="Text">With this text, byte by byte; a cell that is true or false is the text <c>true</c> or <c>false</c>.</param>
public sealed record RowCondition(string Column, Comparison Is, double? Number, string? Text);
