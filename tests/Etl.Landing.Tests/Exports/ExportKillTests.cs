using System.Net;
using Etl.Core.Exports;
using Etl.Landing.Sql.Sqlite;
using Etl.Landing.Tests.Crash;
using Etl.Testing.Crash;
using Etl.Testing.Files;

namespace Etl.Landing.Tests.Exports;

/// <summary>
/// Kills an exporter at every named point. Afterwards no half file is to be seen; a plain run again finishes it; every row of the night has been delivered
/// under a number that was not used for anything else; one more run changes nothing.
/// </summary>
public sealed class ExportKillTests : IDisposable
{
    private const int Seed = 7;

    private readonly TempFolder _folder = new();

    private string Receiver => _folder["receiver"];

    public static TheoryData<string> Points() =>
    [
        "export.half", "export.synced", "export.numbered", "export.listed", "export.noted", "export.linked", "export.ok-written", "export.ok-linked", "export.shown", "export.made", "export.copied",
        "export.linked:2", "export.ok-written:2", "export.ok-linked:2", "export.delivered", "export.settled",
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Export_killed_at_a_point_leaves_no_half_file_and_goes_on(string point)
    {
        // A first night that went well, so that there is something to go on from.
        await Exporting.RunAsync(_folder.Path, Seed, 1, Receiver);
        var child = await Child.RunAsync(point, "export", _folder.Path, $"{Seed}", "2", Receiver);
        Assert.True(child.Exit == Child.Killed, $"Exit {child.Exit}: {child.Output}");
        Whole();
        var before = ExportBench.Finished(Receiver).ToDictionary(f => f, f => File.ReadAllBytes(Path.Combine(Receiver, f)));

        foreach (var outcome in await Exporting.RunAsync(_folder.Path, Seed, 2, Receiver)) Assert.Null(outcome.Fault);
        Whole();
        var records = await RecordsAsync();
        Assert.All(records, r => Assert.True(r.State is ExportState.Accepted or ExportState.Dropped, $"{r}"));
        Assert.Equal(Enumerable.Range(1, records.Count).Select(n => (long)n), records.Select(r => r.Sequence));
        var files = ExportBench.Finished(Receiver).Where(f => f.EndsWith(".csv", StringComparison.Ordinal)).ToList();
        Assert.Equal(records.Where(r => r.State == ExportState.Accepted).Select(r => r.File), files);
        Assert.Equal(2, files.Count);
        // What was there was not touched.
        Assert.All(before, b => Assert.Equal(b.Value, File.ReadAllBytes(Path.Combine(Receiver, b.Key))));
        foreach (var (email, cells) in Exporting.After(Seed, 2).Truth)
            Assert.Contains(files, f => File.ReadLines(Path.Combine(Receiver, f)).Any(l => l.StartsWith(email + ",", StringComparison.Ordinal) && l.Contains($",{cells[2]},", StringComparison.Ordinal)));
        Assert.DoesNotContain(_folder.Files(), f => f.EndsWith(".part", StringComparison.Ordinal));

        var after = _folder.Files().Where(f => !f.StartsWith("ledger", StringComparison.Ordinal));
        Assert.All(await Exporting.RunAsync(_folder.Path, Seed, 2, Receiver), o => Assert.Null(o.Record));
        Assert.Equal(after, _folder.Files().Where(f => !f.StartsWith("ledger", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Delivery_to_a_store_killed_after_the_file_is_finished_by_the_next_run()
    {
        var to = "store:" + _folder["lake"];
        Assert.Equal(Child.Killed, (await Child.RunAsync("export.stored", "export", _folder.Path, $"{Seed}", "1", to)).Exit);
        var there = _folder[Path.Combine("lake", "crm", "leads")];
        var file = Assert.Single(ExportBench.Finished(there));
        Assert.EndsWith(".csv", file, StringComparison.Ordinal);
        Assert.All(await Exporting.RunAsync(_folder.Path, Seed, 1, to), o => Assert.Null(o.Fault));
        Assert.Equal([file, file + ".ok"], ExportBench.Finished(there));
        Assert.Equal(ExportState.Accepted, Assert.Single(await RecordsAsync()).State);
    }

    [Fact]
    public async Task Post_killed_before_it_is_counted_is_sent_again_under_the_same_id()
    {
        using var receiver = new HttpListener();
        var port = 20_000 + Environment.ProcessId % 20_000;
        for (; !receiver.IsListening; port++)
        {
            receiver.Prefixes.Clear();
            receiver.Prefixes.Add($"http://127.0.0.1:{port}/");
            try
            {
                receiver.Start();
            }
            catch (HttpListenerException)
            {
                // Somebody else's.
            }
        }
        var ids = new List<string>();
        var receiving = ReceiveAsync();
        var to = $"post:{receiver.Prefixes.Single()}";
        Assert.Equal(Child.Killed, (await Child.RunAsync("export.posted:2", "export", _folder.Path, $"{Seed}", "1", to)).Exit);
        Assert.Equal(2, ids.Count);
        Assert.All(await Exporting.RunAsync(_folder.Path, Seed, 1, to), o => Assert.Null(o.Fault));
        receiver.Stop();
        await receiving;
        // The second was confirmed and not counted: it comes twice, and the receiver can tell.
        Assert.Equal(ids[1], ids[2]);
        Assert.Equal(ids.Count - 1, ids.Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(ExportState.Accepted, Assert.Single(await RecordsAsync()).State);

        async Task ReceiveAsync()
        {
            try
            {
                while (true)
                {
                    var context = await receiver.GetContextAsync();
                    using var body = new StreamReader(context.Request.InputStream);
                    using var json = System.Text.Json.JsonDocument.Parse(await body.ReadToEndAsync());
                    ids.Add($"{json.RootElement.GetProperty("sequence")}/{json.RootElement.GetProperty("batch")}");
                    context.Response.Close();
                }
            }
            catch (Exception fault) when (fault is HttpListenerException or ObjectDisposedException)
            {
                // Stopped.
            }
        }
    }

    [Fact]
    public async Task Of_two_processes_at_once_one_makes_it_and_the_other_finds_it_made()
    {
        var children = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Child.RunAsync(null, "export", _folder.Path, $"{Seed}", "1", Receiver)));
        Assert.All(children, c => Assert.True(c.Exit == 0, c.Output));
        Assert.Single(children, c => c.Output.Contains("Record = ExportRecord", StringComparison.Ordinal));
        var record = Assert.Single(await RecordsAsync());
        Assert.Equal((1L, ExportState.Accepted), (record.Sequence, record.State));
        Assert.Equal([record.File, record.File + ".ok"], ExportBench.Finished(Receiver));
    }

    // A file under its name is whole, and its .ok file says so.
    private void Whole()
    {
        foreach (var folder in (string[])[Receiver, _folder[Path.Combine("exports", "crm", "leads")]])
            foreach (var file in ExportBench.Finished(folder))
            {
                var path = Path.Combine(folder, file);
                if (file.EndsWith(".ok", StringComparison.Ordinal))
                {
                    using var ok = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(path));
                    Assert.Equal(file[..^3], ok.RootElement.GetProperty("file").GetString());
                    continue;
                }
                var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(path)));
                Assert.EndsWith($"-{sha256[..8]}.csv", file, StringComparison.Ordinal);
            }
    }

    private async Task<IReadOnlyList<ExportRecord>> RecordsAsync()
    {
        await using var ledger = await SqliteLedger.OpenAsync(_folder["ledger.db"], default);
        return await ledger.ExportsAsync("crm", "leads", 0, default);
    }
}
