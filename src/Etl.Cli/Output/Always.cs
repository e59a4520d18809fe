using System.Text.Json;

namespace Etl.Cli.Output;

/// <summary>A value that is written to JSON also when it is null.</summary>
internal static class Always
{
    public static JsonElement Of<T>(T value) => JsonSerializer.SerializeToElement(value, JsonSerializerOptions.Web);
}
