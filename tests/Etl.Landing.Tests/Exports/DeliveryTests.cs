using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Etl.Core.Columns;
using Etl.Core.Errors;
using Etl.Core.Exports;
using Etl.Testing.Exports;
using Etl.Testing.Servers;

namespace Etl.Landing.Tests.Exports;

/// <summary>Exports get to their receivers, and a receiver that is away loses nothing.</summary>
public sealed class DeliveryTests : IAsyncLifetime
{
    private const string Secret = "a secret of 24 characters";

    private ExportBench _bench = null!;

    public async Task InitializeAsync() => _bench = await ExportBench.StartAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    private Task<IReadOnlyList<ExportRecord>> RecordsAsync() => _bench.Store.ExportsAsync("crm", "leads", 0, default);

    [Fact]
    public async Task Store_gets_the_file_and_then_its_ok_object()
    {
        _bench.Set("ETL_STORE_LAKE", "local:" + _bench.Folder["lake"]);
        _bench.Export = _bench.Export with { Deliver = new StoreDelivery("lake") };
        _bench.Have("1", ("a@x.com", "A"));
        var record = (await _bench.RunAsync()).Record!;
        Assert.Equal(ExportState.Accepted, record.State);
        var there = _bench.Folder[Path.Combine("lake", "crm", "leads")];
        Assert.Equal([record.File, record.File + ".ok"], ExportBench.Finished(there));
        foreach (var file in ExportBench.Finished(there)) Assert.Equal(File.ReadAllBytes(Path.Combine(_bench.Here, file)), File.ReadAllBytes(Path.Combine(there, file)));
    }

    [SkippableFact]
    public async Task Blob_store_gets_each_night_once_byte_for_byte()
    {
        await using var container = await (await AzuriteServer.SharedAsync()).CreateContainerAsync();
        _bench.Set("ETL_STORE_LAKE", $"azure-blob:{container.ConnectionString}Container={container.Name}/out");
        _bench.Export = _bench.Export with { Deliver = new StoreDelivery("lake") };
        _bench.Have("1", ("a@x.com", "A"), ("b@x.com", "B"));
        var first = (await _bench.RunAsync()).Record!;
        _bench.Have("2", ("a@x.com", "A"), ("b@x.com", "B2"));
        var second = (await _bench.RunAsync()).Record!;
        Assert.Equal((ExportState.Accepted, ExportState.Accepted, 1L), (first.State, second.State, second.Rows));
        async Task SameAsync(string file) => Assert.Equal(File.ReadAllBytes(Path.Combine(_bench.Here, file)), await container.ReadAsync($"out/crm/leads/{file}"));
        foreach (var file in (string[])[first.File, first.File + ".ok", second.File, second.File + ".ok"]) await SameAsync(file);
    }

    [Fact]
    public async Task Store_that_has_other_content_under_the_name_is_not_touched()
    {
        _bench.Set("ETL_STORE_LAKE", "local:" + _bench.Folder["lake"]);
        _bench.Have("1", ("a@x.com", "A"));
        _bench.Export = _bench.Export with { AcceptAtOnce = false };
        var record = (await _bench.RunAsync()).Record!;
        var path = _bench.Folder[Path.Combine("lake", "crm", "leads", record.File.Replace("0000000001", "0000000002", StringComparison.Ordinal))];
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "other");
        _bench.Export = _bench.Export with { Deliver = new StoreDelivery("lake") };
        var outcome = await _bench.RunAsync(full: true);
        Assert.Equal(("export-name-taken", ExportState.Made, "other"), (outcome.Fault!.Code, outcome.Record!.State, File.ReadAllText(path)));
    }

    [Fact]
    public async Task Receiver_that_is_away_gets_what_waits_first_and_then_what_is_new()
    {
        var receiver = _bench.Folder["receiver"];
        File.WriteAllText(receiver, "in the way");
        _bench.Export = _bench.Export with { Deliver = new FolderDelivery(receiver) };
        _bench.Have("1", ("a@x.com", "A"), ("b@x.com", "B"));
        var failed = await _bench.RunAsync();
        Assert.Equal((ExportState.Made, true), (failed.Record!.State, failed.Fault is not null));
        _bench.Have("2", ("a@x.com", "A2"), ("b@x.com", "B"));
        Assert.NotNull((await _bench.RunAsync()).Fault);
        Assert.Single(await RecordsAsync());

        File.Delete(receiver);
        var outcomes = await _bench.RunAllAsync();
        Assert.Equal([1L, 2L], outcomes.Select(o => o.Record!.Sequence));
        Assert.All(outcomes, o => Assert.Equal(ExportState.Accepted, o.Record!.State));
        Assert.Equal("Email,Company\r\na@x.com,A2\r\n", File.ReadAllText(Path.Combine(receiver, outcomes[1].Record!.File)));
    }

    [Fact]
    public async Task Full_export_takes_the_place_of_one_that_waits()
    {
        _bench.Export = _bench.Export with { Deliver = new StoreDelivery("lake") };
        _bench.Have("1", ("a@x.com", "A"));
        Assert.Equal("Store 'lake' is not configured. Set ETL_STORE_LAKE to 'local:<path>' or 'azure-blob:https://<account>.blob.core.windows.net/<container>'.", (await _bench.RunAsync()).Fault!.Message);
        File.Delete(Path.Combine(_bench.Here, (await RecordsAsync())[0].File));
        _bench.Set("ETL_STORE_LAKE", "local:" + _bench.Folder["lake"]);
        var gone = (await _bench.RunAsync()).Fault!;
        Assert.EndsWith("which waits to be delivered, is gone. It was not delivered. 'etl export make crm --export leads --full' makes a file of all leads in its place.", gone.Message, StringComparison.Ordinal);
        var full = await _bench.RunAsync(full: true);
        Assert.Equal((2L, ExportState.Accepted), (full.Record!.Sequence, full.Record.State));
        Assert.Equal([ExportState.Dropped, ExportState.Accepted], (await RecordsAsync()).Select(r => r.State));
    }

    [Fact]
    public async Task Made_file_that_somebody_changed_is_not_delivered()
    {
        _bench.Export = _bench.Export with { Deliver = new StoreDelivery("lake") };
        _bench.Have("1", ("a@x.com", "A"));
        await _bench.RunAsync();
        File.AppendAllText(Path.Combine(_bench.Here, (await RecordsAsync())[0].File), "x@x.com,X\r\n");
        foreach (var deliver in (DeliverySpec[])[new StoreDelivery("lake"), new FolderDelivery("there")])
        {
            _bench.Set("ETL_STORE_LAKE", "local:" + _bench.Folder["lake"]);
            _bench.Export = _bench.Export with { Deliver = deliver };
            Assert.Contains("was changed since it was made", (await _bench.RunAsync()).Fault!.Message, StringComparison.Ordinal);
        }
        Assert.Empty(ExportBench.Finished(_bench.Folder[Path.Combine("lake", "crm", "leads")]));
        Assert.Empty(ExportBench.Finished(_bench.Folder["there"]));
    }

    [Fact]
    public async Task Webhook_gets_signed_batches_of_typed_leads()
    {
        await using var receiver = new Receiver();
        UseWebhook(receiver, batch: 2);
        _bench.Leads = () => new LeadRows(
            [LeadRows.Text("Email"), LeadRows.Text("Note"), new("Minutes", ColumnType.Int64), new("Score", ColumnType.Double), new("Opted", ColumnType.Bool)],
            Enumerable.Range(1, 5).ToDictionary(n => $"p{n}@x.com", n => new[]
            {
                LeadCell.Of($"p{n}@x.com"), LeadRows.Cell(n == 1 ? "=1+1, \"ü\"\n" : null), LeadCell.Of(-n), LeadCell.Of(n / 4d), LeadCell.Of(n % 2 == 0),
            }), "1");
        var outcome = await _bench.RunAsync();
        Assert.Null(outcome.Fault);
        Assert.Equal((ExportState.Accepted, 3, 0L), (outcome.Record!.State, outcome.Record.Batches, outcome.Written!.Defused));
        Assert.EndsWith(".jsonl", outcome.Record.File, StringComparison.Ordinal);

        Assert.Equal(["crm/leads/1/1", "crm/leads/1/2", "crm/leads/1/3"], receiver.Posts.Select(p => p.Id));
        var bodies = receiver.Posts.Select(p => JsonDocument.Parse(p.Body).RootElement).ToList();
        Assert.Equal(["crm leads 1 1/3: 2", "crm leads 1 2/3: 2", "crm leads 1 3/3: 1"], bodies.Select(b =>
            $"{b.GetProperty("job")} {b.GetProperty("export")} {b.GetProperty("sequence")} {b.GetProperty("batch")}/{b.GetProperty("of")}: {b.GetProperty("leads").GetArrayLength()}"));
        var leads = bodies.SelectMany(b => b.GetProperty("leads").EnumerateArray()).ToDictionary(l => l.GetProperty("Email").GetString()!, l => l.GetRawText());
        Assert.Equal("""{"Email":"p1@x.com","Note":"=1+1, \"ü\"\n","Minutes":-1,"Score":0.25,"Opted":false}""", leads["p1@x.com"]);
        Assert.Equal("""{"Email":"p4@x.com","Note":null,"Minutes":-4,"Score":1,"Opted":true}""", leads["p4@x.com"]);
        foreach (var post in receiver.Posts)
        {
            byte[] signed = [.. Encoding.ASCII.GetBytes(post.Time + "."), .. post.Body];
            Assert.Equal("v1=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed)), post.Signature);
        }
    }

    [Fact]
    public async Task Webhook_that_dies_in_between_is_gone_on_with_at_the_next_batch()
    {
        await using var receiver = new Receiver { Answer = number => number <= 2 ? 200 : 503 };
        UseWebhook(receiver, batch: 1);
        _bench.Have("1", [.. Enumerable.Range(1, 4).Select(n => ($"p{n}@x.com", (string?)"A"))]);
        var failed = await _bench.RunAsync();
        Assert.Equal(("Webhook 'crm' at '127.0.0.1' answered 503.", ExportState.Made, 2), (failed.Fault!.Message, failed.Record!.State, failed.Record.Batches));
        // The third batch was tried four times, with a wait before each but the first.
        Assert.Equal([1, 2, 3], _bench.Waits);
        Assert.Equal(6, receiver.Posts.Count);

        // Another batch size in the job does not move the borders of what is on its way.
        UseWebhook(receiver, batch: 3);
        receiver.Answer = _ => 200;
        Assert.Equal((ExportState.Accepted, 4), ((await _bench.RunAllAsync())[0].Record!.State, (await RecordsAsync())[0].Batches));
        Assert.Equal(["crm/leads/1/1", "crm/leads/1/2", "crm/leads/1/3", "crm/leads/1/3", "crm/leads/1/3", "crm/leads/1/3", "crm/leads/1/3", "crm/leads/1/4"], receiver.Posts.Select(p => p.Id));
        Assert.Equal(4, receiver.Posts.Where(p => p.Status == 200).SelectMany(p => JsonDocument.Parse(p.Body).RootElement.GetProperty("leads").EnumerateArray()).Select(l => l.GetProperty("Email").GetString()).Distinct().Count());
    }

    [Theory]
    [InlineData(null, null, "Webhook 'crm' is not configured. Set ETL_WEBHOOK_CRM to its address, such as 'https://example.com/leads', and ETL_WEBHOOK_CRM_SECRET to the secret that the receiver checks signatures with.")]
    [InlineData("http://example.com/t0ken", Secret, "ETL_WEBHOOK_CRM sends a webhook to 'example.com' in the clear. Use https; http is for this machine only.")]
    [InlineData("t0ken", Secret, "ETL_WEBHOOK_CRM names no address for a webhook. Write 'https://example.com/leads', without user and password. Its value is not shown, it may hold a token.")]
    [InlineData("https://example.com/t0ken", "short", "Webhooks are signed: set ETL_WEBHOOK_CRM_SECRET to a secret of at least 16 characters that the receiver knows, such as the output of 'openssl rand -hex 32'.")]
    public async Task Webhook_that_is_not_set_waits_and_says_what_to_set(string? address, string? secret, string message)
    {
        _bench.Set("ETL_WEBHOOK_CRM", address);
        _bench.Set("ETL_WEBHOOK_CRM_SECRET", secret);
        _bench.Export = _bench.Export with { Deliver = new WebhookDelivery("crm") };
        _bench.Have("1", ("a@x.com", "A"));
        var outcome = await _bench.RunAsync();
        Assert.Equal((message, ExportState.Made), (outcome.Fault!.Message, outcome.Record!.State));
    }

    [Fact]
    public async Task File_that_was_made_for_a_folder_is_not_posted()
    {
        _bench.Export = _bench.Export with { Deliver = new StoreDelivery("lake") };
        _bench.Have("1", ("a@x.com", "A"));
        await _bench.RunAsync();
        await using var receiver = new Receiver();
        UseWebhook(receiver, batch: 1);
        Assert.Equal(
            "File 1 of export 'crm/leads' was made to be delivered as a file, and the job now posts. 'etl export make crm --export leads --full' makes one that can be posted.",
            (await _bench.RunAsync()).Fault!.Message);
        Assert.Equal(ExportState.Accepted, (await _bench.RunAsync(full: true)).Record!.State);
        Assert.Single(receiver.Posts);
    }

    private void UseWebhook(Receiver receiver, int batch)
    {
        _bench.Set("ETL_WEBHOOK_CRM", receiver.Address);
        _bench.Set("ETL_WEBHOOK_CRM_SECRET", Secret);
        _bench.Export = _bench.Export with { Deliver = new WebhookDelivery("crm", batch) };
    }
}
