using System.Text.RegularExpressions;

namespace Etl.Cli.Tests.Containers;

/// <summary>What every service must be, as a list of faults.</summary>
internal static partial class ComposeRules
{
    /// <summary>Where each image keeps what must outlive a container; null: it keeps nothing.</summary>
    private static readonly Dictionary<string, string?> s_keeps = new()
    {
        ["postgres"] = "/var/lib/postgresql/data",
        ["mssql"] = "/var/opt/mssql",
        ["azurite"] = "/data",
        ["etl"] = "/data",
        ["sandbox"] = null,
    };

    public static IEnumerable<string> Faults(ComposeFile file)
    {
        foreach (var service in file.Services)
        {
            if (service.HealthCheck.Count < 2 || service.HealthCheck[0] is not ("CMD" or "CMD-SHELL")) yield return $"{service} has no health check.";
            if (service.Image is not { } image || !PinnedTag().IsMatch(image)) yield return $"{service} has an image without a version: '{service.Image}'.";
            if (!service.List("cap_drop").Contains("ALL")) yield return $"{service} keeps capabilities.";
            if (!service.ReadOnly && service.Name != "mssql") yield return $"{service} can write to its root.";
            if (service.Has("privileged") || service.Has("env_file") || service.Text("network_mode")?.StartsWith("service:", StringComparison.Ordinal) == false || service.Has("secrets")) yield return $"{service} reaches into the host.";
            foreach (var port in service.List("ports").Where(p => !p.StartsWith("127.0.0.1:", StringComparison.Ordinal))) yield return $"{service} opens {port} to other machines.";
            foreach (var volume in service.List("volumes").Select(v => v.Split(':')).Where(v => !file.Volumes.Contains(v[0]))) yield return $"{service} mounts '{volume[0]}', which is no named volume.";
            if (!s_keeps.TryGetValue(service.Name, out var kept)) yield return $"{service} is not known to this test.";
            else if (kept is not null && !service.List("volumes").Any(v => v.EndsWith(':' + kept, StringComparison.Ordinal))) yield return $"{service} has no volume at {kept}.";
            foreach (var (name, value) in service.Environment.Where(e => SecretName().IsMatch(e.Key) && !Overridable().IsMatch(e.Value))) yield return $"{service} has a fixed {name}.";
        }
    }

    [GeneratedRegex(@"\A[a-z0-9./-]+:v?[0-9]+(\.[0-9]+|-CU[0-9]+)[A-Za-z0-9.-]*\z")]
    private static partial Regex PinnedTag();

    [GeneratedRegex("PASSWORD|SECRET|ACCOUNTS|KEY|TOKEN|KALTURA_KS|CONNECTION")]
    private static partial Regex SecretName();

    [GeneratedRegex(@"\A\$\{[A-Z_]+:-.*\}\z")]
    private static partial Regex Overridable();
}
