using System.Globalization;
using System.Security.Cryptography;
using Etl.Cli.Composition;
using Etl.Core.Jobs;
using Etl.Kaltura;
using Etl.Landing.Connections;
using Etl.Server;
using Etl.Testing;

namespace Etl.Cli.Tests.Containers;

/// <summary>docker-compose.yml and the Dockerfile as texts; no engine runs them here.</summary>
public sealed class ComposeTests
{
    [Fact]
    public void Services_are_those_of_the_design_and_only_the_scheduler_waits_for_its_profile()
    {
        var services = ComposeFile.Read().Services;
        Assert.Equal(["azurite", "etl", "mssql", "postgres", "sandbox"], services.Select(s => s.Name).Order(StringComparer.Ordinal));
        Assert.Equal(["etl"], services.Where(s => s.Has("profiles")).Select(s => s.Name));
        Assert.Equal(
            ["10000", "1433", "5432", "8080", "8085"], services.SelectMany(s => s.List("ports")).Select(p => p.Split(':')[1]).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_service_is_checked_pinned_confined_and_keeps_its_data() => Assert.Equal([], ComposeRules.Faults(ComposeFile.Read()));

    [Theory]
    [InlineData("postgres:17.6-bookworm", "postgres:latest", "postgres has an image without a version")]
    [InlineData("postgres:17.6-bookworm", "postgres", "postgres has an image without a version")]
    [InlineData("\"127.0.0.1:5432:5432\"", "\"5432:5432\"", "postgres opens 5432:5432")]
    [InlineData("postgres-data:/var", "./data:/var", "postgres mounts './data'")]
    [InlineData("${ETL_COMPOSE_POSTGRES_PASSWORD:-local-Only-1}", "abc", "postgres has a fixed POSTGRES_PASSWORD")]
    [InlineData("    user: postgres\n", "    privileged: true\n", "postgres reaches into the host")]
    [InlineData("network_mode: \"service:sandbox\"", "network_mode: host", "etl reaches into the host")]
    [InlineData("azurite-data:/data", "azurite-data:/elsewhere", "azurite has no volume at /data")]
    [InlineData("\"CMD\", \"nc\"", "\"NONE\"", "azurite has no health check")]
    public void Rule_sees_what_it_forbids(string from, string to, string fault)
    {
        Assert.Contains(from, ComposeFile.Text, StringComparison.Ordinal);
        var faults = ComposeRules.Faults(ComposeFile.Parse(ComposeFile.Text.Replace(from, to, StringComparison.Ordinal)));
        Assert.Contains(fault, Assert.Single(faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_of_etl_has_only_names_that_the_settings_ask_for_and_values_that_they_take()
    {
        var environment = ComposeFile.Read().Services.Single(s => s.Name == "etl").Environment;
        var asked = new HashSet<string>();
        string? Look(string name)
        {
            asked.Add(name);
            return environment.TryGetValue(name, out var value) ? Default(value) : null;
        }
        var settings = KalturaSettings.FromLookup(Look);
        var connections = new ConnectionSettings(Look, "/data");
        Assert.Equal("postgres", connections.Connection(TableLandSpec.DefaultConnection).Kind);
        Assert.Equal("sqlite", connections.Ledger().Kind);
        Assert.Equal(new Uri("http://127.0.0.1:8085"), settings.ServiceUrl);
        var server = StatusServerOptions.FromSettings([StatusServerOptions.DefaultUrl], "/data", Look, _ => { });
        Assert.NotEmpty(environment);
        Assert.Empty(environment.Keys.Except(asked));

        // What its comment says opens the page; compose makes one $ of two.
        var parts = server.Users!.Replace("$$", "$", StringComparison.Ordinal).Split('$');
        Assert.Equal("local:operator:pbkdf2-sha256", parts[0]);
        var hash = Rfc2898DeriveBytes.Pbkdf2("local-Only-1", Convert.FromBase64String(parts[2]), int.Parse(parts[1], CultureInfo.InvariantCulture), HashAlgorithmName.SHA256, 32);
        Assert.Equal(parts[3], Convert.ToBase64String(hash));
    }

    [Fact]
    public void Sandbox_command_is_one_that_the_command_line_takes()
    {
        var command = ComposeFile.Read().Services.Single(s => s.Name == "sandbox").List("command");
        Assert.Empty(CommandLine.Create(new GlobalOptions()).Parse([.. command]).Errors);
    }

    [Fact]
    public void Image_is_built_with_the_full_set_and_runs_without_root()
    {
        var lines = File.ReadAllLines(Repository.PathOf("src", "Etl.Cli", "Dockerfile"));
        Assert.Contains("ENV PackageSet=full", lines);
        Assert.Contains("VOLUME /data", lines);
        Assert.True(Array.IndexOf(lines, "USER $APP_UID") is var user && user > Array.FindLastIndex(lines, l => l.StartsWith("RUN ", StringComparison.Ordinal)), "the last RUN comes after USER");
        Assert.Equal(2, lines.Count(l => l.StartsWith("FROM mcr.microsoft.com/dotnet/", StringComparison.Ordinal) && l.Contains(":10.0-noble", StringComparison.Ordinal)));
    }

    [Fact]
    public void Build_context_has_every_file_that_the_Dockerfile_copies()
    {
        var kept = File.ReadAllLines(Repository.PathOf(".dockerignore")).Where(l => l.StartsWith('!')).Select(l => l[1..]).ToList();
        var copied = File.ReadAllLines(Repository.PathOf("src", "Etl.Cli", "Dockerfile"))
            .Where(l => l.StartsWith("COPY ", StringComparison.Ordinal) && !l.Contains("--from", StringComparison.Ordinal))
            .SelectMany(l => l.Split(' ')[1..^1]).Select(p => p.TrimEnd('/')).ToList();
        Assert.Equal(kept.Order(StringComparer.Ordinal), copied.Order(StringComparer.Ordinal));
        Assert.All(copied, path => Assert.True(Path.Exists(Repository.PathOf(path)), path));
    }

    private static string Default(string value) => value.StartsWith("${", StringComparison.Ordinal) ? value[(value.IndexOf(":-", StringComparison.Ordinal) + 2)..^1] : value;
}
