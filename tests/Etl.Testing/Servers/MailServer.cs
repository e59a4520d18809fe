using System.Globalization;
using System.Text.Json;

namespace Etl.Testing.Servers;

/// <summary>A mail server for tests: the one of <c>tests/mail</c> (npm's smtp-server) on a free port of the loopback, with a certificate that nobody trusts.</summary>
public sealed class MailServer : IAsyncDisposable
{
    private const string ReadyLine = "mail at port ";

    private readonly ServerProcess _process;

    private MailServer(ServerProcess process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    /// <summary>Mails that came, oldest first.</summary>
    public IReadOnlyList<JsonElement> Mails =>
        [.. Directory.EnumerateFiles(_process.Folder, "mail-*.json").Order(StringComparer.Ordinal).Select(f => JsonDocument.Parse(File.ReadAllBytes(f)).RootElement)];

    /// <summary>Starts one.</summary>
    /// <param name="mode"><c>open</c>, <c>login</c> (user etl, password right), <c>plain</c> (no STARTTLS) or <c>refuse</c> (knows nobody).</param>
    public static async Task<MailServer> StartAsync(string mode)
    {
        if (!Directory.Exists(Repository.PathOf("tests", "mail", "node_modules", "smtp-server")))
            Requirement.Missing("no mail server: run npm install in tests/mail as tests/run does.");
        var folder = Directory.CreateTempSubdirectory("etl-mail-").FullName;
        var (process, line) = await ServerProcess.StartAsync(folder, "KILL", ReadyLine, ["node", Repository.PathOf("tests", "mail", "server.mjs"), folder, mode]);
        return new MailServer(process, int.Parse(line[(line.IndexOf(ReadyLine, StringComparison.Ordinal) + ReadyLine.Length)..].Trim(), CultureInfo.InvariantCulture));
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
