using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Sources;

namespace Etl.Pipeline.Tests.Running;

/// <summary>What a source keeps of an unfinished request, over several runs.</summary>
public class HandleTests
{
    private const string Label = "2026-11-19";

    [Fact]
    public async Task Handle_of_a_failed_pull_is_found_by_the_next_run_and_ends_with_the_landing()
    {
        await using var bench = await Bench.OpenAsync();
        var handle = new Handle("h1", bench.Clock.GetUtcNow());
        bench.Source.Halfway = async (request, token) =>
        {
            await request.Handles!.KeepAsync(handle, token);
            throw new EtlException(FaultKind.Unreachable, "no answer");
        };
        await bench.RunAsync();

        Handle? found = null;
        bench.Source.Halfway = async (request, token) => found ??= await request.Handles!.FindAsync(token);
        await bench.RunAsync();

        Assert.Equal(handle, found);
        Assert.Equal(WindowState.Landed, (await bench.WindowAsync(Label)).State);
        Assert.Null(await bench.Ledger.FindHandleAsync(bench.Key(Label), default));
    }

    [Fact]
    public async Task Handle_of_another_definition_is_not_found()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = async (request, token) =>
        {
            await request.Handles!.KeepAsync(new Handle("h1", bench.Clock.GetUtcNow()), token);
            throw new EtlException(FaultKind.Unreachable, "no answer");
        };
        await bench.RunAsync();

        bench.Job = bench.Job with { Sources = [bench.Job.Sources[0] with { Report = "39" }] };
        var asked = 0;
        Handle? found = null;
        bench.Source.Halfway = async (request, token) =>
        {
            asked++;
            found ??= await request.Handles!.FindAsync(token);
        };
        await bench.RunAsync();

        Assert.NotEqual(0, asked);
        Assert.Null(found);
    }

    [Fact]
    public async Task Forgotten_handle_is_gone()
    {
        await using var bench = await Bench.OpenAsync();
        bench.Source.Halfway = async (request, token) =>
        {
            await request.Handles!.KeepAsync(new Handle("h1", bench.Clock.GetUtcNow()), token);
            await request.Handles.ForgetAsync(token);
            Assert.Null(await request.Handles.FindAsync(token));
            throw new EtlException(FaultKind.Unreachable, "no answer");
        };

        var outcomes = await bench.RunAsync();

        Assert.All(outcomes, o => Assert.Equal("no answer", o.Message));
        Assert.Null(await bench.Ledger.FindHandleAsync(bench.Key(Label), default));
    }
}
