using System.Diagnostics;
using Etl.Integration.Tests.Support;
using Etl.Sandbox;

namespace Etl.Integration.Tests;

/// <summary>What the service does wrong, seen from the command line: exit code, message, and what is left behind.</summary>
public sealed class FaultTests
{
    [Theory]
    [InlineData("expired-session")]
    [InlineData("http-502")]
    [InlineData("http-429")]
    [InlineData("http-503")]
    [InlineData("truncated-body")]
    [InlineData("truncated-gzip")]
    [InlineData("broken-connection")]
    [InlineData("empty-body")]
    [InlineData("query-timed-out")]
    [InlineData("internal-error")]
    [InlineData("data-null")]
    [InlineData("html-page")]
    public async Task Fault_that_passes_is_survived_and_the_rows_are_whole(string kind)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","action":"getTable","times":1}""");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 0, run.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", Workshop.LatestDay()), shop.Parquet("plays", Workshop.LatestDay()));
    }

    [Theory]
    [InlineData("wrong-cell-count", 1, "cells")]
    [InlineData("invalid-utf8", 1, "UTF-8")]
    public async Task Reply_that_cannot_be_read_fails_the_window_keeps_the_raw_page_and_lands_nothing(string kind, int exit, string words)
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync($$"""{"kind":"{{kind}}","action":"getTable","times":1000}""");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == exit, run.ToString());
        Assert.Contains(words, run.Error, StringComparison.Ordinal);
        Assert.Empty(shop.Parquet("plays", Workshop.LatestDay()));
        Assert.Empty(shop.Leftovers());
        var list = await File.ReadAllTextAsync(Assert.Single(shop.RawLists()));
        Assert.Contains("\"action\":\"getTable\"", list, StringComparison.Ordinal);
        Assert.Contains(shop.RawLists()[0], run.Error, StringComparison.Ordinal);
        Assert.NotEmpty(shop.RawBodies());
        Assert.All(shop.RawBodies(), b => Assert.DoesNotContain(shop.Environment["KALTURA_ADMIN_SECRET"], b, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Row_that_only_the_totals_can_miss_holds_the_window_and_release_publishes_it()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync("""{"kind":"drop-row","action":"getTable","times":1000}""");
        var label = Workshop.LatestDay();
        var held = await shop.RunAsync("run", "plays", "--json");
        Assert.True(held.Exit == 3, held.ToString());
        var window = Assert.Single(held.Of("window"));
        Assert.Equal("held", window.GetProperty("state").GetString());
        Assert.Empty(shop.Parquet("plays", label));

        var status = await shop.RunAsync("status", "plays");
        Assert.Contains("held", status.Out, StringComparison.Ordinal);
        var released = await shop.RunAsync("release", "plays", "--window", label);
        Assert.True(released.Exit == 0, released.ToString());
        Assert.Equal((await shop.ExpectedAsync("38", label)).Length - 1, shop.Parquet("plays", label).Length);
        Assert.Empty(shop.Leftovers());
    }

    [Fact]
    public async Task Day_that_was_emptied_at_the_service_is_held_and_the_landed_rows_stay()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        var label = Workshop.LatestDay();
        Assert.Equal(0, (await shop.RunAsync("run", "plays")).Exit);
        var before = shop.Parquet("plays", label);
        await shop.EmptyAsync(label);
        var run = await shop.RunAsync("run", "plays", "--from", label, "--to", label, "--force");
        Assert.True(run.Exit == 3, run.ToString());
        Assert.Equal(before, shop.Parquet("plays", label));
    }

    [Fact]
    public async Task Wrong_secret_is_refused_with_exit_4_and_never_printed()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        shop.Environment["KALTURA_ADMIN_SECRET"] = "fedcba9876543210fedcba9876543210";
        var run = await shop.RunAsync("run", "plays", "-v");
        Assert.True(run.Exit == 4, run.ToString());
        Assert.DoesNotContain("fedcba9876543210", run.Out + run.Error, StringComparison.Ordinal);
        Assert.Empty(shop.Leftovers());
    }

    [Fact]
    public async Task Service_that_is_not_there_gives_exit_5()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        shop.Environment["KALTURA_SERVICE_URL"] = "http://127.0.0.1:9";
        shop.Environment["KALTURA_RETRIES"] = "1";
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 5, run.ToString());
        Assert.Contains("127.0.0.1:9", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Missing_settings_are_named_and_nothing_is_touched()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays");
        shop.Environment.Clear();
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit == 2, run.ToString());
        Assert.Contains("KALTURA_PARTNER_ID", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    [Fact]
    public async Task Faulty_job_files_list_all_faults_and_nothing_is_touched()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", extra: "windw: 3\nshcema: evolve");
        shop.WriteJob("users", source: "{ report: TOP_CONTENT_CREATER, action: table }");
        var run = await shop.RunAsync("validate");
        Assert.True(run.Exit == 2, run.ToString());
        Assert.Contains("Did you mean 'window'?", run.Error, StringComparison.Ordinal);
        Assert.Contains("TOP_CONTENT_CREATOR", run.Error, StringComparison.Ordinal);
        Assert.Equal(3, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(l => l.StartsWith("jobs/", StringComparison.Ordinal)));
        Assert.False(Directory.Exists(shop.DataFolder));
    }

    [Fact]
    public async Task Table_of_more_rows_than_the_cap_is_split_and_landed_once()
    {
        await using var shop = await Workshop.OpenAsync(new SandboxOptions { Entries = 15_000, Users = 50, Days = 3 });
        shop.WriteJob("plays", lookback: 1);
        var run = await shop.RunAsync("run", "plays", "--json");
        Assert.True(run.Exit == 0, run.ToString());
        var expected = await shop.ExpectedAsync("38", Workshop.LatestDay());
        Assert.True(expected.Length > 12_000, $"{expected.Length} rows are no test of the cap");
        Assert.Equal(expected, shop.Parquet("plays", Workshop.LatestDay()));
    }

    [Fact]
    public async Task Data_folder_that_cannot_be_written_is_a_clear_error()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        await File.WriteAllTextAsync(shop.DataFolder, "a file where the folder should be");
        var run = await shop.RunAsync("run", "plays");
        Assert.True(run.Exit is 1 or 2, run.ToString());
        Assert.Contains("data", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Interrupt_exits_130_with_a_consistent_ledger_and_nothing_half_landed()
    {
        await using var shop = await Workshop.OpenAsync();
        shop.WriteJob("plays", lookback: 1);
        await shop.FaultAsync("""{"kind":"slow","action":"getTable","times":1,"parameter":"60"}""");
        using var process = EtlProcess.Start(shop.Folder, shop.Environment, "run", "plays", "-v");
        // The step 'pulling' is on stderr before the request is sent.
        while (await process.StandardError.ReadLineAsync() is { } line && !line.Contains("pulling", StringComparison.Ordinal))
        {
        }
        var clock = Stopwatch.StartNew();
        EtlProcess.Interrupt(process);
        var stopped = await EtlProcess.FinishAsync(process);
        Assert.True(stopped.Exit == 130, stopped.ToString());
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(50), $"stopping took {clock.Elapsed}");
        Assert.Empty(shop.Leftovers());
        var again = await shop.RunAsync("run", "plays");
        Assert.True(again.Exit == 0, again.ToString());
        Assert.Equal(await shop.ExpectedAsync("38", Workshop.LatestDay()), shop.Parquet("plays", Workshop.LatestDay()));
    }
}
