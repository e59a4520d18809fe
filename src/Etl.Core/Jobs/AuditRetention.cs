using System.Globalization;

namespace Etl.Core.Jobs;

/// <summary>How long something has to be kept, in whole years or days: <c>7y</c>, <c>400d</c>.</summary>
/// <param name="Number">From 1.</param>
/// <param name="IsYears">Years of the calendar; otherwise days of 24 hours.</param>
public readonly record struct AuditRetention(int Number, bool IsYears)
{
    /// <summary>The most years.</summary>
    public const int MostYears = 100;

    /// <summary>The most days.</summary>
    public const int MostDays = 9_999;

    /// <summary>Says the form.</summary>
    public const string Form = "Expected a whole number of years or days: 7y or 400d, at most 100y or 9999d.";

    /// <summary>Reads <c>7y</c> or <c>400d</c>; null when it is none.</summary>
    public static AuditRetention? Parse(string text)
    {
        if (text.Length is < 2 or > 5 || text[0] == '0' || text[^1] is not ('y' or 'd') || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
        var isYears = text[^1] == 'y';
        return number >= 1 && number <= (isYears ? MostYears : MostDays) ? new AuditRetention(number, isYears) : null;
    }

    /// <summary>The first instant at which it need not be kept any more. 29 February ends on 28 February.</summary>
    public DateTimeOffset EndOf(DateTimeOffset from) => IsYears ? from.AddYears(Number) : from.AddDays(Number);

    /// <summary>As it is written in a job.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number}{(IsYears ? 'y' : 'd')}");
}
