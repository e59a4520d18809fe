using System.Text.Json;
using Etl.Core.Sources;
using Etl.Server.Pages.Look;

namespace Etl.Server.Tests.Pages;

public sealed class ProofTextTests
{
    [Fact]
    public void Chain_of_pages_is_told_with_its_end()
    {
        var pages = Enumerable.Range(1, 4).Select(n => new PageProof(n, 12_000, n == 4 ? 5_203 : 12_000, 41_203, 900_000, "ab")).ToList();
        Assert.Equal(
            ["4 pages, 41,203 rows; the last page was short and the service's own count agrees: 41,203.", "5 calls, 3.4 MiB."],
            Said(new PullProof { Chains = [new ChainProof("", pages, "short-page-matches-total")], Calls = 5, Bytes = 3_600_000 }));
    }

    [Fact]
    public void Restarts_splits_gaps_and_notes_are_told()
    {
        var said = Said(new PullProof
        {
            Restarts = ["page 2 had 7 rows of 10 asked"],
            Splits = ["by country"],
            Chains = [new ChainProof("countries A to F", [], "known-empty"), new ChainProof("", [], "something-new")],
            Gaps = [],
            Notes = ["A relative column is null."],
        });
        Assert.Equal(
            [
                "Begun again: page 2 had 7 rows of 10 asked.", "Split: by country.",
                "Countries A to F: the service says twice that it has nothing: no rows, and empty or zero totals.", "Ended with 'something-new'.",
                "Polls cover the whole minute.", "A relative column is null.", "0 calls, 0 bytes.",
            ],
            said);
    }

    [Fact]
    public void Many_chains_are_summed_up()
    {
        var chain = new ChainProof("part", [new PageProof(1, 10, 3, 3, 100, "ab")], "short-page-matches-total");
        var said = Said(new PullProof { Chains = [.. Enumerable.Repeat(chain, 20)] });
        Assert.Contains("8 more chains with 8 pages and 24 rows, each with an end of its own.", said);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{\"chains\":7}")]
    [InlineData("")]
    public void Proof_of_an_unknown_form_is_said_to_be_one(string json) =>
        Assert.Equal(["The proof was written in a form that this build cannot read."], ProofText.Of(json));

    private static IReadOnlyList<string> Said(PullProof proof) => ProofText.Of(JsonSerializer.Serialize(proof, JsonSerializerOptions.Web));
}
