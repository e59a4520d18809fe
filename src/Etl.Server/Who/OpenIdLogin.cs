using Etl.Server.Who;
using Microsoft.AspNetCore.Authentication;

namespace Etl.Server;

/// <summary>Login by OpenID Connect; its body is compiled in the <c>full</c> package set only.</summary>
internal static partial class OpenIdLogin
{
    /// <summary>Where a login by OpenID Connect begins, where it is built in and set.</summary>
    public const string Path = "/login/openid";

    /// <summary>True in builds that have it.</summary>
    public static bool IsBuiltIn
    {
        get
        {
            var built = false;
            Ask(ref built);
            return built;
        }
    }

    static partial void Ask(ref bool built);

    /// <summary>Adds the way to be known.</summary>
    static partial void AddTo(AuthenticationBuilder authentication, OpenIdSettings settings);

    /// <summary>Adds the address where it begins.</summary>
    static partial void MapTo(IEndpointRouteBuilder endpoints);

    public static void Add(AuthenticationBuilder authentication, OpenIdSettings? settings)
    {
        if (settings is not null) AddTo(authentication, settings);
    }

    public static void Map(IEndpointRouteBuilder endpoints, OpenIdSettings? settings)
    {
        if (settings is not null) MapTo(endpoints);
    }
}
