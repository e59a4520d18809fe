using Etl.Core.Ledger;
using Etl.Server.Pages.Look;
using Etl.Server.Who;

namespace Etl.Server.Pages;

/// <summary>Addresses of the pages.</summary>
internal static class Links
{
    public const string Overview = "/", Login = LoginEndpoints.Path, Logout = LoginEndpoints.LogoutPath;

    public static string Job(string job) => $"/jobs/{Uri.EscapeDataString(job)}";

    public static string Job(string job, WindowState state) => $"{Job(job)}?state={StateLook.Word(state)}";

    public static string JobPage(string job, WindowState? state, int page) =>
        $"{Job(job)}?{(state is { } s ? $"state={StateLook.Word(s)}&" : "")}page={page}";

    public static string Window(string job, string label) => $"{Job(job)}/{Uri.EscapeDataString(label)}";

    /// <summary>The question before an action, and the action itself.</summary>
    public static string Action(string job, string label, string action) => $"{Window(job, label)}/{action}";
}
