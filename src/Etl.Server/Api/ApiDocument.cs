using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Etl.Server.Api;

/// <summary>The API's own description, at <c>/openapi/v1.json</c>.</summary>
internal static class ApiDocument
{
    public static void Describe(OpenApiOptions options)
    {
        options.ShouldInclude = description => description.RelativePath?.StartsWith("api/v1", StringComparison.Ordinal) == true;
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "etl",
                Version = "v1",
                Description = "Jobs, windows and servers of an etl server. Instants are UTC, durations seconds. Answers may grow new members. Send an API key as bearer token; what changes something needs the role operator.",
            };
            // Where a proxy stands in front the server does not know its own address.
            document.Servers = [new OpenApiServer { Url = "/" }];
            var components = document.Components ??= new OpenApiComponents();
            components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
            {
                ["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A key that 'etl serve --new-key' made." },
            };
            document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", document)] = [] }];
            return Task.CompletedTask;
        });
    }
}
