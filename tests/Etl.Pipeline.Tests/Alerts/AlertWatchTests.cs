using System.Text.Json;
using Etl.Core.Alerts;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Pipeline.Alerts;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Tests.Running;

namespace Etl.Pipeline.Tests.Alerts;

/// <summary>Alerts of real runs: what landed is measured from the targets, and what changes is told once.</summary>
public sealed class AlertWatchTests : IAsyncLifetime
{
    private Bench _bench = null!;

    private IAlertStore Store => (IAlertStore)_bench.Ledger;

    public async Task InitializeAsync() => _bench = await Bench.OpenAsync();

    public async Task DisposeAsync() => await _bench.DisposeAsync();

    [Fact]
    public async Task Rule_on_landed_rows_fires_once_and_resolves_once()
    {
        Rules("sum(plays) < 20");
        var plays = 5;
        _bench.Source.Rows = label => [("a", plays), ("b", plays)];
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        Assert.Equal("", await LookAsync());
        plays = 6;
        await NextNightAsync();
        Assert.Equal("", await LookAsync());
        plays = 10;
        await NextNightAsync();
        Assert.Equal("resolved", await LookAsync());
        var state = await StateAsync();
        Assert.Equal((false, 20d, "2026-11-21"), (state.Phase.IsFiring, state.Value, state.Window));
    }

    [Fact]
    public async Task Message_says_what_was_measured_of_which_window()
    {
        Rules("max(plays) > 100");
        _bench.Source.Rows = label => [("a", label == "2026-11-19" ? 300 : 1)];
        await _bench.RunAsync();
        await LookAsync();
        var message = (await TakeAsync())!.Message;
        Assert.Equal(("plays: alert-0 fires", "log", AlertMessageKind.Firing), (message.Subject, message.Channel, message.Kind));
        using var body = JsonDocument.Parse(message.Body);
        var facts = body.RootElement;
        Assert.Equal(
            (message.Id, "alert", "firing", "plays", "alert-0", "100", "main", "2026-11-19", "max(plays) > 100", 300d),
            (Text("id"), Text("type"), Text("state"), Text("job"), Text("alert"), Text("account"), Text("source"), Text("window"), Text("when"), facts.GetProperty("value").GetDouble()));
        Assert.Equal("Alert 'alert-0' of job 'plays' fires: max(plays) in window 2026-11-19 is 300, and the rule is 'max(plays) > 100'.", Text("message"));
        Assert.Equal(_bench.Clock.GetUtcNow(), facts.GetProperty("at").GetDateTimeOffset());

        string? Text(string name) => facts.GetProperty(name).GetString();
    }

    [Fact]
    public async Task Windows_in_a_row_are_counted_by_their_time_whatever_order_they_land_in()
    {
        Rules(new AlertRule { Name = "low", When = "", Source = "main", Measure = AlertMeasure.Sum, Column = "plays", Is = Comparison.Less, Threshold = 20, ClearAt = 20, Windows = 3 });
        _bench.Source.Rows = label => [("a", label == "2026-11-18" ? 50 : 5)];
        foreach (var label in new[] { "2026-11-19", "2026-11-17", "2026-11-18" })
        {
            await _bench.RunAsync(new PlanOptions { From = label, To = label });
            Assert.Equal("", await LookAsync());
        }
        // The window in the middle is pulled again and turns out as low as its neighbours.
        _bench.Source.Rows = label => [("a", 5)];
        await _bench.RunAsync(new PlanOptions { From = "2026-11-18", To = "2026-11-18", Force = true });
        Assert.Equal("firing", await LookAsync());
    }

    [Fact]
    public async Task Restated_window_takes_back_what_it_had_said()
    {
        Rules("sum(plays) < 20");
        _bench.Source.Rows = label => [("a", label == "2026-11-19" ? 5 : 50)];
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        _bench.Source.Rows = label => [("a", 50)];
        await _bench.RunAsync(new PlanOptions { From = "2026-11-19", To = "2026-11-19", Force = true });
        Assert.Equal("resolved", await LookAsync());
        Assert.Equal("2026-11-19", (await StateAsync()).Window);
    }

    [Fact]
    public async Task Long_life_is_remembered_by_few_readings_and_one_phase()
    {
        Rules(new AlertRule { Name = "low", When = "", Source = "main", Measure = AlertMeasure.Sum, Column = "plays", Is = Comparison.Less, Threshold = 20, ClearAt = 40 });
        _bench.Source.Rows = label => [("a", label == "2026-11-17" ? 5 : 30)];
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        for (var night = 0; night < 8; night++)
        {
            await NextNightAsync();
            Assert.Equal("", await LookAsync());
        }
        var state = await StateAsync("low");
        Assert.Equal((3, true, true), (state.Readings.Count, state.Phase.IsFiring, state.Before.IsFiring));
        _bench.Source.Rows = label => [("a", 40)];
        await NextNightAsync();
        Assert.Equal("resolved", await LookAsync());
    }

    [Fact]
    public async Task Facts_of_a_landing_are_measured()
    {
        Rules("rows < 3", "quarantined", "restated >= 2");
        _bench.Job = _bench.Job with { Checks = new CheckSpec { Tolerance = 1, Quarantine = null } };
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        Assert.Equal((2d, 0d, 0d), ((await StateAsync("alert-0")).Value, (await StateAsync("alert-1")).Value, (await StateAsync("alert-2")).Value));
        _bench.Source.Rows = label => [("c", 1), ("d", 2), ("e", 3)];
        _bench.Source.Refuses = id => id == "e";
        await _bench.RunAsync(new PlanOptions { From = "2026-11-19", To = "2026-11-19", Force = true });
        Assert.Equal("firing firing", await LookAsync());
        Assert.Equal((2d, 1d, 4d), ((await StateAsync("alert-0")).Value, (await StateAsync("alert-1")).Value, (await StateAsync("alert-2")).Value));
    }

    [Fact]
    public async Task Held_and_failed_windows_are_counted_as_time_passes()
    {
        Rules("held", "failed >= 2", "attempts >= 3");
        Assert.Equal("", await LookAsync());
        _bench.Source.TotalsOff = (label, _) => label == "2026-11-19" ? 5 : 0;
        _bench.Source.Halfway = (request, _) => request.Key.Label == "2026-11-19" ? Task.CompletedTask
            : throw new Core.Errors.EtlException(Core.Errors.FaultKind.Window, "Broken.");
        await _bench.RunAsync();
        Assert.Equal("firing firing", await LookAsync());
        await _bench.RunAsync();
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        _bench.Source.TotalsOff = (_, _) => 0;
        _bench.Source.Halfway = (_, _) => Task.CompletedTask;
        await _bench.RunAsync();
        Assert.Equal("resolved resolved resolved", await LookAsync());
    }

    [Fact]
    public async Task Job_is_late_when_the_window_after_the_newest_landed_one_closed_long_ago()
    {
        Rules(new AlertRule { Name = "late", When = "late > 6h", Measure = AlertMeasure.Late, Is = Comparison.Greater, Threshold = 6 * 3600, ClearAt = 6 * 3600, Time = TimeSpan.FromMinutes(5) });
        await _bench.RunAsync();
        Assert.Equal("", await LookAsync());
        // 2026-11-20 closes on the 21st at 02:00.
        _bench.Clock.Advance(TimeSpan.FromHours(14 + 6));
        Assert.Equal("", await LookAsync());
        Assert.Equal(6 * 3600d, (await StateAsync("late")).Value);
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("", await LookAsync());
        _bench.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal("firing", await LookAsync());
        Assert.Contains("late is 6 h 6 min", (await TakeAsync())!.Message.Body, StringComparison.Ordinal);
        await _bench.RunAsync();
        Assert.Equal("resolved", await LookAsync());
    }

    [Fact]
    public async Task New_job_that_catches_up_is_late_from_the_first_look_on()
    {
        Rules("late > 6h");
        await _bench.Ledger.BeginJobAsync(new JobKey("plays", "main", "100"), "2026-11-10", default);
        Assert.Equal("", await LookAsync());
        _bench.Clock.Advance(TimeSpan.FromHours(6));
        Assert.Equal("", await LookAsync());
        _bench.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("firing", await LookAsync());
    }

    [Fact]
    public async Task Rule_that_cannot_be_measured_says_why_and_the_others_are_measured()
    {
        Rules("max(views) > 1", "max(plays) > 1");
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        var broken = await StateAsync("alert-0");
        Assert.Equal((null, "The landed rows have no column 'views'. Correct the alert in the job file."), (broken.Value, broken.Fault));
        Rules("max(plays) > 1000", "max(plays) > 1");
        Assert.Equal("", await LookAsync());
        Assert.Equal((20d, (string?)null), ((await StateAsync("alert-0")).Value, (await StateAsync("alert-0")).Fault));
    }

    [Fact]
    public async Task Landing_whose_rows_are_not_to_be_had_is_measured_later()
    {
        Rules("sum(plays) < 50");
        await _bench.RunAsync();
        var whole = _bench.Targets;
        _bench.Targets = new NothingToShow(whole);
        Assert.Equal("", await LookAsync());
        Assert.StartsWith("No target of window 'plays/main/100/2026-11-19' shows pull", (await StateAsync()).Fault, StringComparison.Ordinal);
        _bench.Targets = whole;
        Assert.Equal("firing", await LookAsync());
        Assert.Null((await StateAsync()).Fault);
    }

    [Fact]
    public async Task Changed_rule_begins_anew_and_one_that_fired_resolves_once()
    {
        Rules("sum(plays) < 50");
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        Rules("sum(plays) < 40");
        Assert.Equal("", await LookAsync());
        Rules("sum(plays) < 10");
        Assert.Equal("resolved", await LookAsync());
        Assert.Equal("", await LookAsync());
    }

    [Fact]
    public async Task Each_channel_gets_a_message_of_its_own()
    {
        Rules(new AlertRule { Name = "low", When = "", Source = "main", Measure = AlertMeasure.Rows, Is = Comparison.Less, Threshold = 20, ClearAt = 20, Notify = ["ops", "log"] });
        await _bench.RunAsync();
        await LookAsync(take: false);
        var (first, second) = ((await TakeAsync())!.Message, (await TakeAsync())!.Message);
        Assert.Equal(("ops", "log"), (first.Channel, second.Channel));
        Assert.NotEqual(first.Id, second.Id);
    }

    [Fact]
    public async Task Accounts_have_alerts_of_their_own()
    {
        _bench.Job = _bench.Job with { Sources = [new SourceSpec { Action = "table", Report = "38", Accounts = ["101", "102"] }] };
        Rules("sum(plays) < 20");
        _bench.Source.RowsOf = key => [("a", key.Account == "101" ? 5 : 50)];
        await _bench.RunAsync();
        Assert.Equal("firing", await LookAsync());
        Assert.True((await StateAsync(account: "101")).Phase.IsFiring);
        Assert.False((await StateAsync(account: "102")).Phase.IsFiring);
        Assert.Contains("of account 101 in window 2026-11-19", (await TakeAsync())!.Message.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Servers_that_see_the_same_landing_at_once_tell_it_once()
    {
        Rules("sum(plays) < 50");
        await _bench.RunAsync();
        await using var other = await _bench.SecondWorkerAsync();
        var told = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(() => Watch(i % 2 == 0 ? _bench : other).LookAsync(_bench.Job, default))));
        Assert.Equal(1, told.Sum());
        Assert.Equal("firing", await LookAsync());
        Assert.Equal("", await LookAsync());
    }

    internal static AlertWatch Watch(Bench bench) => new(bench.Ledger, (IAlertStore)bench.Ledger, bench.Targets, bench.Clock);

    private void Rules(params string[] whens) => Rules([.. whens.Select((when, i) =>
    {
        var read = AlertExpression.ReadWhen(when, out var fault);
        Assert.Null(fault);
        return new AlertRule
        {
            Name = $"alert-{i}", When = when, Source = read!.Measure >= AlertMeasure.Late ? null : "main", Measure = read.Measure, Column = read.Column,
            Where = read.Where, Is = read.Is, Threshold = read.Threshold, ClearAt = read.Threshold,
        };
    })]);

    private void Rules(params AlertRule[] rules) => _bench.Job = _bench.Job with { Alerts = rules };

    private async Task NextNightAsync()
    {
        _bench.Clock.Advance(TimeSpan.FromDays(1));
        await _bench.RunAsync();
    }

    /// <summary>Looks, and takes the messages of that look out of the outbox, but for the newest where it is asked for afterwards.</summary>
    private async Task<string> LookAsync(bool take = true)
    {
        await Watch(_bench).LookAsync(_bench.Job, default);
        if (!take) return "";
        var kinds = new List<string>();
        _taken.Clear();
        var outbox = (IAlertOutbox)_bench.Ledger;
        while (await outbox.TakeAsync("test", TimeSpan.FromMinutes(5), default) is { } item)
        {
            kinds.Add(item.Message.Kind.ToString().ToLowerInvariant());
            _taken.Enqueue(item);
            Assert.True(await outbox.DeliveredAsync(item, default));
        }
        return string.Join(' ', kinds);
    }

    private readonly Queue<OutboxItem> _taken = new();

    private async Task<OutboxItem?> TakeAsync() =>
        _taken.TryDequeue(out var item) ? item : await ((IAlertOutbox)_bench.Ledger).TakeAsync("test", TimeSpan.FromMinutes(5), default);

    private async Task<AlertState> StateAsync(string alert = "alert-0", string account = "100") =>
        (await Store.FindAsync(new AlertKey("plays", alert, account), default))!;

    private sealed class NothingToShow(Core.Targets.ITargetFactory inner) : Core.Targets.ITargetFactory
    {
        public string NameOf(LandSpec land) => inner.NameOf(land);

        public Core.Targets.ITarget Create(LandSpec land, bool severalAccounts) =>
            inner.Create(new ParquetLandSpec { Dataset = "elsewhere", From = land.From }, severalAccounts);
    }
}
