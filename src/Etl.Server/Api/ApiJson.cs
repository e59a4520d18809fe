using System.Text.Json;
using System.Text.Json.Serialization;

namespace Etl.Server.Api;

/// <summary>How the API writes JSON: camel case, words for states, nothing for what is not there.</summary>
internal static class ApiJson
{
    public static void Set(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.CamelCase));
    }
}
