
namespace Etl.Server.Doors;

/// <summary>What paths say of who asks.</summary>
internal static class Paths
{
    private static readonly string[] s_machines = ["/api", "/openapi", "/metrics", "/healthz", "/readyz", "/hooks"];

    /// <summary>True when the answer is for a person with a browser: a page, not JSON.</summary>
    public static bool IsForPeople(HttpRequest request) =>
        !s_machines.Any(p => request.Path.StartsWithSegments(p, StringComparison.OrdinalIgnoreCase))
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);

    /// <summary>True for a path of this server; <c>//other.example</c> and <c>/\other.example</c> are not.</summary>
    public static bool IsOfThisServer(string path) =>
        path.StartsWith('/') && !path.StartsWith("//", StringComparison.Ordinal) && !path.Contains('\\', StringComparison.Ordinal) && !path.Any(char.IsControl);
}
