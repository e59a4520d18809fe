using System.Net;
using System.Text;
using Etl.Integration.Tests.Support;

namespace Etl.Integration.Tests;

/// <summary>
/// Input that is wrong: job files, replies, disks. The message names what a person needs to act, the exit code is the documented one,
/// and nothing is half done.
/// </summary>
public sealed class BadInputTests
{
    [Fact]
    public async Task All_faults_of_all_jobs_are_listed_with_file_line_and_column_and_the_nearest_key()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJobText("one", """
            job: one
            source: { report: TOP_CONTENT_CREATER, action: tabel }
            window: { evry: day, timezone: America/New_Yrok }
            land:
              - parquet: { datset: one }
            shcema: evolve
            """);
        shop.WriteJobText("two", """
            job: two
            source: { report: 38, action: table, filter: { playbackTypIn: [vod] } }
            window: { every: fortnight, timezone: America/New_York }
            land:
              - table: { connection: warehouse, name: "a;b" }
            """);
        foreach (var command in new[] { "validate", "status" })
        {
            var run = await shop.RunAsync(command);
            Assert.True(run.Exit == 2, run.ToString());
            foreach (var (at, words) in new[]
            {
                ("jobs/one.yaml:2:19", "Did you mean 'TOP_CONTENT_CREATOR'"), ("jobs/one.yaml:2:48", "Did you mean 'table'?"),
                ("jobs/one.yaml:3:11", "Did you mean 'every'?"), ("jobs/one.yaml:3:32", "America/New_Yrok"), ("jobs/one.yaml:5:16", "Did you mean 'dataset'?"),
                ("jobs/one.yaml:6:1", "Did you mean 'schema'?"),
                ("jobs/two.yaml:2:48", "Did you mean 'playbackTypeIn'?"), ("jobs/two.yaml:3:18", "fortnight"), ("jobs/two.yaml:5:43", "a;b"),
            })
                Assert.True(run.Error.Split('\n').Any(l => l.StartsWith(at + ":", StringComparison.Ordinal) && l.Contains(words, StringComparison.Ordinal)), $"{at} {words}\n{run}");
        }
        // A run of one job names the faults of that job.
        var one = await shop.RunAsync("run", "one");
        Assert.True(one.Exit == 2, one.ToString());
        Assert.Contains("jobs/one.yaml:2:19", one.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("jobs/two.yaml", one.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    [Fact]
    public async Task Unknown_report_names_the_closest_in_the_job_and_on_the_command_line()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", "{ report: MAP_OVERLAY_CONTRY, action: table }");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 2, run.ToString());
        Assert.Contains("MAP_OVERLAY_COUNTRY", run.Error, StringComparison.Ordinal);
        var reports = await shop.RunAsync("reports", "MAP_OVERLAY_CONTRY");
        Assert.True(reports.Exit == 2, reports.ToString());
        Assert.Contains("MAP_OVERLAY_COUNTRY", reports.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    [SkippableTheory]
    [InlineData("wrong-cell-count", null, 1, "Row \\d+ at byte \\d+ has 20 cells; the header has 21")]
    [InlineData("wrong-cell-count", "extra", 1, "Row \\d+ at byte \\d+ has 22 cells; the header has 21")]
    [InlineData("invalid-utf8", null, 1, "is not UTF-8 at byte \\d+")]
    [InlineData("truncated-body", null, 1, "ends at byte \\d+, inside row \\d+")]
    [InlineData("html-page", null, 5, "is not JSON from its first byte on \\(byte 0, content type 'text/html'\\)")]
    public async Task Reply_that_cannot_be_read_is_told_with_job_window_page_and_byte(string kind, string? parameter, int exit, string words)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", "{ report: 38, action: table, pageSize: 10 }", lookback: 1);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = shop.Parquet("plays", label);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","page":2,"times":-1{{(parameter is null ? "" : $",\"parameter\":\"{parameter}\"")}}}""");
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force", "--quiet");
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Matches($@"(?m)^plays {label}: report\.getTable, page 2: .*{words}", run.Error);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, shop.Parquet("plays", label));
        Assert.Equal(before, await shop.TableAsync("38", "plays", label));
        Assert.Empty(shop.Leftovers());

        // The ledger says the same to who comes later.
        var status = await shop.RunAsync("status", "plays", "--json");
        var window = Assert.Single(status.Of("window"));
        Assert.Matches($@"page 2: .*{words}", window.GetProperty("reason").GetString());
        if (exit == 1)
        {
            // The pull that failed keeps its answers, the one that landed before too.
            Assert.Equal(2, shop.RawLists("plays", label).Length);
            Assert.Contains(await File.ReadAllLinesAsync(shop.RawLists("plays", label)[^1]), l => l.Contains("[\"pager[pageIndex]\",\"2\"]", StringComparison.Ordinal));
        }

        await shop.NoFaultsAsync();
        var healed = await shop.RunAsync("run", "plays");
        Assert.True(healed.Exit == 0, healed.ToString());
        Assert.Equal(before, shop.Parquet("plays", label));
        Assert.Contains(" landed ", healed.Out, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plain words", 5, "is not JSON from its first byte on (byte 0")]
    [InlineData("{\"objectType\":\"KalturaReportTable\",\"header\":\"a|b\",\"data\":\"1|2;\",\"totalCount\":1} and more", 1, "byte 80")]
    [InlineData("{\"objectType\":\"KalturaReportTable\",\"header\":oops}", 1, "byte 44")]
    [InlineData("[1,2,3]", 1, "byte 0")]
    public async Task Reply_that_is_no_json_is_told_with_its_byte(string body, int exit, string words)
    {
        await using var shop = await Workshop.OpenAsync();
        using var server = new HttpListener();
        var port = FreePort();
        server.Prefixes.Add($"http://127.0.0.1:{port}/");
        server.Start();
        _ = AnswerAsync(server, body);
        shop.Environment["KALTURA_SERVICE_URL"] = $"http://127.0.0.1:{port}";
        shop.WriteJob("plays", lookback: 1);
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Contains($"plays {Workshop.LatestDay()}: report.getTable, page 1:", run.Error, StringComparison.Ordinal);
        Assert.True(run.Error.Contains(words, StringComparison.Ordinal), run.ToString());
        Assert.Empty(shop.Parquet("plays", Workshop.LatestDay()));
        Assert.Empty(shop.Leftovers());
    }

    [SkippableFact]
    public async Task File_in_place_of_the_datasets_folder_fails_the_window_and_the_next_run_lands_everywhere()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        var folder = Path.Combine(shop.DataFolder, "parquet", "plays");
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        await File.WriteAllTextAsync(folder, "in the way");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit is 1 or 2, run.ToString());
        Assert.Contains(folder, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal("in the way", await File.ReadAllTextAsync(folder));
        Assert.Empty(await shop.TableAsync("38", "plays", label));
        Assert.Empty(shop.Leftovers(pullMayWait: true));
        File.Delete(folder);
        var healed = await shop.RunAsync("run", "plays");
        Assert.True(healed.Exit == 0, healed.ToString());
        Assert.Empty(shop.Leftovers());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));
    }

    [SkippableTheory]
    [InlineData("staged")]
    [InlineData("parquet")]
    [InlineData("")]
    public async Task Full_disk_is_named_the_old_rows_stay_and_the_window_lands_when_there_is_space(string folder)
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        using var disk = SmallDisk.Mount(Path.Combine(shop.DataFolder, folder), megabytes: 2);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = shop.Parquet("plays", label);
        await shop.RestateAsync(label);
        disk.Fill();
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force");
        Assert.True(run.Exit == 1, run.ToString());
        // A database that cannot make its shared memory says 'disk I/O error'; the advice is the same.
        Assert.True(run.Error.Contains(folder.Length > 0 ? "disk is full" : "free space", StringComparison.OrdinalIgnoreCase), run.ToString());
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        disk.Free();
        Assert.Equal(before, shop.Parquet("plays", label));
        Assert.Equal(before, await shop.TableAsync("38", "plays", label));
        Assert.Empty(shop.Leftovers(pullMayWait: true));
        var healed = await shop.RunAsync("run", "plays", "--from", label, "--force");
        Assert.True(healed.Exit == 0, healed.ToString());
        Assert.Empty(shop.Leftovers());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
        Assert.Equal(await shop.ExpectedAsync("38", label), await shop.TableAsync("38", "plays", label));
    }

    [SkippableFact]
    public async Task Warehouse_on_a_full_disk_keeps_its_rows_and_the_next_run_lands_in_it()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        var folder = Path.Combine(shop.Folder, "small");
        using var disk = SmallDisk.Mount(folder, megabytes: 2);
        var warehouse = Path.Combine(folder, "warehouse.db");
        shop.Environment["ETL_CONNECTION_WAREHOUSE"] = $"sqlite:{warehouse}";
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        const string Sum = "SELECT SUM(count_plays) AS n, COUNT(*) AS rows FROM plays";
        var before = Sqlite3.Json(warehouse, Sum);
        await shop.RestateAsync(label);
        disk.Fill();
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force");
        Assert.True(run.Exit == 1, run.ToString());
        Assert.True(run.Error.Contains("disk is full", StringComparison.OrdinalIgnoreCase), run.ToString());
        disk.Free();
        Assert.Equal(before, Sqlite3.Json(warehouse, Sum));
        Assert.Empty(shop.Leftovers(pullMayWait: true));
        // The dataset has the new rows already; a plain run brings the table to them.
        var healed = await shop.RunAsync("run", "plays");
        Assert.True(healed.Exit == 0, healed.ToString());
        Assert.Empty(shop.Leftovers());
        Assert.NotEqual(before, Sqlite3.Json(warehouse, Sum));
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
    }

    [SkippableFact]
    public async Task Folder_that_may_not_be_written_is_named_and_the_old_file_stays()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        Directory.CreateDirectory(Path.Combine(shop.DataFolder, "parquet"));
        using var disk = SmallDisk.Mount(Path.Combine(shop.DataFolder, "parquet"), megabytes: 2);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = shop.Parquet("plays", label);
        await shop.RestateAsync(label);
        disk.ReadOnly(true);
        var run = await shop.RunAsync("run", "plays", "--from", label, "--force");
        Assert.True(run.Exit == 1, run.ToString());
        Assert.Contains(Path.Combine(shop.DataFolder, "parquet", "plays"), run.Error, StringComparison.Ordinal);
        Assert.Contains("written", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
        Assert.Equal(before, shop.Parquet("plays", label));
        Assert.Empty(shop.Leftovers(pullMayWait: true));
        disk.ReadOnly(false);
        Assert.Equal(0, (await shop.RunAsync("run", "plays", "--from", label, "--force")).Exit);
        Assert.Empty(shop.Leftovers());
        Assert.Equal(await shop.ExpectedAsync("38", label), shop.Parquet("plays", label));
    }

    [SkippableFact]
    public async Task Interrupt_in_mid_landing_ends_with_130_and_the_next_run_lands_everywhere()
    {
        Sqlite3.Require();
        await using var shop = await Workshop.OpenAsync();
        var label = Workshop.LatestDay();
        shop.WriteJob("plays", lookback: 1);
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = await shop.TableAsync("38", "plays", label);
        await shop.RestateAsync(label);
        EtlResult stopped;
        // Another writer has the warehouse: the landing publishes the file and then waits here.
        using (Sqlite3.Lock(shop.Warehouse))
        {
            using var process = EtlProcess.Start(shop.Folder, shop.Environment, "run", "plays", "--from", label, "--force", "-v");
            // Reading on keeps the pipe from filling up.
            var steps = process.StandardError.ReadToEndAsync();
            for (var wait = 0; wait < 600 && shop.Parquet("plays", label).SequenceEqual(before); wait++) await Task.Delay(50);
            EtlProcess.Interrupt(process);
            Assert.Contains("committing", await steps, StringComparison.Ordinal);
            stopped = await EtlProcess.FinishAsync(process);
        }
        Assert.True(stopped.Exit == 130, stopped.ToString());
        Assert.NotEqual(before, shop.Parquet("plays", label));
        Assert.Equal(before, await shop.TableAsync("38", "plays", label));
        Assert.Empty(shop.Leftovers(pullMayWait: true));
        var healed = await shop.RunAsync("run", "plays");
        Assert.True(healed.Exit == 0, healed.ToString());
        Assert.Empty(shop.Leftovers());
        var expected = await shop.ExpectedAsync("38", label);
        Assert.NotEqual(before, expected);
        // The window was owed nothing, but its places disagree: a plain run must bring them together.
        Assert.Equal(expected, shop.Parquet("plays", label));
        Assert.Equal(expected, await shop.TableAsync("38", "plays", label));
    }

    private static int FreePort()
    {
        using var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static async Task AnswerAsync(HttpListener server, string body)
    {
        try
        {
            while (true)
            {
                var context = await server.GetContextAsync();
                context.Response.ContentType = "application/json";
                await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(body));
                context.Response.Close();
            }
        }
        catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
