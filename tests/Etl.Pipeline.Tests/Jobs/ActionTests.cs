namespace Etl.Pipeline.Tests.Jobs;

public sealed class ActionTests
{
    private const string Head = "job: a\nsource: { report: 38, action: table }\nland:\n- parquet: { dataset: plays }\nactions:\n";
    private const string Make = "- { name: make, call: thumbAsset.addFromEntry, with: { entryId: 1_a, 'thumbAsset[tags]': b, thumbOffset: 45 } }\n";

    [Fact]
    public void Actions_are_read_in_order_with_their_fields()
    {
        var job = Assert.Single(Yaml.Read(Head + Make + "- { name: show, call: thumbAsset.setAsDefault, with: { thumbAssetId: '{make.id}' } }\n").Jobs);
        Assert.Equal(
            ["thumbAsset.addFromEntry(entryId=1_a, thumbAsset[tags]=b, thumbOffset=45)", "thumbAsset.setAsDefault(thumbAssetId={make.id})"],
            job.Actions.Select(a => a.ToString()));
    }

    [Theory]
    [InlineData("{ name: x, call: thumbAsset.delete, with: { a: b } }", "'thumbAsset.delete' is not a value of 'call'")]
    [InlineData("{ name: make, call: thumbAsset.setAsDefault, with: { a: b } }", "Another action of the job is called 'make' too")]
    [InlineData("{ name: x, call: thumbAsset.setAsDefault, with: { a: '{mak.id}' } }", "does not come before this one. Did you mean 'make'")]
    [InlineData("{ name: x, call: thumbAsset.setAsDefault, with: { 'partnerId': 5 } }", "'partnerId' is filled in by etl")]
    [InlineData("{ name: x, call: thumbAsset.setAsDefault, with: { 'a b': 5 } }", "'a b' is not the name of a field")]
    [InlineData("{ name: x, call: thumbAsset.setAsDefault }", "needs 'with'")]
    [InlineData("{ call: thumbAsset.setAsDefault, with: { a: b } }", "needs 'name'")]
    public void Fault_is_named(string action, string says)
    {
        var set = Yaml.Read(Head + Make + "- " + action + "\n");
        Assert.Empty(set.Jobs);
        Assert.Contains(set.Faults, f => f.Message.Contains(says, StringComparison.Ordinal));
    }
}
