using Microsoft.AspNetCore.Routing;

namespace Etl.Server;

/// <summary>Where the web server listens, and for whom.</summary>
public sealed record StatusServerOptions
{
    /// <summary>Default of <see cref="Urls"/>: this machine only.</summary>
    public static readonly Uri DefaultUrl = new("http://127.0.0.1:8080");

    /// <summary>Addresses to listen at; port 0 takes a free one.</summary>
    public IReadOnlyList<Uri> Urls { get; init; } = [DefaultUrl];

    /// <summary>What others hang into the server: a scheduler's dashboard, webhooks.</summary>
    public IReadOnlyList<Action<IEndpointRouteBuilder>> Extensions { get; init; } = [];
}
