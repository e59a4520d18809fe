using System.Text.Json;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>Actions of a job at the service: only with <c>--apply</c>, once each, and never again after an answer that was lost.</summary>
public sealed class ActionTests : IAsyncLifetime
{
    private const string Message = """
        actions:
          - { name: thank, call: message.send, with: { userIds: "ann@example.com, bob@example.com", appGuid: event-70003, templateId: thanks } }
        """;

    private Workshop _shop = null!;

    private string Record => Path.Combine(_shop.DataFolder, "actions", "watch", "thank.json");

    public async Task InitializeAsync()
    {
        _shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 20, Users = 20, Days = 3 });
        _shop.Environment["KALTURA_MESSAGING_URL"] = _shop.Sandbox.BaseUrl.ToString();
        _shop.WriteJob("watch", lookback: 1, extra: Message);
    }

    public async Task DisposeAsync() => await _shop.DisposeAsync();

    private async Task<List<JsonElement>> SentAsync() =>
        [.. (await _shop.GetAsync("/sandbox/actions")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement)];

    private Task<EtlResult> RunAsync(params string[] more) => _shop.RunAsync(["run", "watch", "--json", .. more]);

    private static string State(EtlResult result) => Assert.Single(result.Of("action")).GetProperty("state").GetString()!;

    [Fact]
    public async Task Message_goes_out_once_and_only_where_a_person_says_so()
    {
        var dry = await RunAsync();
        Assert.True(dry.Exit == 0, dry.ToString());
        Assert.Equal("would be done", State(dry));
        Assert.Empty(await SentAsync());

        var applied = await RunAsync("--apply");
        Assert.True(applied.Exit == 0, applied.ToString());
        Assert.Equal("done", State(applied));
        var sent = Assert.Single(await SentAsync());
        Assert.Equal("2 users", sent.GetProperty("to").GetString());

        var again = await RunAsync("--apply", "--force", "--from", Workshop.LatestDay(), "--to", Workshop.LatestDay());
        Assert.True(again.Exit == 0, again.ToString());
        Assert.Equal("done before", State(again));
        Assert.Equal(sent.GetProperty("id").GetString(), Assert.Single(again.Of("action")).GetProperty("id").GetString());
        Assert.Single(await SentAsync());

        // People of the message are in no output and in no file of the data folder.
        Assert.DoesNotContain("example.com", string.Concat(dry, applied, again), StringComparison.Ordinal);
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(_shop.DataFolder, "actions"), "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }),
            f => Assert.DoesNotContain("example.com", File.ReadAllText(f), StringComparison.Ordinal));

        // Other people are another message.
        _shop.WriteJob("watch", lookback: 1, extra: Message.Replace("bob@", "eve@", StringComparison.Ordinal));
        Assert.Equal("done", State(await RunAsync("--apply")));
        Assert.Equal(2, (await SentAsync()).Count);
    }

    [Fact]
    public async Task Lost_answer_stops_until_a_person_has_looked()
    {
        await _shop.FaultAsync("""{"kind":"lost-reply","action":"message.send","times":1}""");
        var lost = await RunAsync("--apply");
        Assert.True(lost.Exit == 5, lost.ToString());
        Assert.Contains("may have been done or not", lost.Out, StringComparison.Ordinal);
        Assert.Single(await SentAsync());

        foreach (var more in (string[][])[["--apply"], []])
        {
            var stopped = await RunAsync(more);
            Assert.True(stopped.Exit == 1, stopped.ToString());
            Assert.Equal("action-unclear", Assert.Single(stopped.Of("error")).GetProperty("code").GetString());
            Assert.Contains("thank.json", Assert.Single(stopped.Of("error")).GetProperty("message").GetString(), StringComparison.Ordinal);
        }
        Assert.Single(await SentAsync());

        File.Delete(Record);
        Assert.Equal(0, (await RunAsync("--apply")).Exit);
        Assert.Equal(2, (await SentAsync()).Count);
    }

    /// <summary>Before the call goes out nothing was sent, behind it the message is on its way: a person has to look either way, and none is sent twice.</summary>
    [Theory]
    [InlineData("action.begun", 0)]
    [InlineData("action.answered", 1)]
    public async Task Killed_run_sends_nothing_a_second_time(string point, int sent)
    {
        var killed = await _shop.RunAsync(new Dictionary<string, string> { ["ETL_CRASH_AT"] = point }, "run", "watch", "--json", "--apply");
        Assert.True(killed.Exit == 137, killed.ToString());
        Assert.Equal(sent, (await SentAsync()).Count);

        var next = await RunAsync("--apply");
        Assert.True(next.Exit == 1, next.ToString());
        Assert.Equal("action-unclear", Assert.Single(next.Of("error")).GetProperty("code").GetString());
        Assert.Equal(sent, (await SentAsync()).Count);
    }

    [Fact]
    public async Task Of_runs_at_once_one_sends()
    {
        Assert.Equal(0, (await RunAsync()).Exit);
        var results = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => RunAsync("--apply")));
        Assert.Single(await SentAsync());
        Assert.Contains(results, r => r.Exit == 0);
        // The others found it done, or that somebody was at it.
        Assert.All(results, r => Assert.True(r.Exit == 0 || (r.Exit == 1 && Assert.Single(r.Of("error")).GetProperty("code").GetString() == "action-lock"), r.ToString()));
    }

    [Fact]
    public async Task Folder_of_records_that_cannot_be_locked_is_told_as_that_and_nothing_is_sent()
    {
        Directory.CreateDirectory(Path.Combine(Path.GetDirectoryName(Record)!, ".lock"));
        var told = await RunAsync("--apply");
        Assert.True(told.Exit == 1, told.ToString());
        Assert.Equal("action-disk", Assert.Single(told.Of("error")).GetProperty("code").GetString());
        Assert.Empty(await SentAsync());
    }

    [Fact]
    public async Task Refused_message_and_one_that_reached_nobody_are_sent_by_the_next_run()
    {
        var away = new Dictionary<string, string>(_shop.Environment) { ["KALTURA_MESSAGING_URL"] = "http://127.0.0.1:9" };
        var unreached = await EtlProcess.RunAsync(_shop.Folder, away, "run", "watch", "--json", "--apply");
        Assert.True(unreached.Exit == 5, unreached.ToString());
        Assert.Contains("was not done", unreached.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(Record));

        await _shop.FaultAsync("""{"kind":"action-blocked","action":"message.send","times":1}""");
        var refused = await RunAsync("--apply");
        Assert.True(refused.Exit == 5, refused.ToString());
        Assert.False(File.Exists(Record));

        Assert.Equal("done", State(await RunAsync("--apply")));
        Assert.Single(await SentAsync());
    }

    [Fact]
    public async Task Unknown_group_is_told_and_leaves_nothing()
    {
        _shop.WriteJob("watch", lookback: 1, extra: Message.Replace("userIds: \"ann@example.com, bob@example.com\"", "groupIds: nobody", StringComparison.Ordinal));
        var refused = await RunAsync("--apply");
        Assert.True(refused.Exit == 1, refused.ToString());
        Assert.Contains("All specified groups are inactive", refused.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(Record));
        Assert.Empty(await SentAsync());
    }
}
