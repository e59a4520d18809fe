using System.Globalization;
using Etl.Core.Sources;

namespace Etl.Landing.Audit.Report;

/// <summary>A proof of completeness in sentences.</summary>
internal static class ProofWords
{
    /// <summary>The most page chains that are told one by one.</summary>
    private const int MostChains = 20;

    public static IEnumerable<string> Of(PullProof proof)
    {
        var invariant = CultureInfo.InvariantCulture;
        yield return string.Create(invariant, $"The service was called {Times(proof.Calls)} and sent {proof.Bytes:#,0} bytes of replies.");
        if (proof.KnownEmpty) yield return "The service has nothing for this window, and says so twice: no rows came, and its totals are empty or zero.";
        foreach (var restart in proof.Restarts) yield return $"The pull was begun again, and what had come before was thrown away: {restart}";
        foreach (var split in proof.Splits) yield return $"The window was asked for in parts that cannot overlap: {split}";
        foreach (var chain in proof.Chains.Take(MostChains))
        {
            var rows = chain.Pages.Sum(p => p.Rows);
            var what = chain.Part.Length > 0 ? $"Part '{chain.Part}'" : "The whole window";
            var pages = chain.Pages.Count == 0 ? "" : string.Create(invariant, $" in {chain.Pages.Count:#,0} page{(chain.Pages.Count == 1 ? "" : "s")} with {rows:#,0} row{(rows == 1 ? "" : "s")}");
            yield return $"{what} came{pages}. It is complete because {Because(chain.Stop)}.";
        }
        if (proof.Chains.Count > MostChains) yield return string.Create(invariant, $"{proof.Chains.Count - MostChains:#,0} further parts ended with a proof of their own; the manifest lists them.");
        foreach (var gap in proof.Gaps ?? []) yield return $"Nobody looked from {gap} (UTC): points of that time may be missing.";
        foreach (var note in proof.Notes) yield return note;
    }

    private static string Because(string stop) => stop switch
    {
        "short-page-matches-total" => "the last page was shorter than asked for and the rows add up to the number that the service itself tells",
        "empty-page" => "the page after the last row was empty",
        "short-page" => "the last page was shorter than asked for",
        "known-empty" => "it has no rows and its totals are empty or zero",
        "file-end" => "the file that the service made came to its end below the most rows that such a file can have",
        "file-twice" => "the file was fetched twice and was the same",
        "date-rows" => "it has a row for each date that was asked for",
        "label-rows" or "total" or "base-total" or "whole-answer" => "it is one answer that came whole",
        _ => $"it ended with '{stop}'",
    };

    private static string Times(int calls) => calls == 1 ? "once" : string.Create(CultureInfo.InvariantCulture, $"{calls:#,0} times, repeated calls included,");
}
