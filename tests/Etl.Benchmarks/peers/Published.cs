namespace Etl.Benchmarks;

/// <summary>Programs as <c>dotnet publish</c> makes them, compiled ahead: what people run, as the peers are.</summary>
internal static class Published
{
    /// <summary>Publishes <c>etl</c>, unless that was done since the last build.</summary>
    internal static void MakeEtl(PeerData data) => MakeEtl(data["published"]);

    /// <summary>Publishes <c>etl</c> into a folder, unless that was done since the last build.</summary>
    internal static void MakeEtl(string folder) => Make("src/Etl.Cli", "etl.dll", folder);

    /// <summary>Publishes this program, unless that was done since the last build.</summary>
    internal static void MakeThis(string folder) => Make("tests/Etl.Benchmarks", "Etl.Benchmarks.dll", folder);

    /// <summary>Runs <c>etl</c> to its end.</summary>
    internal static Child.Run Start(PeerData data, string folder, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        Child.Start(Path.Combine(data["published"], "etl"), folder, environment, arguments);

    private static void Make(string project, string program, string folder)
    {
        var made = new FileInfo(Path.Combine(folder, program));
        if (made.Exists && made.LastWriteTimeUtc > File.GetLastWriteTimeUtc(Path.Combine(AppContext.BaseDirectory, program))) return;
        Directory.CreateDirectory(folder);
        Child.Start(
            "dotnet", folder, new Dictionary<string, string>(),
            ["publish", Path.Combine(Etl.Testing.Repository.Root, project), "--configuration", "Release", "--output", folder, "--use-current-runtime", "--self-contained", "false", "-p:PublishReadyToRun=true", "-nologo"]).Succeeded();
    }
}
