using Etl.Core.Errors;
using Etl.Core.Jobs;
using Etl.Core.Ledger;
using Etl.Core.Windows;
using Etl.Server.Reading;
using Microsoft.AspNetCore.Builder;

namespace Etl.Server.Api;

/// <summary>Questions about jobs, windows and servers.</summary>
internal static class JobReads
{
    private const int Size = 100, MostSize = 1000;

    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/jobs", async (Overviews overviews, CancellationToken cancellation) => JobsAnswer.Of(await overviews.GetAsync(cancellation).ConfigureAwait(false)))
            .WithSummary("All jobs: states of their windows, freshness, next firing.");
        api.MapGet("/jobs/{job}", JobAsync).WithSummary("One job.");
        api.MapGet("/jobs/{job}/windows", WindowsAsync)
            .WithSummary("Windows of a job, the newest first, by state (several) and range of labels (both ends included).");
        api.MapGet("/jobs/{job}/windows/{label}", async (ServerParts parts, string job, string label, CancellationToken cancellation) =>
                DetailAnswer.Of(await WindowDetail.ReadAsync(parts, job, label, cancellation).ConfigureAwait(false)))
            .WithSummary("One window: pulls with proofs and checks, landings, steps.");
        api.MapGet("/servers", async (Overviews overviews, CancellationToken cancellation) => ServersAnswer.Of(await overviews.GetAsync(cancellation).ConfigureAwait(false)))
            .WithSummary("Servers that share the work, and windows that were asked for out of turn.");
    }

    private static async Task<JobAnswer> JobAsync(ServerParts parts, Overviews overviews, string job, CancellationToken cancellation)
    {
        WindowDetail.FindJob(parts, job);
        var overview = await overviews.GetAsync(cancellation).ConfigureAwait(false);
        if (overview.Find(job) is not { } found)
        {
            // Its file came after the overview was read.
            overviews.Forget();
            found = (await overviews.GetAsync(cancellation).ConfigureAwait(false)).Find(job);
        }
        return JobAnswer.Of(found!);
    }

    private static async Task<WindowsAnswer> WindowsAsync(
        ServerParts parts, string job, string[]? state, string? from, string? to, CancellationToken cancellation, int page = 1, int size = Size)
    {
        if (page is < 1 or > 1_000_000) throw Usage($"'page={page}' is not a page. Pages count from 1.");
        if (size is < 1 or > MostSize) throw Usage($"'size={size}' is not a size of a page. Ask for 1 to {MostSize} windows.");
        var query = Query(WindowDetail.FindJob(parts, job), state ?? [], from, to);
        var total = await parts.Views.CountAsync(query, cancellation).ConfigureAwait(false);
        var windows = await parts.Views.ListAsync(query, (page - 1) * size, size, cancellation).ConfigureAwait(false);
        return new WindowsAnswer(total, page, size, [.. windows.Select(WindowAnswer.Of)]);
    }

    private static WindowQuery Query(JobDefinition job, string[] states, string? from, string? to)
    {
        var calendar = new WindowCalendar(job.Window.TimeZone, job.Window.Every);
        return new WindowQuery(job.Name)
        {
            States = [.. states.Select(State)],
            From = from is null ? null : calendar.Parse(from).From,
            Before = to is null ? null : calendar.Parse(to).To,
        };
    }

    private static WindowState State(string word) =>
        Enum.TryParse<WindowState>(word, ignoreCase: true, out var state) && Enum.IsDefined(state) && !char.IsAsciiDigit(word[0])
            ? state
            : throw Usage($"'{word}' is not a state of a window. Expected one of: {string.Join(", ", Enum.GetNames<WindowState>().Select(n => n.ToLowerInvariant()))}.");

    private static EtlException Usage(string message) => new(FaultKind.Usage, message) { Code = "bad-question" };
}
