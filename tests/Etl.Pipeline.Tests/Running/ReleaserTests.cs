using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Targets;
using Etl.Pipeline.Planning;
using Etl.Pipeline.Running;

namespace Etl.Pipeline.Tests.Running;

public class ReleaserTests
{
    private const string Label = "2026-11-19";

    [Fact]
    public async Task Released_pull_is_published_as_it_was_pulled()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        bench.Source.Rows = _ => [];
        var released = Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal((WindowState.Landed, ExitCode.Done, null, null), (released.State, released.ExitCode, released.Code, released.Message));
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
        bench.AssertNoLeftovers();
        Assert.Empty(await bench.DueAsync());
    }

    [Fact]
    public async Task Release_is_refused_when_a_newer_pull_has_landed()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        await Rival.LandAsync(bench, Label);
        var refused = Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal((WindowState.Superseded, ExitCode.WindowFailed, "superseded"), (refused.State, refused.ExitCode, refused.Code));
        Assert.Contains("the held one was not released", refused.Message, StringComparison.Ordinal);
        bench.AssertPublished(Label, "newer=1");
    }

    [Fact]
    public async Task Release_that_one_target_refuses_as_older_is_no_success()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        var held = (await bench.RunAsync()).Single(o => o.Key.Label == Label).Pull!;
        await Rival.LandAsync(bench, Label, land => land is TableLandSpec);

        var refused = Assert.Single(await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));

        Assert.Equal([LandingOutcome.Landed, LandingOutcome.Superseded], refused.Targets.Select(t => t.Outcome));
        Assert.Equal((WindowState.Superseded, ExitCode.WindowFailed), (refused.State, refused.ExitCode));
        var record = await bench.WindowAsync(Label);
        Assert.Equal((WindowState.Superseded, null), (record.State, record.LandedPull));
        Assert.Equal([held], bench.Staging.List());
        Assert.Equal([Label], await bench.DueAsync());
    }

    [Theory]
    [InlineData("2026-11-19-a", "2026-11-19-z")]
    [InlineData("PAR1\u0015", "PAR1\u0019")]
    public async Task Release_refuses_staged_rows_that_are_no_longer_those_of_the_pull(string found, string damaged)
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        var held = (await bench.RunAsync()).Single(o => o.Key.Label == Label).Pull!;
        var path = Path.Combine(bench.Folder, "staged", held + ".parquet");
        var bytes = await File.ReadAllBytesAsync(path);
        var at = bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(found));
        System.Text.Encoding.ASCII.GetBytes(damaged).CopyTo(bytes, at);
        await File.WriteAllBytesAsync(path, bytes);
        var fault = await Assert.ThrowsAsync<EtlException>(() => new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal("staged-damaged", fault.Code);
        bench.AssertPublished(Label);
        Assert.Null((await bench.WindowAsync(Label)).Owner);
        Assert.Equal([Label], await bench.DueAsync());
    }

    [Fact]
    public async Task Release_leaves_a_window_alone_that_the_same_process_pulls_anew()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        var parts = bench.Parts();
        EtlException? refused = null;
        bench.Source.TotalsOff = (_, _) => 0;
        bench.Source.Halfway = async (_, _) => refused ??= await Assert.ThrowsAsync<EtlException>(() => new Releaser(parts).ReleaseAsync(bench.Job, Label, default));
        var (_, outcomes) = await new JobRunner(parts).RunAsync(bench.Job, new PlanOptions(), 1, default);
        Assert.Equal((WindowState.Landed, 1), (outcomes.Single().State, outcomes.Single().Targets.Count(t => t.Kind == "table")));
        Assert.True(refused!.IsTransient);
        Assert.Contains("Try again when it is done", refused.Message, StringComparison.Ordinal);
        bench.AssertPublished(Label, $"{Label}-a=10", $"{Label}-b=20");
    }

    [Fact]
    public async Task Release_of_several_sources_tells_which_were_published_and_which_not()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Job = bench.Job with
        {
            Sources = [bench.Job.Sources[0] with { Name = "a" }, bench.Job.Sources[0] with { Name = "b" }],
            Land = [new TableLandSpec { Table = "plays", From = "a" }, new TableLandSpec { Table = "others", From = "b" }],
        };
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        var held = (await bench.RunAsync()).Where(o => o.Key.Label == Label).ToDictionary(o => o.Key.Source, o => o.Pull!);
        bench.Staging.Remove(held["b"]);
        var outcomes = await new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default);
        Assert.Equal([("a", WindowState.Landed, ExitCode.Done), ("b", WindowState.Held, ExitCode.WindowFailed)], outcomes.Select(o => (o.Key.Source, o.State, o.ExitCode)));
        Assert.Contains("are gone", outcomes[1].Message, StringComparison.Ordinal);
        Assert.Equal([$"{Label}-a=10", $"{Label}-b=20"], bench.TableRows(Label));
    }

    [Fact]
    public async Task Release_without_a_held_pull_says_which_windows_are_held()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        var fault = await Assert.ThrowsAsync<EtlException>(() => new Releaser(bench.Parts()).ReleaseAsync(bench.Job, "2026-11-18", default));
        Assert.Equal(FaultKind.Usage, fault.Kind);
        Assert.Contains($"Held: {Label}.", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Release_that_loses_its_lease_says_so()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        bench.Targets = new WatchedTargets(bench.Targets) { Landed = (_, _) => Rival.StealAsync(bench, Label) };
        var fault = await Assert.ThrowsAsync<EtlException>(() => new Releaser(bench.Parts()).ReleaseAsync(bench.Job, Label, default));
        Assert.Equal("lease-lost", fault.Code);
        Assert.Contains("was taken over by another run", fault.Message, StringComparison.Ordinal);
        bench.AssertPublished(Label, "newer=1");
    }

    [Fact]
    public async Task Long_release_keeps_its_lease()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.TotalsOff = (label, _) => label == Label ? 5 : 0;
        await bench.RunAsync();
        var prolonged = false;
        bench.Targets = new WatchedTargets(bench.Targets)
        {
            Landed = async (_, _) =>
            {
                var first = (await bench.WindowAsync(Label)).LeaseUntil;
                for (var i = 0; i < 500 && !prolonged; i++)
                {
                    await Task.Delay(10);
                    prolonged = (await bench.WindowAsync(Label)).LeaseUntil > first;
                }
            },
        };
        var parts = bench.Parts() with { Lease = new LeaseOptions { Lifetime = TimeSpan.FromSeconds(1), Heartbeat = TimeSpan.FromMilliseconds(200) } };
        Assert.Equal(WindowState.Landed, Assert.Single(await new Releaser(parts).ReleaseAsync(bench.Job, Label, default)).State);
        Assert.True(prolonged, "Nobody prolonged the lease while the release went on.");
    }
}
