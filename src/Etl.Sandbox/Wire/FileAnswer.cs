namespace Etl.Sandbox.Wire;

/// <summary>
/// The answer of an action that returns a file: bytes instead of a value, whatever <c>format</c> says (wire facts 1.5).
/// </summary>
internal sealed record FileAnswer
{
    public byte[] Content { get; init; } = [];

    /// <summary>Null: no body, so no type either.</summary>
    public string? ContentType { get; init; }

    /// <summary>Headers besides the usual ones; they replace those.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Files from disk are sent as they are and in ranges; files made on the fly may be compressed and have no ranges.</summary>
    public bool HasRanges { get; init; }

    /// <summary>An error inside a file action: status 200, no body, the reason in two headers.</summary>
    public static FileAnswer Failed(ApiException error) => new()
    {
        Headers = [("X-Kaltura", "error-" + error.Code), ("X-Kaltura-App", $"exiting on error {error.Code} - {error.Message}")],
    };

    /// <summary>An older, numbered failure: status 200, no body. On GET it is cached for a minute.</summary>
    public static FileAnswer Failed(int number) => new()
    {
        Headers = [("X-Kaltura", $"error-{number}"), ("Cache-Control", "public, max-age=60, max-stale=0")],
    };
}
