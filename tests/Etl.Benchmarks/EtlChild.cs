namespace Etl.Benchmarks;

/// <summary>Runs the command line as a process of its own.</summary>
internal static class EtlChild
{
    internal static Child.Run Start(string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Child.Start("dotnet", folder, environment, [Path.Combine(AppContext.BaseDirectory, "etl.dll"), .. arguments]);
}
