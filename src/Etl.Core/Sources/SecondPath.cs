using Etl.Core.Columns;
using Etl.Core.Jobs;

namespace Etl.Core.Sources;

/// <summary>Another way to the rows of a source, and what of them both ways carry alike (check <c>second-path</c>).</summary>
public sealed record SecondPath
{
    /// <summary>The source that goes the other way; made like any other.</summary>
    public required SourceSpec Source { get; init; }

    /// <summary>The way in a few words, such as <c>csv</c> or <c>order +count_plays, pages of 6000</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Columns that may legally differ between two requests for the same rows; they are not compared.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>How texts are compared; null when both ways carry every text as it is.</summary>
    public ITextForm? Texts { get; init; }
}

/// <summary>
/// Brings a text cell into the form in which both paths carry it: two cells that the service sent for one text become equal, and the form of
/// a form is itself. Not thread safe.
/// </summary>
public interface ITextForm
{
    /// <summary>What cannot be compared because of it, in words for people.</summary>
    string Limit { get; }

    /// <summary>Appends the form of a cell.</summary>
    void Append(ReadOnlySpan<byte> utf8, TextBuffer to);
}
