using Etl.Core.Checks;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Pipeline.Restating;

namespace Etl.Pipeline.Tests.Restating;

public class SettlingTests
{
    private static readonly TimeSpan s_day = TimeSpan.FromDays(1);
    private static readonly DateTimeOffset s_end = new(2026, 11, 20, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Nothing_is_known_of_windows_that_were_pulled_once()
    {
        var settling = Settling.Of([Window("a", (2, "x")), Window("b")], s_day);
        Assert.Equal((0, 0, null), (settling.Windows, settling.Steps.Count, settling.Latest));
    }

    [Fact]
    public void Window_that_never_changed_settled_at_once()
    {
        var settling = Settling.Of([Window("a", (2, "x"), (26, "x"), (50, "x")), Window("once", (2, "x"))], s_day);
        Assert.Equal((1, 1.0, 0, null), (settling.Windows, settling.AtOnce, settling.Steps.Count, settling.Latest));
    }

    [Fact]
    public void Shares_rise_with_the_age_of_the_last_change()
    {
        var settling = Settling.Of(
            [
                Window("a", (2, "x"), (26, "x"), (50, "x")), Window("b", (2, "x"), (26, "y"), (50, "y")), Window("c", (2, "x"), (26, "x"), (50, "z")), Window("d", (2, "x"), (26, "x")),
            ],
            s_day);
        Assert.Equal((4, 0.5, "c"), (settling.Windows, settling.AtOnce, settling.Latest));
        Assert.Equal([new SettledBy(1, 0.75), new SettledBy(2, 1)], settling.Steps);
    }

    [Fact]
    public void Content_that_came_back_has_changed_twice()
    {
        var settling = Settling.Of([Window("a", (2, "x"), (26, "y"), (50, "x"))], s_day);
        Assert.Equal([new SettledBy(2, 1)], settling.Steps);
        Assert.Equal(0, settling.AtOnce);
    }

    [Fact]
    public void Change_within_the_first_hours_is_not_at_once()
    {
        var settling = Settling.Of([Window("a", (2, "x"), (3, "y"))], s_day);
        Assert.Equal((0, new SettledBy(1, 1)), (settling.AtOnce, Assert.Single(settling.Steps)));
    }

    [Fact]
    public void Pull_that_a_check_held_does_not_count_unless_the_freeze_held_it()
    {
        var wrong = Window("a", (2, "x"), (26, "x"));
        wrong.Pulls = [.. wrong.Pulls, Pull(50, "wrong", "totals")];
        Assert.Equal(1, Settling.Of([wrong], s_day).AtOnce);
        wrong.Pulls = [.. wrong.Pulls, Pull(74, "late", "frozen")];
        Assert.Equal([new SettledBy(3, 1)], Settling.Of([wrong], s_day).Steps);
    }

    [Fact]
    public void Hours_are_told_in_hours_and_all_else_in_days()
    {
        Assert.Equal((TimeSpan.FromHours(1), s_day, s_day), (Settling.UnitOf(WindowUnit.Hour), Settling.UnitOf(WindowUnit.Day), Settling.UnitOf(WindowUnit.Month)));
        Assert.Equal([new SettledBy(5, 1)], Settling.Of([Window("a", (2, "x"), (5, "y"))], TimeSpan.FromHours(1)).Steps);
    }

    private static (WindowRecord Window, IReadOnlyList<PullRecord> Pulls) Window(string label, params (int Hours, string Hash)[] pulls) =>
        (new WindowRecord { Key = Key(label), From = s_end - s_day, To = s_end, State = WindowState.Landed }, [.. pulls.Select(p => Pull(p.Hours, p.Hash))]);

    private static PullRecord Pull(int hours, string hash, string? held = null) => new()
    {
        Pull = $"p{hours}", Key = Key("any"), Fence = 1, StartedAt = s_end.AddHours(hours), EndedAt = s_end.AddHours(hours), ContentHash = hash,
        Checks = held is null ? [] : [new CheckResult(held, Verdict.Hold, "")],
    };

    private static WindowKey Key(string label) => new("job", "main", "100", label);
}
