using System.Text.Json;
using Etl.Core.Sources;

namespace Etl.Server.Pages.Look;

/// <summary>Says in sentences why a pull counts as complete.</summary>
internal static class ProofText
{
    /// <summary>Chains that are told one by one; a pull that was split many times is summed up.</summary>
    private const int MostChains = 12;

    /// <summary>The sentences of a pull's proof; one that this build cannot read says so.</summary>
    public static IReadOnlyList<string> Of(string json)
    {
        PullProof? proof;
        try
        {
            proof = JsonSerializer.Deserialize<PullProof>(json, JsonSerializerOptions.Web);
        }
        catch (JsonException)
        {
            proof = null;
        }
        return proof is null ? ["The proof was written in a form that this build cannot read."] : Of(proof);
    }

    private static List<string> Of(PullProof proof)
    {
        var said = new List<string>();
        said.AddRange(proof.Restarts.Select(r => $"Begun again: {Sentence(r)}"));
        said.AddRange(proof.Splits.Select(s => $"Split: {Sentence(s)}"));
        said.AddRange(proof.Chains.Take(MostChains).Select(Chain));
        if (proof.Chains.Count > MostChains)
        {
            var rest = proof.Chains.Skip(MostChains).ToList();
            said.Add($"{Show.Number(rest.Count, "more chain")} with {Show.Number(rest.Sum(c => c.Pages.Count), "page")} and {Show.Number(rest.Sum(Rows), "row")}, each with an end of its own.");
        }
        if (proof.Gaps is { } gaps) said.Add(gaps.Count == 0 ? "Polls cover the whole minute." : $"No poll covers {string.Join(", ", gaps)}.");
        said.AddRange(proof.Notes.Select(Sentence));
        said.Add($"{Show.Number(proof.Calls, "call")}, {Show.Bytes(proof.Bytes)}.");
        return said;
    }

    private static string Chain(ChainProof chain)
    {
        var part = chain.Part.Length == 0 ? "" : $"{chain.Part}: ";
        var size = chain.Pages.Count == 0 ? "" : $"{Show.Number(chain.Pages.Count, "page")}, {Show.Number(Rows(chain), "row")}; ";
        return Show.Capital($"{part}{size}{End(chain)}.");
    }

    private static long Rows(ChainProof chain) => chain.Pages.Sum(p => p.Rows);

    private static string End(ChainProof chain) => chain.Stop switch
    {
        "short-page-matches-total" => $"the last page was short and the service's own count agrees: {Show.Count(chain.Pages is [.., var last] ? last.TotalCount ?? Rows(chain) : Rows(chain))}",
        "short-page" => "the last page was short",
        "empty-page" => "an empty page ended them",
        "known-empty" => "the service says twice that it has nothing: no rows, and empty or zero totals",
        "date-rows" => "the service answers with every date at once",
        "label-rows" => "the service answers with every label at once",
        "total" => "totals are one row",
        "base-total" => "base totals are one row",
        "whole-answer" => "the service answers with all of it at once",
        "one-answer" => "the whole list came in one answer",
        "count-equal" => "there are as many as the service counts",
        "two-readings-equal" => "it was read twice with the same objects",
        "file-end" => "the file was read to its proper end",
        "file-twice" => "the file came twice with the same bytes",
        "file-rows-match-count" => "the file has as many rows as it announces",
        "cap" => "the cap was reached, so this part was split",
        var other => $"ended with '{other}'",
    };

    private static string Sentence(string text) => text.EndsWith('.') ? text : text + ".";
}
