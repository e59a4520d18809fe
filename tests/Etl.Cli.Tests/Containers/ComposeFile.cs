using Etl.Testing;
using YamlDotNet.Serialization;

namespace Etl.Cli.Tests.Containers;

/// <summary>docker-compose.yml as a reader of YAML sees it.</summary>
internal sealed class ComposeFile
{
    private readonly Dictionary<object, object> _root;

    private ComposeFile(Dictionary<object, object> root) => _root = root;

    public IReadOnlyList<string> Volumes => [.. Map(_root, "volumes").Keys.Cast<string>()];

    public IReadOnlyList<Service> Services => [.. Map(_root, "services").Select(s => new Service((string)s.Key, (Dictionary<object, object>)s.Value))];

    public static string Text => File.ReadAllText(Repository.PathOf("docker-compose.yml"));

    public static ComposeFile Read() => Parse(Text);

    public static ComposeFile Parse(string text) => new(new DeserializerBuilder().Build().Deserialize<Dictionary<object, object>>(text));

    private static Dictionary<object, object> Map(Dictionary<object, object> of, string key) => (Dictionary<object, object>)of[key];

    internal sealed class Service(string name, Dictionary<object, object> map)
    {
        public string Name => name;

        public string? Image => Text("image");

        public bool ReadOnly => Text("read_only") == "true";

        public IReadOnlyDictionary<string, string> Environment =>
            map.TryGetValue("environment", out var found)
                ? ((Dictionary<object, object>)found).ToDictionary(e => (string)e.Key, e => e.Value as string ?? "")
                : [];

        /// <summary>Command of the health check; empty when there is none.</summary>
        public IReadOnlyList<string> HealthCheck =>
            map.TryGetValue("healthcheck", out var found) && ((Dictionary<object, object>)found).TryGetValue("test", out var test)
                ? [.. ((List<object>)test).Cast<string>()]
                : [];

        public string? Text(string key) => map.GetValueOrDefault(key) as string;

        public bool Has(string key) => map.ContainsKey(key);

        public IReadOnlyList<string> List(string key) => map.TryGetValue(key, out var found) ? [.. ((List<object>)found).Cast<string>()] : [];

        public override string ToString() => name;
    }
}
