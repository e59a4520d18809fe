using System.Text.Json;
using Etl.Core.Errors;

namespace Etl.Cli.Composition;

/// <summary>
/// Settings by name: the environment first (<c>KALTURA_PARTNER_ID</c>), then <c>appsettings.json</c> in the current folder
/// (<c>Kaltura:PartnerId</c>, <c>Connections:warehouse</c>). Names differ only by case and separators.
/// </summary>
internal sealed class AppSettings
{
    private readonly Dictionary<string, string> _file = new(StringComparer.Ordinal);
    private readonly Func<string, string?> _environment;

    public AppSettings(string? file, Func<string, string?> environment)
    {
        _environment = environment;
        if (file is null || !File.Exists(file)) return;
        try
        {
            using var stream = File.OpenRead(file);
            using var document = JsonDocument.Parse(stream, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            Flatten(document.RootElement, "");
        }
        catch (JsonException e)
        {
            throw new EtlException(FaultKind.Usage, $"Could not read '{file}': it is not JSON (line {e.LineNumber + 1}, column {e.BytePositionInLine + 1}).", e);
        }
    }

    /// <summary>The settings of this process.</summary>
    public static AppSettings Load() => new("appsettings.json", Environment.GetEnvironmentVariable);

    /// <summary>A value by its environment name, or null when it is not set or blank.</summary>
    public string? Find(string environmentName)
    {
        var value = _environment(environmentName);
        if (string.IsNullOrWhiteSpace(value)) value = _file.GetValueOrDefault(Canonical(FileName(environmentName)));
        return string.IsNullOrWhiteSpace(value) ? null : value;
    }

    // ETL_CONNECTION_X stands in the file as Connections:X, ETL_STORE_X as Stores:X, ETL_ALERT_X as Alerts:X.
    private static string FileName(string environmentName) => environmentName
        .Replace("ETL_CONNECTION_", "CONNECTIONS_", StringComparison.Ordinal)
        .Replace("ETL_STORE_", "STORES_", StringComparison.Ordinal)
        .Replace("ETL_ALERT_", "ALERTS_", StringComparison.Ordinal);

    private static string Canonical(string name) =>
        string.Concat(name.Where(char.IsAsciiLetterOrDigit)).ToUpperInvariant();

    private void Flatten(JsonElement element, string path)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in element.EnumerateObject()) Flatten(property.Value, path + property.Name);
                break;
            case JsonValueKind.String:
                _file[Canonical(path)] = element.GetString()!;
                break;
            case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                _file[Canonical(path)] = element.GetRawText();
                break;
        }
    }
}
