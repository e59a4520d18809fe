using Etl.Core.Ledger;
using Etl.Server.Pages.Markup;
using static Etl.Server.Pages.Markup.Html;

namespace Etl.Server.Pages.Look;

/// <summary>How the states of windows look and what they mean. A state is told by a word and a shape, and by its colour besides.</summary>
internal static class StateLook
{
    /// <summary>States as the legend lists them: what needs a person first.</summary>
    public static IReadOnlyList<WindowState> All { get; } =
    [
        WindowState.Held, WindowState.Failed, WindowState.Parked, WindowState.Unknown,
        WindowState.Leased, WindowState.Pulling, WindowState.Pulled, WindowState.Staged, WindowState.Committing,
        WindowState.Planned, WindowState.Superseded, WindowState.Landed, WindowState.Frozen,
    ];

    /// <summary>The glossary's word.</summary>
    public static string Word(WindowState state) => state.ToString().ToLowerInvariant();

    /// <summary>True while a worker has the window.</summary>
    public static bool IsWorking(WindowState state) =>
        state is WindowState.Leased or WindowState.Pulling or WindowState.Pulled or WindowState.Staged or WindowState.Committing;

    /// <summary>True when somebody should look.</summary>
    public static bool NeedsPerson(WindowState state) => state is WindowState.Held or WindowState.Failed or WindowState.Parked or WindowState.Unknown;

    /// <summary>How much a state matters when one mark stands for several windows: the smallest wins.</summary>
    public static int Rank(WindowState state) => state switch
    {
        _ when NeedsPerson(state) || IsWorking(state) => s_ranks[state],
        WindowState.Planned => 20,
        WindowState.Superseded => 21,
        WindowState.Landed => 22,
        _ => 23,
    };

    /// <summary>One sentence for a legend.</summary>
    public static string Meaning(WindowState state) => state switch
    {
        WindowState.Planned => "It waits for its turn.",
        WindowState.Leased => "A worker has taken it.",
        WindowState.Pulling => "Its rows are being asked of the service.",
        WindowState.Pulled => "All its rows have come, with a proof.",
        WindowState.Staged => "It is checked and its rows are staged.",
        WindowState.Committing => "Its rows are being published.",
        WindowState.Landed => "It is published at every target.",
        WindowState.Held => "A check stopped it: its rows are kept and not published until somebody releases it or a newer pull replaces it.",
        WindowState.Frozen => "It has settled and is not pulled any more unless forced.",
        WindowState.Failed => "The last attempt went wrong; it is tried again.",
        WindowState.Unknown => "A landing broke off and its outcome could not be read back yet; the next run reads it back.",
        WindowState.Superseded => "A newer pull was published first, so this one stepped back.",
        _ => "It is not tried any more by itself: it waits for a person or for the service.",
    };

    /// <summary>The class that gives a state its colour.</summary>
    public static string ClassOf(WindowState state) => IsWorking(state) ? "s-working" : "s-" + Word(state);

    /// <summary>The shape of a state, 16 by 16.</summary>
    public static Node Mark(WindowState state) => El(
        "svg", Class("mark"), Attr("viewBox", "0 0 16 16"), Attr("aria-hidden", "true"), Attr("focusable", "false"), El("path", Attr("d", Shape(state))));

    /// <summary>Word and shape together.</summary>
    public static Node Badge(WindowState state) => Span(Class("badge", ClassOf(state)), Attr("title", Meaning(state)), Mark(state), Word(state));

    // A tick, two bars, a cross, a P, a question mark, an arrow, a ring, a flake; three dots while a worker has it.
    private static string Shape(WindowState state) => state switch
    {
        WindowState.Landed => "M3 8.5l3.2 3.2L13 5",
        WindowState.Held => "M5.5 3.5v9M10.5 3.5v9",
        WindowState.Failed => "M4 4l8 8M12 4l-8 8",
        WindowState.Parked => "M5.5 13V3.5h3.2a2.9 2.9 0 010 5.8H5.5",
        WindowState.Unknown => "M5.2 5.6a2.8 2.8 0 115 2c-.9.9-2.2 1.2-2.2 2.7M8 12.9v.2",
        WindowState.Superseded => "M3 8h9M8.5 4.5L12 8l-3.5 3.5",
        WindowState.Planned => "M8 3.2a4.8 4.8 0 100 9.6 4.8 4.8 0 000-9.6z",
        WindowState.Frozen => "M8 2.5v11M3.2 5.2l9.6 5.6M12.8 5.2l-9.6 5.6",
        _ => "M4 8h.01M8 8h.01M12 8h.01",
    };

    private static readonly Dictionary<WindowState, int> s_ranks = All.Index().ToDictionary(s => s.Item, s => s.Index);
}
