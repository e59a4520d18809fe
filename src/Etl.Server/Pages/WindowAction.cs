using Etl.Core.Errors;
using Etl.Core.Ledger;
using Etl.Core.Scheduling;
using Etl.Pipeline.Serving;
using Etl.Server.Pages.Look;
using Etl.Server.Pages.Views;

namespace Etl.Server.Pages;

/// <summary>Something that an operator may do with a window.</summary>
/// <param name="Name">Last part of its address.</param>
/// <param name="Title">What the button says.</param>
/// <param name="Question">What happens then, asked before it does.</param>
/// <param name="IsFor">Whether the window is one for it.</param>
/// <param name="DoAsync">Does it, for somebody; the result is a word that <see cref="Tell"/> knows.</param>
internal sealed record WindowAction(
    string Name,
    string Title,
    Func<WindowPageView, string> Question,
    Func<WindowPageView, bool> IsFor,
    Func<IServerDesk, WindowPageView, string, CancellationToken, Task<string>> DoAsync)
{
    /// <summary>What may be done, in the order of the buttons.</summary>
    public static IReadOnlyList<WindowAction> All { get; } =
    [
        new(
            "release",
            "Release",
            view => $"The held pull is published at every target of {view.Job.Name}, in place of what is there now. Its checks stay as they are.",
            view => view.Window.IsHeld && !IsWorking(view),
            async (desk, view, _, cancellation) =>
            {
                var outcomes = await desk.ReleaseAsync(view.Job.Name, view.Window.Label, cancellation).ConfigureAwait(false);
                return outcomes.FirstOrDefault(o => o.Message is not null) is { } fault ? throw new EtlException(FaultKind.Window, fault.Message!) : "released";
            }),
        new(
            "run",
            "Re-run",
            view => $"The window is pulled again and checked{(NeedsForce(view) ? $" although it is {StateLook.Word(view.Window.State)}" : "")}. What is published stays until the new pull has passed its checks.",
            view => !view.Job.Job.IsLive && !IsWorking(view),
            async (desk, view, by, cancellation) =>
                await desk.AskAsync(new WorkItem(view.Job.Name, view.Window.Label, NeedsForce(view)), by, cancellation).ConfigureAwait(false) ? "asked" : "asked-before"),
        new(
            "cancel",
            "Cancel",
            _ => "The work on this window stops, and what waits of it is taken back. What is published stays; the window stays due.",
            view => !view.Job.Job.IsLive && (IsWorking(view) || view.IsAsked || view.MayWait),
            async (desk, view, _, cancellation) =>
                await desk.CancelAsync(view.Job.Name, view.Window.Label, cancellation).ConfigureAwait(false) ? "cancelled" : "nothing-to-cancel"),
    ];

    /// <summary>True for the one that is most likely wanted.</summary>
    public bool IsFirst(WindowPageView view) => All.First(a => a.IsFor(view)) == this;

    /// <summary>The sentence for a result; null for a word that no action gives.</summary>
    public static string? Tell(string? result) => result switch
    {
        "released" => "The held pull is published.",
        "asked" => "The window was asked for. A free worker takes it.",
        "asked-before" => "The window was asked for before and is not done yet.",
        "cancelled" => "The work on this window was cancelled.",
        "nothing-to-cancel" => "Nothing was cancelled: the window neither waits nor runs here.",
        _ => null,
    };

    /// <summary>True for a result after which the window waits for a worker.</summary>
    public static bool IsAsked(string? result) => result is "asked" or "asked-before";

    private static bool IsWorking(WindowPageView view) => view.Window.Records.Any(r => r.IsLeased);

    // Without force a window that has what it is owed would be looked at and left alone.
    private static bool NeedsForce(WindowPageView view) =>
        view.Window.Records.Any(r => WindowView.StateOf(r) is WindowState.Landed or WindowState.Frozen or WindowState.Parked);
}
