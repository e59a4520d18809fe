namespace Etl.Benchmarks;

/// <summary>The program as <c>dotnet publish</c> makes it, compiled ahead: what people run, as the peers are.</summary>
internal static class PublishedEtl
{
    /// <summary>Publishes it, unless that was done since the last build.</summary>
    internal static void Make(PeerData data)
    {
        var made = new FileInfo(Path.Combine(data["published"], "etl.dll"));
        if (made.Exists && made.LastWriteTimeUtc > File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, "etl.dll"))) return;
        var project = Path.Combine(Etl.Testing.Repository.Root, "src", "Etl.Cli");
        Child.Start("dotnet", data.Folder, new Dictionary<string, string>(), ["publish", project, "--configuration", "Release", "--output", data["published"], "-nologo"]).Succeeded();
    }

    /// <summary>Runs it to its end.</summary>
    internal static Child.Run Start(PeerData data, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Child.Start(Path.Combine(data["published"], "etl"), folder, environment, arguments);
}
