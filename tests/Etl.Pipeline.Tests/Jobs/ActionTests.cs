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

    private const string Send = "- { name: thank, call: message.send, with: { appGuid: g, templateId: t, ";

    [Fact]
    public void Message_is_read_and_its_people_are_counted_and_not_named()
    {
        var job = Assert.Single(Yaml.Read(Head + Send + "groupIds: 'all, some', 'msgParams[name][type]': String, 'msgParams[name][value]': Ann } }\n").Jobs);
        Assert.Equal("message.send(appGuid=g, templateId=t, groupIds=all, some, msgParams[name][type]=String, msgParams[name][value]=Ann)", job.Actions.Single().ToString());

        string Line(string users) => Assert.Single(Yaml.Read(Head + Send + $"userIds: '{users}' }} }}\n").Jobs).Actions.Single().ToString();
        Assert.Matches(@"\Amessage\.send\(appGuid=g, templateId=t, userIds=2 named users #[0-9a-f]{8}\)\z", Line("ann@example.com, bob@example.com"));
        Assert.NotEqual(Line("ann@example.com"), Line("eve@example.com"));
    }

    [Theory]
    [InlineData("", "groups or to named users")]
    [InlineData("groupIds: a, userIds: b", "groups or to named users")]
    [InlineData("groupIds: ' '", "'groupIds' is empty")]
    [InlineData("groupIds: a, type: email", "'type' is filled in by etl")]
    [InlineData("groupIds: a, receiverType: group", "'receiverType' is filled in by etl")]
    [InlineData("groupIds: a, sesion: x", "'sesion' is not a field of a message. Did you mean 'session'")]
    [InlineData("groupIds: a, 'attachments[file]': x", "'attachments[file]' is not a field of a message")]
    [InlineData("groupIds: a, 'msgParams[n][value]': x", "Token 'n' of the message has no type")]
    [InlineData("groupIds: a, 'msgParams[n][type]': String", "Token 'n' of the message has no value")]
    [InlineData("groupIds: a, 'msgParams[n][type]': Strin, 'msgParams[n][value]': x", "Did you mean 'String'")]
    [InlineData("groupIds: a, 'msgParams[n][type]': JwtQrCode, 'msgParams[n][value]': x", "holds a secret")]
    [InlineData("groupIds: a, 'msgParams[n][type]': User, 'msgParams[n][value]': ann@example.com", "Message.userId")]
    [InlineData("groupIds: a, 'msgParams[n][type]': MagicLink, 'msgParams[n][value]': https://x", "is a link: write")]
    [InlineData("groupIds: a, 'msgParams[n][type]': MagicLink, 'msgParams[n][value][baseURL]': https://x, 'msgParams[n][value][expiry]': 48h", "is '48h'; expected hours, 1 to 8760")]
    [InlineData("groupIds: a, 'msgParams[n][type]': String, 'msgParams[n][value][baseURL]': https://x", "has parts of a link, and is a String")]
    [InlineData("groupIds: a, 'msgParams[n][type]': String, 'msgParams[n][value]': x, 'msgParams[n][vale]': x", "is not a part of a token")]
    public void Fault_of_a_message_is_named_before_anybody_gets_it(string fields, string says)
    {
        var set = Yaml.Read(Head + Send + fields + " } }\n");
        Assert.Empty(set.Jobs);
        Assert.Contains(set.Faults, f => f.Message.Contains(says, StringComparison.Ordinal));
    }

    [Fact]
    public void Message_names_a_hundred_users_at_most_and_needs_its_template()
    {
        string Users(int count) => $"userIds: '{string.Join(',', Enumerable.Range(0, count).Select(i => "u" + i))}' }} }}\n";
        Assert.Single(Yaml.Read(Head + Send + Users(100)).Jobs);
        Assert.Contains(Yaml.Read(Head + Send + Users(101)).Faults, f => f.Message.Contains("100 users at most, not 101", StringComparison.Ordinal));
        Assert.Contains(
            Yaml.Read(Head + "- { name: a, call: message.send, with: { appGuid: g, groupIds: b } }\n").Faults,
            f => f.Message.Contains("A message needs 'templateId'", StringComparison.Ordinal));
    }
}
