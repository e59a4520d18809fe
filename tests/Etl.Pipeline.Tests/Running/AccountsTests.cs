using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;
using Microsoft.Data.Sqlite;

namespace Etl.Pipeline.Tests.Running;

/// <summary>One job, several accounts: windows, rows, faults and begins of their own.</summary>
public sealed class AccountsTests
{
    private const string Label = "2026-11-19";

    [Fact]
    public async Task Every_account_has_its_windows_its_folder_and_its_rows()
    {
        await using var bench = await OpenAsync("100", "200");

        var outcomes = await bench.RunAsync();

        Assert.Equal(6, outcomes.Count(o => o is { State: WindowState.Landed, TellsAccount: true }));
        foreach (var account in new[] { "100", "200" })
        {
            Assert.True(File.Exists(FileOf(bench, account, Label)));
            Assert.Equal([$"{account}-{Label}=1"], Rows(bench, account, Label));
        }
        Assert.Empty((await bench.PlanAsync()).Due);
    }

    [Fact]
    public async Task One_listed_account_lands_like_several_so_that_another_can_join()
    {
        await using var bench = await OpenAsync("100");
        await bench.RunAsync();
        var before = await File.ReadAllBytesAsync(FileOf(bench, "100", Label));

        bench.Job = With(bench.Job, "100", "200");
        var plan = await bench.PlanAsync();
        Assert.Equal(["200", "200", "200"], plan.Due.Select(d => d.Key.Account));
        await bench.RunAsync();

        Assert.Equal(before, await File.ReadAllBytesAsync(FileOf(bench, "100", Label)));
        Assert.Equal([$"200-{Label}=1"], Rows(bench, "200", Label));
        Assert.Equal([$"100-{Label}=1"], Rows(bench, "100", Label));
        Assert.Empty((await bench.PlanAsync()).Due);
    }

    [Theory]
    [InlineData(FaultKind.Refused, ExitCode.Refused, 1)]
    [InlineData(FaultKind.Usage, ExitCode.Usage, 1)]
    [InlineData(FaultKind.Window, ExitCode.WindowFailed, 3)]
    [InlineData(FaultKind.Unreachable, ExitCode.Unreachable, 3)]
    public async Task Account_that_fails_does_not_stop_the_others(FaultKind kind, int exit, int tries)
    {
        await using var bench = await OpenAsync("100", "200", "300");
        bench.Source.Halfway = (request, _) => request.Key.Account == "100" ? throw new EtlException(kind, "no") : Task.CompletedTask;

        var outcomes = await bench.RunAsync();

        Assert.Equal(3, outcomes.Count(o => o is { State: WindowState.Failed, Key.Account: "100" } && o.ExitCode == exit));
        Assert.Equal(tries, outcomes.Count(o => o.Key.Account == "100" && o.Code != JobRunner.NotBegun));
        Assert.Equal(6, outcomes.Count(o => o.State == WindowState.Landed));
        Assert.Equal(exit, ExitCode.Combine(outcomes.Select(o => o.ExitCode)));
        // What was not tried stays due, and is pulled when the account answers again.
        bench.Source.Halfway = (_, _) => Task.CompletedTask;
        Assert.Equal(3, (await bench.PlanAsync()).Due.Count(d => d.Key.Account == "100"));
        Assert.Equal(3, (await bench.RunAsync()).Count(o => o is { State: WindowState.Landed, Key.Account: "100" }));
    }

    [Fact]
    public async Task Accounts_of_a_report_come_and_go_and_come_back_without_losing_a_window()
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { AccountsFrom = new AccountReport("42", []) }] };
        bench.Source.Listed = ["100", "200"];
        await bench.RunAsync();
        bench.Source.Listed = ["100"];
        for (var night = 0; night < 5; night++)
        {
            bench.Clock.Advance(TimeSpan.FromDays(1));
            Assert.All(await bench.RunAsync(), o => Assert.Equal("100", o.Key.Account));
        }
        bench.Source.Listed = ["100", "200"];
        await bench.RunAsync();
        foreach (var day in Enumerable.Range(17, 8)) Assert.Equal([$"200-2026-11-{day}=1"], Rows(bench, "200", $"2026-11-{day}"));

        // Looking ahead, the report is not asked: the plan has the accounts that the ledger knows, and says so.
        bench.Clock.Advance(TimeSpan.FromDays(1));
        bench.Source.Listed = null;
        var plan = await bench.PlanAsync();
        Assert.Equal(["100", "200"], plan.Due.Select(d => d.Key.Account).Distinct());
        Assert.Single(plan.Unasked);
    }

    [Theory]
    [InlineData(null, null, "2026-10-21", "2026-11-20")]
    [InlineData("2026-01-05", "2026-01-09", "2025-12-11", "2026-01-10")]
    [InlineData("2026-01-05", "2026-03-09", "2026-01-05", "2026-03-10")]
    public async Task Report_of_accounts_is_asked_for_a_month_or_all_named_windows(string? from, string? to, string first, string end)
    {
        await using var bench = await OpenAsync();
        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { AccountsFrom = new AccountReport("42", []) }] };
        bench.Source.Listed = ["100"];
        await bench.PlanAsync(new PlanOptions { From = from, To = to });
        Assert.Equal((first, end), ($"{bench.Source.AskedFor.From:yyyy-MM-dd}", $"{bench.Source.AskedFor.To:yyyy-MM-dd}"));
    }

    [Fact]
    public async Task Held_pull_of_an_account_is_released_into_its_own_folder()
    {
        await using var bench = await OpenAsync("100", "200");
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        Assert.Equal(2, (await bench.RunAsync()).Count(o => o.State == WindowState.Held));
        await new Pipeline.Running.Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default);
        Assert.Equal([$"100-{Label}=1"], Rows(bench, "100", Label));
        Assert.True(File.Exists(FileOf(bench, "200", Label)));
    }

    private static async Task<Bench> OpenAsync(params string[] accounts)
    {
        var bench = await Bench.OpenAsync();
        bench.Job = With(bench.Job, accounts);
        bench.Source.RowsOf = key => [($"{key.Account}-{key.Label}", 1)];
        return bench;
    }

    private static JobDefinition With(JobDefinition job, params string[] accounts) => job with { Sources = [job.Sources[0] with { Accounts = accounts }] };

    private static string FileOf(Bench bench, string account, string label) => Path.Combine(bench.Folder, "parquet", "plays", $"account={account}", $"date={label}", "data.parquet");

    private static string[] Rows(Bench bench, string account, string label)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(bench.Folder, "warehouse.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT id || '=' || plays FROM plays WHERE _window = $w AND _account = $a ORDER BY 1";
        command.Parameters.AddWithValue("$w", label);
        command.Parameters.AddWithValue("$a", account);
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read()) rows.Add(reader.GetString(0));
        return [.. rows];
    }
}
